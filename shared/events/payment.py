"""Payments: failing to pay is neither the wish to leave nor the end of service."""

import msgspec


class PaymentFailed(msgspec.Struct, frozen=True, omit_defaults=True):
    """`final` when the platform will not try again (決済失敗による停止)."""

    subscription: str | None = None
    order: str | None = None
    code: str | None = None
    final: bool = False


class PaymentRecovered(msgspec.Struct, frozen=True, omit_defaults=True):
    subscription: str | None = None
    order: str | None = None


class PaymentMethodChanged(msgspec.Struct, frozen=True, omit_defaults=True):
    subscription: str | None = None
