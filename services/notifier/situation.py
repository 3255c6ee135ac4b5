"""The situation: what is known of a customer at an occasion, for segments to ask and for words to tell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.notifier.contract import Contract, contracts
from services.notifier.happening import Facts, Happening
from services.notifier.purchases import Order, purchases
from services.notifier.scenarios.occasion import Occasion, Silent
from services.notifier.scenarios.segment import Profile
from shared.events.engagement import SurveyAnswered
from shared.events.payment import PaymentFailed
from shared.events.risk import RiskAssessed
from shared.events.subscription import Cycle, SubscriptionSkipped

Told = str | int


@dataclass(frozen=True, slots=True)
class Situation:
    """`subscription` is the contract in question, `due` and `cutoff` those of its next shipment.

    `facts` is the closed list of what placeholders may tell: no personal data.
    """

    profile: Profile
    subscription: str | None = None
    due: datetime | None = None
    cutoff: datetime | None = None
    delivery_number: int | None = None
    facts: Mapping[str, Told] = field(default_factory=dict)


def situation(occasion: Occasion, told: Sequence[Happening], prefecture: str | None = None) -> Situation:
    """`told` is all that happened to the person, to the contracts and to the orders; what came later is left
    out.
    """
    happened = [one for one in told if one.at <= occasion.at]
    orders = purchases(happened).orders
    contract = _contract(occasion, happened)
    latest = _order(occasion, orders)
    number = _number(occasion, contract, happened)
    due, cutoff = _next_parcel(occasion, contract)
    profile = Profile(
        products=_products(happened, orders),
        media=_media(happened, orders),
        prefecture=prefecture,
        orders=len(orders),
        spent=_spent(happened),
        amount=latest.amount.amount if latest is not None and latest.amount is not None else None,
        customer_days=_days(occasion, min((order.at for order in orders.values()), default=None)),
        silent_days=_days(occasion, max((order.at for order in orders.values()), default=None)),
        delivery_number=number,
        bound_left=_bound_left(contract, number),
        skips_in_a_row=len(contract.in_a_row) if contract is not None else None,
        contract=any(one.ended is None for one in contracts(happened)),
    )
    known = {
        **_of_order(happened, latest),
        **_of_contract(contract, number),
        "due": due.isoformat() if due is not None else None,
        "cutoff": cutoff.isoformat() if cutoff is not None else None,
        **_of_answer(occasion),
        "days_silent": occasion.what.days if isinstance(occasion.what, Silent) else profile.silent_days,
        "amount": profile.amount,
    }
    return Situation(
        profile=profile,
        subscription=contract.subscription if contract is not None else occasion.subscription,
        due=due,
        cutoff=cutoff,
        delivery_number=number,
        facts={name: value for name, value in known.items() if value is not None},
    )


def is_so(occasion: Occasion, known: Situation) -> bool:
    """Whether it is so of the person on all accounts: silent is who has no contract running either (休眠)."""
    match occasion.what:
        case Silent(days):
            return not known.profile.contract and (known.profile.silent_days or 0) >= days
        case _:
            return True


def _contract(occasion: Occasion, happened: Iterable[Happening]) -> Contract | None:
    """The one that the occasion names, by itself or by its order; of a payment also the only one there is."""
    cart, known = _cart(occasion.customer_ref), contracts(happened)
    wanted = occasion.subscription
    if wanted is None and occasion.order is not None:
        wanted = next((one.subscription for one in known if occasion.order in one.orders), None)
    found = [one for one in known if one.key == (cart, wanted)]
    if not found and wanted is None and isinstance(occasion.what, PaymentFailed):
        going = [one for one in known if one.ended is None]
        return going[0] if len(going) == 1 else None
    return found[0] if found else None


def _order(occasion: Occasion, orders: Mapping[tuple[str, str], Order]) -> Order | None:
    """The one in question, or the newest."""
    named = orders.get((_cart(occasion.customer_ref), occasion.order or ""))
    return named or next(reversed(list(orders.values())), None)


def _number(occasion: Occasion, contract: Contract | None, happened: Iterable[Happening]) -> int | None:
    told = getattr(occasion.what, "delivery_number", None)
    if isinstance(told, int):
        return told
    return contract.deliveries or None if contract is not None else None


def _bound_left(contract: Contract | None, number: int | None) -> int | None:
    if contract is None or contract.min_deliveries is None or number is None:
        return None
    return contract.min_deliveries - number


def _next_parcel(occasion: Occasion, contract: Contract | None) -> tuple[datetime | None, datetime | None]:
    """As the risk told it, else as the cycle lets us expect it; who knows the cut-off is scoring alone."""
    what = occasion.what
    if isinstance(what, RiskAssessed):
        return what.due, what.cutoff
    if contract is None or contract.cycle is None or contract.ended is not None:
        return None, None
    cycle = timedelta(days=Cycle(**contract.cycle).days())
    if isinstance(what, SubscriptionSkipped) and what.due is not None:
        return what.due + cycle, None
    last = contract.last_delivery
    due = last + cycle * (1 + len(contract.in_a_row)) if last is not None else None
    return (due if due is not None and due > occasion.at else None), None


def _products(happened: Iterable[Happening], orders: Mapping[tuple[str, str], Order]) -> frozenset[str]:
    return frozenset(
        line["product"]
        for one in happened
        if one.what == "order.placed" and (one.cart, one.facts["order"]) in orders
        for line in one.facts.get("lines", ())
    )


def _media(happened: Iterable[Happening], orders: Mapping[tuple[str, str], Order]) -> str | None:
    """Where the customer came from at first (流入媒体)."""
    placed = [one for one in happened if one.what == "order.placed" and one.facts.get("media")]
    known = [one for one in placed if (one.cart, one.facts["order"]) in orders]
    return min(known, key=lambda one: one.at).facts["media"] if known else None


def _spent(happened: Sequence[Happening]) -> int:
    spent = purchases(happened).spent
    return spent.amount if spent is not None else 0


def _days(occasion: Occasion, since: datetime | None) -> int | None:
    return (occasion.at - since).days if since is not None else None


def _of_order(happened: Iterable[Happening], order: Order | None) -> dict[str, Told | None]:
    if order is None:
        return {}
    placed = (one for one in happened if one.what == "order.placed" and one.at == order.at)
    line: Facts = next((one.facts["lines"][0] for one in placed if one.facts.get("lines")), {})
    return {"product": line.get("product"), "product_title": line.get("title") or order.product}


def _of_contract(contract: Contract | None, number: int | None) -> dict[str, Told | None]:
    if contract is None:
        return {"delivery_number": number}
    return {
        "delivery_number": number,
        "min_deliveries": contract.min_deliveries,
        "deliveries": contract.deliveries or None,
        "skips": len(contract.in_a_row) or None,
    }


def _of_answer(occasion: Occasion) -> dict[str, Told | None]:
    match occasion.what:
        case SurveyAnswered(nps=nps, reason=reason):
            return {"score": nps, "answer": reason}
        case _:
            return {}


def _cart(customer_ref: str) -> str:
    return "/".join(customer_ref.split("/", 2)[:2])
