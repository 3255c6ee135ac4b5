"""The shop tells the same story for the same seed, however it is asked."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.history import History, history, simulate
from simulation.shop import Shop, opening_day
from simulation.truth import HORIZON_DAYS, Kind
from simulation.webhook import Webhook

START = datetime(2026, 1, 4, 15, tzinfo=UTC)
DAYS = 70
ENDS: dict[str, Kind] = {
    "subscription_contracts/cancel": "subscription",
    "subscription_contracts/fail": "payment",
}
Told = tuple[History, tuple[Webhook, ...]]


def asked_for(seed: int, steps: list[float]) -> list[Webhook]:
    """Ask in steps of so many hours, round and round, until the days are over."""
    shop, moment, found = Shop(seed, 25, START), START, []
    end = START + timedelta(days=DAYS)
    while moment < end:
        for hours in steps:
            moment = min(end, moment + timedelta(hours=hours))
            found += shop.until(moment)
    return found


def test_the_same_seed_gives_the_same_webhooks_and_another_seed_others() -> None:
    assert asked_for(1, [24]) == asked_for(1, [24]) != asked_for(2, [24])


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(1, 500), min_size=1, max_size=5))
def test_the_size_of_the_steps_does_not_matter(steps: list[float]) -> None:
    assert asked_for(1, steps) == asked_for(1, [DAYS * 24.0])


def test_webhooks_come_in_the_order_of_time_and_never_before_their_time() -> None:
    shop = Shop(1, 50, START)
    for hour in range(0, 40 * 24, 7):
        found = shop.until(START + timedelta(hours=hour))
        times = [webhook.at for webhook in found]
        assert times == sorted(times)
        assert all(START + timedelta(hours=hour - 7) <= at < START + timedelta(hours=hour) for at in times)


def test_asking_again_for_the_same_moment_gives_nothing() -> None:
    shop = Shop(1, 50, START)
    assert shop.until(START + timedelta(days=20)) != []
    assert shop.until(START + timedelta(days=20)) == []


def test_every_delivery_has_an_id_of_its_own_and_every_event_at_most_one_webhook_of_a_topic() -> None:
    found = asked_for(1, [24])
    assert len({webhook.webhook_id for webhook in found}) == len(found)
    assert len({(webhook.topic, webhook.event_id) for webhook in found}) == len(found)


def test_a_subscription_begins_with_its_account_and_its_first_order() -> None:
    found = asked_for(1, [24])
    contract = next(webhook for webhook in found if webhook.topic == "subscription_contracts/create")
    before = [webhook for webhook in found if webhook.customer == contract.customer]
    topics = [w.topic for w in before[: before.index(contract)] if "consent" not in w.topic]
    assert topics == ["customers/create", "orders/create", "orders/paid"]
    order = next(webhook for webhook in before if webhook.topic == "orders/create")
    assert json.loads(contract.body)["origin_order_id"] == json.loads(order.body)["id"]


def test_a_later_delivery_is_tied_to_its_contract_by_the_billing_attempt() -> None:
    found = asked_for(1, [24])
    orders = {json.loads(w.body)["id"]: w for w in found if w.topic == "orders/create"}
    attempts = [w for w in found if w.topic == "subscription_billing_attempts/success"]
    assert attempts
    for attempt in attempts:
        order = orders[json.loads(attempt.body)["order_id"]]
        assert order.customer == attempt.customer
        assert timedelta(0) < attempt.at - order.at < timedelta(minutes=1)


def test_days_begin_at_midnight_in_japan() -> None:
    assert opening_day(START) == START
    assert opening_day(START + timedelta(minutes=1)) == START + timedelta(days=1)


def test_a_history_can_be_read_more_than_once() -> None:
    past = history(1, 20, 65, START)
    assert list(past.webhooks) == list(past.webhooks) == list(simulate(1, 20, 65, START))


def test_a_truth_that_says_left_is_told_by_the_webhooks_or_by_parcels_that_stop(told: Told) -> None:
    """The two runs behind a history, with and without bodies, are the same lives."""
    untold = 0
    ended: dict[tuple[str, Kind], datetime] = {}
    ordered: dict[str, list[datetime]] = {}
    past, webhooks = told
    for webhook in webhooks:
        if webhook.topic in ENDS:
            ended[webhook.customer, ENDS[webhook.topic]] = webhook.at
        if webhook.topic == "orders/paid":
            ordered.setdefault(webhook.customer, []).append(webhook.at)
    for truth in past.truths:
        end = truth.cutoff + timedelta(days=truth.horizon_days)
        if truth.kind == "repeat":
            left = not any(truth.cutoff <= at < end for at in ordered.get(truth.customer, []))
        else:
            left = truth.cutoff <= ended.get((truth.customer, truth.kind), end) < end
        if truth.left and not left:
            untold += 1
            assert truth.kind == "subscription"
            assert max(ordered[truth.customer]) < end
        else:
            assert left == truth.left
    assert 0 < untold < 0.2 * sum(truth.left for truth in past.truths)


def test_truths_begin_after_the_warm_up_and_are_all_known(lived: History) -> None:
    assert min(truth.cutoff for truth in lived.truths) >= START + timedelta(days=60)
    for truth in lived.truths:
        assert truth.cutoff + timedelta(days=HORIZON_DAYS[truth.kind]) <= START + timedelta(days=240)
    assert all(0 < truth.p_true <= 1 for truth in lived.truths if truth.kind != "payment")
    assert all(0 <= truth.p_true <= 1 for truth in lived.truths)


def test_the_sample_of_truths_is_no_larger_than_asked_for() -> None:
    past = history(1, 60, 100, START, truth_every_days=7, truth_sample=5)
    asked = {(truth.customer, truth.cutoff) for truth in past.truths}
    assert 0 < max(Counter(cutoff for _, cutoff in asked).values()) <= 5


@pytest.mark.parametrize("joining_days", [1, 30])
def test_the_joining_time_can_be_chosen(joining_days: int) -> None:
    shop = Shop(1, 60, START, joining_days=joining_days)
    found = shop.until(START + timedelta(days=1))
    assert sum(w.topic == "customers/create" for w in found) == 60 // joining_days


def person_of(webhook: Webhook) -> dict[str, str]:
    body = json.loads(webhook.body)
    names = ("last_name", "first_name", "email", "phone")
    return {name: body[name] for name in names} | {"address": body["default_address"]["address1"]}


def test_some_who_left_open_a_second_account_and_are_recognisable(told: Told) -> None:
    accounts = [webhook for webhook in told[1] if webhook.topic == "customers/create"]
    left = {w.customer: w.at for w in told[1] if w.topic == "subscription_contracts/cancel"}
    persons = {webhook.customer: person_of(webhook) for webhook in accounts}
    again = Counter[str]()
    for webhook in accounts:
        for other, at in left.items():
            shared = {
                name for name, value in persons[webhook.customer].items() if value == persons[other][name]
            }
            named = {"last_name", "first_name"} <= shared
            if other == webhook.customer or not named or at > webhook.at:
                continue
            again["mail"] += "email" in shared
            again["phone"] += "phone" in shared - {"email"} and "email" not in shared
            again["address"] += "address" in shared and not {"email", "phone"} & shared
    assert 0.01 < again.total() / len(accounts) < 0.08
    assert all(again[way] for way in ("mail", "phone", "address"))


def test_some_share_a_households_telephone_with_another_name(told: Told) -> None:
    phones: dict[str, set[tuple[str, str]]] = {}
    for webhook in told[1]:
        if webhook.topic == "customers/create":
            person = person_of(webhook)
            phones.setdefault(person["phone"], set()).add((person["last_name"], person["first_name"]))
    shared = [names for names in phones.values() if len(names) > 1]
    assert shared
    assert all(len({last for last, _ in names}) == 1 for names in shared)


def test_the_shop_tells_itself_what_its_customers_do_besides_ordering(told: Told) -> None:
    own = [webhook for webhook in told[1] if webhook.cart == "standard"]
    days = (told[1][-1].at - told[1][0].at) / timedelta(days=1)
    assert 0.5 < len(own) / (300 * days / 7) < 2
    for webhook in own:
        items = json.loads(webhook.body)
        times = [datetime.fromisoformat(item["time"]) for item in items]
        assert {item["customer"] for item in items} == {webhook.customer}
        assert times == sorted(times)
        assert timedelta(0) < webhook.at - times[0] < timedelta(minutes=3)


def test_who_cancels_has_looked_at_the_page_for_it_a_moment_before(told: Told) -> None:
    seen: dict[str, datetime] = {}
    for webhook in told[1]:
        if webhook.topic == "page.viewed" and json.loads(webhook.body)[-1]["data"]["page"] == "cancel":
            seen[webhook.customer] = webhook.at
        if webhook.topic == "subscription_contracts/cancel":
            assert webhook.at - seen[webhook.customer] < timedelta(minutes=4)
