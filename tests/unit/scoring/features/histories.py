"""Histories to fold: any facts, at any moments, in any order; for properties that hold of all of them."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from shared.events.catalogue import Event
from shared.events.commerce import Line, OrderCancelled, OrderDelivered, OrderPaid, OrderPlaced, OrderRefunded
from shared.events.customer import CustomerErased, CustomerSeen
from shared.events.engagement import (
    LineBlocked,
    LineFollowed,
    MailBounced,
    MailClicked,
    MailOpened,
    PageViewed,
    ReferralMade,
    ReviewPosted,
    SupportContacted,
    SurveyAnswered,
)
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.events.payment import PaymentFailed, PaymentMethodChanged, PaymentRecovered
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelled,
    SubscriptionCancelRequested,
    SubscriptionChanged,
    SubscriptionExpired,
    SubscriptionPaused,
    SubscriptionResumed,
    SubscriptionSkipped,
    SubscriptionStarted,
    SubscriptionUnskipped,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=500)

contracts = st.sampled_from(("c", "d", "e"))
maybe_contracts = st.none() | contracts
orders = st.sampled_from(tuple(f"o{number}" for number in range(12)))
amounts = st.integers(0, 9000).map(lambda amount: Money(amount, "JPY"))
maybe_amounts = st.none() | amounts
moments = st.integers(0, LONGEST // timedelta(hours=1)).map(lambda hours: START + timedelta(hours=hours))
cycles = st.builds(Cycle, st.sampled_from(("day", "week", "month")), st.integers(1, 60))
lines = st.lists(
    st.builds(Line, st.sampled_from(("p", "q", "r")), st.integers(0, 5), amounts), max_size=3
).map(tuple)
bounds = st.none() | st.integers(1, 6)
texts = st.none() | st.sampled_from(("余っている", "価格が高い", "効果を感じない", "その他", ""))
sources = st.none() | st.sampled_from(("google", "sns", "www.instagram.com", "a8", "line", "?"))

data: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        OrderPlaced,
        orders,
        amounts,
        lines,
        discount=maybe_amounts,
        media=sources,
        subscription=maybe_contracts,
        delivery_number=st.none() | st.integers(1, 20),
    ),
    st.builds(OrderPaid, orders, subscription=maybe_contracts),
    st.builds(OrderCancelled, orders),
    st.builds(OrderRefunded, orders, maybe_amounts),
    st.builds(OrderDelivered, orders),
    st.builds(SubscriptionStarted, contracts, cycles, bounds, st.none() | orders),
    st.builds(SubscriptionChanged, contracts, cycles, bounds),
    st.builds(SubscriptionSkipped, contracts, due=st.none() | moments),
    st.builds(SubscriptionUnskipped, contracts, due=st.none() | moments),
    st.builds(SubscriptionPaused, contracts),
    st.builds(SubscriptionResumed, contracts),
    st.builds(SubscriptionCancelRequested, contracts),
    st.builds(SubscriptionCancelled, contracts),
    st.builds(SubscriptionExpired, contracts),
    st.builds(PaymentFailed, maybe_contracts, code=st.sampled_from((None, "card_expired", "declined")))
    | st.builds(PaymentFailed, maybe_contracts, final=st.booleans()),
    st.builds(PaymentRecovered, maybe_contracts),
    st.builds(PaymentMethodChanged, maybe_contracts),
    st.builds(PageViewed, st.sampled_from(("cancel", "account", "skip", "product", "faq", "other"))),
    st.builds(MailOpened) | st.builds(MailClicked) | st.builds(MailBounced, st.booleans()),
    st.builds(LineFollowed) | st.builds(LineBlocked),
    st.builds(
        SurveyAnswered,
        st.just("survey"),
        st.none() | st.integers(0, 10),
        st.none() | st.integers(1, 5),
        st.none() | st.booleans(),
        texts,
    ),
    st.builds(
        SupportContacted,
        st.sampled_from(("question", "complaint", "delivery", "payment", "cancellation", "other")),
    ),
    st.builds(ReferralMade) | st.builds(ReviewPosted, st.none() | st.integers(1, 5)),
    st.builds(CustomerSeen, st.just("1")) | st.builds(CustomerErased, st.just("1")),
)


def envelope(event_id: str, at: datetime, event: Event) -> Envelope:
    return Envelope(
        id=event_id,
        source="/shops/shop/shopify",
        subject="shop/shopify/1",
        time=at,
        shop="shop",
        receivedat=at,
        correlationid=event_id,
        data=event,
    )


ids = st.integers(0, 10**6).map(str)
histories = st.lists(st.builds(envelope, ids, moments, data), max_size=40, unique_by=lambda each: each.id)
