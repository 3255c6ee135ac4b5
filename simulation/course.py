"""PURE. A contract's day: every way it can go with its probability, drawn to simulate and summed to know."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from simulation import hazard
from simulation.contract import NEVER, Contract, Fact, Profile

REMINDER_DAYS = 5
RETRY_DAYS = 3
ATTEMPTS = 3
FIRST_CHARGE_AFTER_PAUSE = 3
SLOWER = {14: 30, 30: 60}


class Branch(NamedTuple):
    """One way the day can go, for a customer who does not cancel on it."""

    probability: float
    contract: Contract
    fact: Fact | None


def cancelled(contract: Contract) -> Contract:
    return replace(contract, status="cancelled")


def branches(profile: Profile, contract: Contract, day: int) -> Sequence[Branch]:
    """Every way the day can go if the customer does not cancel; the probabilities add up to 1."""
    if contract.status == "paused":
        return _resumption(contract, day) if day == contract.resume_on else _quiet(contract)
    if day == contract.charge_on:
        return _charge(profile, contract, day)
    if day == contract.charge_on - REMINDER_DAYS and not contract.failures:
        return _reminder(profile, contract, day)
    if day == contract.skipped_on + 1:
        return _second_thoughts(contract)
    return _quiet(contract)


def _quiet(contract: Contract) -> Sequence[Branch]:
    return (Branch(1.0, contract, None),)


def _resumption(contract: Contract, day: int) -> Sequence[Branch]:
    resumed = replace(
        contract, status="active", resume_on=NEVER, resumed_on=day, charge_on=day + FIRST_CHARGE_AFTER_PAUSE
    )
    return (Branch(1.0, resumed, Fact.RESUMED),)


def _reminder(profile: Profile, contract: Contract, day: int) -> Sequence[Branch]:
    """The mail that announces the next parcel: take it, skip it, pause, or ask for longer between parcels."""
    skip = hazard.skip_probability(profile, contract)
    pause = hazard.pause_probability(profile, contract)
    slow = hazard.SLOW_DOWN if contract.cycle_days in SLOWER and not contract.bound(profile) else 0.0
    found = [Branch(1.0 - skip - pause - slow, contract, None)]
    if skip:
        found.append(Branch(skip, _skipped(contract, day), Fact.SKIPPED))
    if pause:
        found += [Branch(pause * p, _paused(contract, day, n), Fact.PAUSED) for n, p in hazard.PAUSE_DAYS]
    if slow:
        slower = replace(contract, cycle_days=SLOWER[contract.cycle_days])
        found.append(Branch(slow, slower, Fact.SLOWED_DOWN))
    return found


def _skipped(contract: Contract, day: int) -> Contract:
    return replace(
        contract,
        skips=contract.skips + 1,
        skipped_on=day,
        cycle_index=contract.cycle_index + 1,
        charge_on=contract.charge_on + contract.cycle_days,
    )


def _paused(contract: Contract, day: int, days: int) -> Contract:
    return replace(contract, status="paused", resume_on=day + days, charge_on=NEVER)


def _second_thoughts(contract: Contract) -> Sequence[Branch]:
    """The day after a skip a few take it back."""
    unskipped = replace(
        contract,
        skips=contract.skips - 1,
        skipped_on=NEVER,
        cycle_index=contract.cycle_index - 1,
        charge_on=contract.charge_on - contract.cycle_days,
    )
    return (
        Branch(hazard.UNSKIP, unskipped, Fact.UNSKIPPED),
        Branch(1.0 - hazard.UNSKIP, contract, None),
    )


def _charge(profile: Profile, contract: Contract, day: int) -> Sequence[Branch]:
    if profile.max_deliveries and contract.deliveries >= profile.max_deliveries:
        return (Branch(1.0, replace(contract, status="expired"), Fact.EXPIRED),)
    fails = hazard.charge_failure_probability(contract)
    good = _charged(contract, day)
    late = replace(good, late_order_on=day)
    return (
        Branch((1.0 - fails) * (1.0 - hazard.LATE_SHIPMENT), good, Fact.CHARGED),
        Branch((1.0 - fails) * hazard.LATE_SHIPMENT, late, Fact.CHARGED_SHIPS_LATE),
        _failed(contract, day, fails),
    )


def _charged(contract: Contract, day: int) -> Contract:
    return replace(
        contract,
        deliveries=contract.deliveries + 1,
        cycle_index=contract.cycle_index + 1,
        charge_on=day + contract.cycle_days,
        skips=0,
        failures=0,
    )


def _failed(contract: Contract, day: int, probability: float) -> Branch:
    failures = contract.failures + 1
    if failures == ATTEMPTS:
        ended = replace(contract, failures=failures, status="failed")
        return Branch(probability, ended, Fact.GAVE_UP_CHARGING)
    waiting = replace(contract, failures=failures, failed_before=True, charge_on=day + RETRY_DAYS)
    return Branch(probability, waiting, Fact.CHARGE_FAILED)
