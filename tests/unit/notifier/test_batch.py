"""A batch in pieces: nothing overtakes what was said before about the same customer or episode."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.alert import Alert
from services.notifier.batch import (
    Closing,
    Erasure,
    Identity,
    Round,
    Words,
    causes,
    newest_calls,
    pieces,
    rounds,
    wholes,
)
from services.notifier.store.alerts import Standing
from shared.events.catalogue import Event
from shared.events.customer import ConsentGranted, ConsentWithdrawn, CustomerErased, CustomerSeen
from shared.events.envelope import Envelope
from shared.events.identity import CustomerMerged, CustomerSeparated, DuplicateSuspected
from shared.events.money import Money
from shared.events.risk import RiskAssessed

NOON = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)


def happened(customer: str, data: Event, minutes: int = 0) -> Envelope:
    return Envelope(
        id="00000000-0000-0000-0000-000000000000",
        source="/shops/demo/shopify",
        subject=f"demo/shopify/{customer}",
        time=NOON + timedelta(minutes=minutes),
        shop="demo",
        receivedat=NOON,
        correlationid="webhook",
        data=data,
    )


def risk(episode: str, priority: float = 1.0) -> RiskAssessed:
    return RiskAssessed(
        kind="subscription",
        probability=0.7,
        band="high",
        previous_band="medium",
        phase="entered",
        episode=episode,
        priority=priority,
        value_at_risk=Money(9000, "JPY"),
        reasons=(),
        model="m1",
        horizon_days=30.0,
        assessed_at=NOON,
        noticed_at=NOON,
    )


@given(st.lists(st.tuples(st.sampled_from("123"), st.sampled_from("abc"))))
def test_rounds_keep_the_order_of_each_customer_and_each_episode(told: list[tuple[str, str]]) -> None:
    envelopes = [happened(customer, risk(episode, n)) for n, (customer, episode) in enumerate(told)]
    made = rounds(envelopes)
    for each in made:
        assert len({one.envelope.subject for one in each.assessed}) == len(each.assessed)
        assert len({one.risk.episode for one in each.assessed}) == len(each.assessed)
    flat = [one for each in made for one in each.assessed]
    assert sorted(one.risk.priority for one in flat) == list(range(len(told)))
    for customer in "123":
        places = [one.risk.priority for one in flat if one.envelope.subject.endswith(customer)]
        assert places == sorted(places)
    for episode in "abc":
        places = [one.risk.priority for one in flat if one.risk.episode == episode]
        assert places == sorted(places)


def test_risks_of_different_customers_are_one_round() -> None:
    assert len(rounds([happened(str(number), risk(str(number))) for number in range(50)])) == 1


def test_a_piece_ends_where_another_sort_begins_and_what_does_not_concern_us_ends_none() -> None:
    said: list[Event] = [
        ConsentGranted("mail"),
        CustomerSeen("7"),
        ConsentWithdrawn("mail"),
        CustomerErased("7"),
        risk("a"),
        ConsentGranted("phone"),
    ]
    made = list(pieces(happened("7", data) for data in said))
    assert [type(piece) for piece in made] == [Words, Erasure, Round, Words]


def test_who_is_one_customer_is_a_piece_of_its_own() -> None:
    said: list[Event] = [
        risk("a"),
        DuplicateSuspected("demo/shopify/8", ("mail",)),
        CustomerSeparated("demo/shopify/8"),
        risk("b"),
    ]
    made = list(pieces(happened("7", data) for data in said))
    assert [type(piece) for piece in made] == [Round, Identity, Round]


def test_a_merge_names_its_subject_once_and_who_is_separated_is_alone() -> None:
    seven, eight = "demo/shopify/7", "demo/shopify/8"
    said = [
        happened("7", CustomerMerged((eight, seven), ("mail",)), 1),
        happened("7", CustomerMerged((eight,), ("mail",)), 2),
        happened("8", CustomerSeparated(seven), 3),
    ]
    assert [(one.person, one.accounts) for one in wholes(said)] == [
        (seven, (seven, eight)),
        (seven, (seven, eight)),
        (eight, (eight,)),
    ]


def test_the_newest_word_on_calls_is_by_time_and_mail_is_no_call() -> None:
    said = [
        happened("7", ConsentWithdrawn("phone"), 9),
        happened("7", ConsentWithdrawn("phone"), 5),
        happened("8", ConsentWithdrawn("mail")),
        happened("9", ConsentGranted("phone")),
    ]
    assert newest_calls(said, ConsentWithdrawn) == {"demo/shopify/7": NOON + timedelta(minutes=9)}


def test_an_alert_is_over_by_the_first_word_about_it() -> None:
    alert = Alert("1", "a", "demo/shopify/7", "webhook")
    other = Alert("2", "b", "demo/shopify/8", "webhook")
    contract = ("demo/shopify", "88")
    said = [
        Closing("subscription_ended", contract=("demo/shopify", "99")),
        Closing("subscription_ended", contract=contract),
        Closing("phone_refused", customer="demo/shopify/7"),
    ]
    standing = [Standing(alert, contract), Standing(other, None)]
    assert causes(said, standing) == [(alert, "subscription_ended")]
    assert causes(said[::-1], standing) == [(alert, "phone_refused")]
