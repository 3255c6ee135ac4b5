"""One delivery alone, where a process would accept several together."""

from services.ingest import accept as accepting
from services.ingest.accept import Answer
from services.ingest.carts.base import Delivery
from services.ingest.durable import Keep
from services.ingest.rate import Allowances
from services.ingest.shops import Account


async def accept(
    delivery: Delivery, account: Account | None, keep: Keep, allowances: Allowances | None = None
) -> Answer:
    """What becomes of it."""
    (answer,) = await accepting.accept([(delivery, account)], keep, allowances)
    return answer
