"""The dispatcher as the process makes it, from nothing but settings."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import SecretStr

from services.notifier.outgoing import make_dispatcher
from services.notifier.scenarios.unsubscribe import read
from services.notifier.settings import NotifierSettings
from shared.events.risk import RiskAssessed
from shared.process.health import Health

if TYPE_CHECKING:
    from tests.integration.notifier.sending.conftest import Desk

Risk = Callable[..., RiskAssessed]


def settings(desk: "Desk", **changes: object) -> NotifierSettings:
    values: dict[str, object] = {
        "smtp_port": desk.post.port,
        "shop_name": "みどり茶房",
        "mail_from_name": "みどり茶房株式会社",
        "mail_from_address": "shop@midori.example",
        "sender_postal_address": "東京都千代田区丸の内1-1-1",
        "sender_contact": "0120-000-000",
        "public_url": "https://desk.midori.example/",
        "unsubscribe_secrets": (SecretStr("new"), SecretStr("old")),
        "holdout_percent": 0.0,
    }
    return NotifierSettings(**{**values, **changes})  # type: ignore[arg-type]


async def test_settings_are_enough_to_send_a_mail(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    health = Health()
    dispatcher = make_dispatcher(desk.engine, settings(desk), desk.clock, health)
    assert await dispatcher.turn() == 1
    mail = desk.post.kept[0]
    assert mail["From"] == "みどり茶房株式会社 <shop@midori.example>"
    base, _, token = mail["List-Unsubscribe"].strip("<>").rpartition("/")
    assert base == "https://desk.midori.example/unsubscribe"
    assert read([b"new"], token) == ("tea-shop/shopify/1001", "mail")
    assert health.silent() == []


async def test_a_sender_who_is_not_set_up_sends_nothing(desk: "Desk", at_risk: Risk) -> None:
    await desk.meet()
    await desk.tell(at_risk())
    unnamed = settings(desk, sender_postal_address="")
    await make_dispatcher(desk.engine, unnamed, desk.clock, Health()).turn()
    assert await desk.states() == [("rejected", "no_sender_identification")]
    assert desk.post.kept == []
