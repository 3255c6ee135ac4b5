"""POST /webhooks/{shop}/{cart}: one signed webhook, by way of ASGI."""

from starlette.types import Receive, Scope, Send

from services.ingest import outcomes
from services.ingest.routes.answer import answer, answer_to, refuse
from services.ingest.routes.body import Gone, Limits, Refused, Room, read_body, read_headers
from services.ingest.turns import Turns

# Of all bodies together that are still coming in: at most a quarter of what every connection could hold.
_TOGETHER_BYTES = 256 * 1024 * 1024


class Webhooks:
    """Reads each webhook whole, and answers when it is verified, translated and kept."""

    def __init__(self, turns: Turns, limits: Limits) -> None:
        self._turns = turns
        self._limits = limits
        self._room = Room(_TOGETHER_BYTES)

    async def take(self, shop: str, cart: str, scope: Scope, receive: Receive, send: Send) -> None:
        headers = read_headers(scope["headers"])
        match await read_body(scope["method"], headers, receive, self._limits, self._room):
            case bytes() as body:
                status, besides = answer_to(await self._turns.accept(shop, cart, headers, body))
                await answer(send, status, *besides)
            case Refused() as refused:
                outcomes.refused(cart)
                await refuse(send, refused)
            case Gone():
                outcomes.refused(cart)
