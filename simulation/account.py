"""One customer's account in the cart: its identities, and the webhooks that what happens to it causes."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import msgspec
from msgspec.structs import replace

from simulation.contract import Contract, Fact, Profile, Status
from simulation.customer import Customer
from simulation.habits import viewed
from simulation.payloads import customers, orders, refunds, subscriptions
from simulation.payloads.parts import Body, later
from simulation.people import Likeness, invented, moved
from simulation.permissions import permissions
from simulation.things import PRODUCTS, Order, Person
from simulation.visits import told
from simulation.webhook import Webhook

# Two order ids in a row would be equal in a float: receivers that read JSON numbers as floats are found out.
FIRST_ORDER_ID = 820_000_000_000_000_000
FIRST_CONTRACT_ID = 9_000_000_000
FIRST_CUSTOMER_ID = 7_100_000_000_000

AGREES_TO_MAIL = 0.7
OPTS_OUT = 0.008
MOVES_HOUSE = 0.012
REFUNDED = 0.005
ORDERED_TWICE = 0.006
ASKS_TO_BE_FORGOTTEN = 0.02
LEAVES_UNTOLD = 0.08
"""Of those who give up so many do it by telephone, and nobody tells the cart: their parcels just stop."""

FAILURES = (
    ("insufficient_funds", "The customer's card has insufficient funds."),
    ("expired_payment_method", "The payment method has expired."),
    ("card_declined", "The card was declined."),
)

STATUS_TOPICS: dict[Fact, tuple[str, Status]] = {
    Fact.SLOWED_DOWN: ("update", "active"),
    Fact.PAUSED: ("pause", "paused"),
    Fact.RESUMED: ("activate", "active"),
    Fact.CANCELLED: ("cancel", "cancelled"),
    Fact.EXPIRED: ("expire", "expired"),
    Fact.GAVE_UP_CHARGING: ("fail", "failed"),
}


def shop_customer_id(number: int) -> int:
    """The cart's id of customer number `number`."""
    return FIRST_CUSTOMER_ID + number


class Account:
    """Draws all that does not bear on leaving (times of day, names, refunds) from a stream of its own.

    `likeness` makes the new person like one whom the shop knows, if the customer is no stranger.
    """

    def __init__(
        self,
        seed: int,
        customer: Customer,
        opening: datetime,
        shop_domain: str,
        likeness: Likeness | None = None,
    ) -> None:
        self._seed = seed
        self._looks = Random(f"{seed}/{customer.number}/looks")
        self._opening = opening
        self._shop_domain = shop_domain
        self._number = customer.number
        self._leaves_untold = Random(f"{seed}/{customer.number}/untold").random() < LEAVES_UNTOLD
        self._profile: Profile = customer.profile
        self._orders: list[int] = []
        self._revision = 4_000_000_000 + customer.number * 1_000
        at = self._moment(customer.joined_on, 8, 22)
        stranger = invented(customer.number, shop_customer_id(customer.number), at, self._looks)
        self._person = likeness(stranger) if likeness else stranger
        self._forgotten = False

    @property
    def known_as(self) -> Person | None:
        """Who the customer is; None for one whose data the shop was told to erase."""
        return None if self._forgotten else self._person

    def joined(self, customer: Customer) -> Iterator[Webhook]:
        """The account is made with its first order, and with its contract if there is one."""
        at, event = self._person.created_at, self._uuid()
        yield self._webhook(at, "customers/create", customers.account(self._person, at), event)
        if self._looks.random() < AGREES_TO_MAIL:
            yield self._consents(later(at, 0.5), event)
        agreed = permissions(self._seed, self._number, self._profile, self._person, later(at, 0.7))
        if agreed is not None:
            yield agreed
        discount = PRODUCTS[self._profile.product].price * self._profile.quantity // 2
        order = self._new_order(later(at, 1), customer)
        yield from self._ordered(
            replace(order, discount=discount if self._profile.discount_led else 0), (1, 3)
        )
        if isinstance(customer.state, Contract):
            yield self._contract(later(at, 3), "create", customer.state, "active")

    def happened(self, customer: Customer, fact: Fact, day: int) -> Iterator[Webhook]:
        """`customer` stands as it does after the fact."""
        match customer.state, fact:
            case Contract() as contract, Fact.CHARGED | Fact.CHARGED_SHIPS_LATE:
                yield from self._charged(customer, contract, day, fact is Fact.CHARGED_SHIPS_LATE)
            case Contract() as contract, Fact.CHARGE_FAILED | Fact.GAVE_UP_CHARGING:
                yield from self._not_charged(contract, day, fact)
            case Contract() as contract, Fact.SKIPPED | Fact.UNSKIPPED:
                at = self._moment(day, 8, 23)
                yield self._looks_at("skip", at)
                yield self._cycle(contract, at, fact is Fact.SKIPPED)
            case Contract(), Fact.CANCELLED if self._leaves_untold:
                return
            case Contract() as contract, _:
                name, status = STATUS_TOPICS[fact]
                at = self._moment(day, 8, 23)
                if fact is Fact.CANCELLED:
                    yield self._looks_at("cancel", at)
                yield self._contract(at, name, contract, status)
                yield from self._may_ask_to_be_forgotten(fact, at)
            case _:
                at = self._moment(day, 8, 22)
                yield from self._may_order_twice(customer, at)
                yield from self._around_an_order(at)
                yield from self._ordered(self._new_order(at, customer), (1, 3))

    def _charged(
        self, customer: Customer, contract: Contract, day: int, ships_late: bool
    ) -> Iterator[Webhook]:
        at = self._moment(day, 5, 7)
        yield from self._around_an_order(at)
        order = replace(self._new_order(at, customer), renewal=True)
        yield from self._ordered(order, (6, 9) if ships_late else (1, 3))
        yield self._attempt(contract, later(at, 2), order.id)

    def _not_charged(self, contract: Contract, day: int, fact: Fact) -> Iterator[Webhook]:
        at = self._moment(day, 5, 7)
        yield self._attempt(contract, at, self._looks.choice(FAILURES))
        if fact is Fact.GAVE_UP_CHARGING:
            name, status = STATUS_TOPICS[fact]
            yield self._contract(later(at, 1), name, contract, status)

    def _new_order(self, at: datetime, customer: Customer) -> Order:
        order_id = FIRST_ORDER_ID + self._number * 1_000_000 + len(self._orders) * 10
        self._orders.append(order_id)
        return Order(
            id=order_id,
            number=1_000 + self._number * 1_000 + len(self._orders),
            person=self._person,
            product=PRODUCTS[self._profile.product],
            quantity=self._profile.quantity,
            discount=0,
            media=self._profile.media,
            renewal=False,
            subscribed=customer.kind == "subscriber",
            placed_at=at,
            updated_at=at,
        )

    def _ordered(self, order: Order, ships_after: tuple[int, int]) -> Iterator[Webhook]:
        event = self._uuid()
        yield self._webhook(order.placed_at, "orders/create", orders.order(order), event)
        at = later(order.placed_at, 1)
        paid = replace(order, paid=True, updated_at=at)
        yield self._webhook(at, "orders/paid", orders.order(paid), event)
        at = self._office_hours(order.placed_at, self._looks.randint(*ships_after))
        shipped = replace(paid, shipped_at=at, updated_at=at)
        yield self._webhook(at, "orders/fulfilled", orders.order(shipped), self._uuid())
        if self._looks.random() < REFUNDED:
            at = self._office_hours(at, self._looks.randint(3, 10))
            refund = refunds.refund(shipped, order.total // 2, at)
            yield self._webhook(at, "refunds/create", refund, self._uuid())

    def _may_order_twice(self, customer: Customer, at: datetime) -> Iterator[Webhook]:
        """By mistake, minutes before the real order; cancelled within the hour."""
        if self._looks.random() >= ORDERED_TWICE:
            return
        order = self._new_order(later(at, -300), customer)
        yield self._webhook(order.placed_at, "orders/create", orders.order(order), self._uuid())
        at = later(at, self._looks.uniform(300, 3_000))
        cancelled = replace(order, cancelled_at=at, updated_at=at)
        yield self._webhook(at, "orders/cancelled", orders.order(cancelled), self._uuid())

    def _around_an_order(self, at: datetime) -> Iterator[Webhook]:
        """Now and then the address has changed, or the mails have become too many."""
        if self._looks.random() < MOVES_HOUSE:
            self._person = moved(self._person, self._looks)
            at = later(at, -120)
            yield self._webhook(at, "customers/update", customers.account(self._person, at), self._uuid())
        if self._looks.random() < OPTS_OUT:
            at = self._office_hours(at, 2)
            body = customers.mail_consent(self._person, "unsubscribed", at)
            yield self._webhook(at, "customers_email_marketing_consent/update", body, self._uuid())

    def _may_ask_to_be_forgotten(self, fact: Fact, at: datetime) -> Iterator[Webhook]:
        if fact is Fact.CANCELLED and self._looks.random() < ASKS_TO_BE_FORGOTTEN:
            self._forgotten = True
            at = self._office_hours(at, self._looks.randint(20, 60))
            body = customers.redact(self._person, self._orders, self._shop_domain)
            yield self._webhook(at, "customers/redact", body, self._uuid())

    def _looks_at(self, page: str, before: datetime) -> Webhook:
        """The page where customers do themselves what the cart tells of a little later."""
        return told(self._person.customer_id, (viewed(page),), later(before, -180), self._looks)

    def _consents(self, at: datetime, event: str) -> Webhook:
        body = customers.mail_consent(self._person, "subscribed", at)
        return self._webhook(at, "customers_email_marketing_consent/update", body, event)

    def _contract(self, at: datetime, name: str, contract: Contract, status: Status) -> Webhook:
        self._revision += 1
        body = subscriptions.contract(self._terms(contract), status, self._revision)
        return self._webhook(at, f"subscription_contracts/{name}", body, self._uuid())

    def _attempt(self, contract: Contract, at: datetime, outcome: int | tuple[str, str]) -> Webhook:
        attempt_id = 30_000_000_000 + self._looks.getrandbits(33)
        body = subscriptions.attempt(self._terms(contract), attempt_id, self._uuid(), outcome)
        name = "success" if isinstance(outcome, int) else "failure"
        return self._webhook(at, f"subscription_billing_attempts/{name}", body, self._uuid())

    def _cycle(self, contract: Contract, at: datetime, skipped: bool) -> Webhook:
        """A skip has moved the contract on to the next cycle already; the webhook tells of the one before."""
        index = contract.cycle_index if skipped else contract.cycle_index + 1
        due_on = contract.charge_on - (contract.cycle_days if skipped else 0)
        due = self._opening + timedelta(days=due_on)
        body = subscriptions.cycle(self._terms(contract), index, due, skipped)
        name = "skip" if skipped else "unskip"
        return self._webhook(at, f"subscription_billing_cycles/{name}", body, self._uuid())

    def _terms(self, contract: Contract) -> subscriptions.Terms:
        return subscriptions.Terms(
            id=FIRST_CONTRACT_ID + self._number,
            customer_id=self._person.customer_id,
            origin_order_id=self._orders[0],
            cycle_days=contract.cycle_days,
            min_cycles=self._profile.min_deliveries,
            max_cycles=self._profile.max_deliveries,
        )

    def _webhook(self, at: datetime, topic: str, body: Body, event: str) -> Webhook:
        customer = str(self._person.customer_id)
        return Webhook(at, topic, msgspec.json.encode(body), self._uuid(), event, customer)

    def _moment(self, day: int, first_hour: float, last_hour: float) -> datetime:
        seconds = self._looks.uniform(first_hour * 3600, last_hour * 3600)
        return self._opening + timedelta(days=day, seconds=seconds)

    def _office_hours(self, moment: datetime, days_later: int) -> datetime:
        day = (moment - self._opening).days + days_later
        return self._moment(day, 13, 17)

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._looks.getrandbits(128), version=4))
