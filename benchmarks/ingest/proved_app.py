"""The floor that also proves and reads each order, by the very signature and decoder of ingest.

python -m benchmarks.ingest.proved_app PORT
"""

import sys

import msgspec
import uvicorn
from starlette.types import Receive, Scope, Send

from benchmarks.ingest.floor_app import END, SERVER, START, read
from benchmarks.ingest.orders import SECRET
from services.ingest.carts.shopify_orders import Purchase
from services.ingest.carts.signature import is_signed

_SIGNATURE = b"x-shopify-hmac-sha256"
_decoder = msgspec.json.Decoder(Purchase)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    body = await read(receive)
    claims = [value.decode() for name, value in scope["headers"] if name == _SIGNATURE]
    if not is_signed(body, [SECRET.encode()], claims):
        raise ValueError("the load client signs with another secret")
    _decoder.decode(body)
    await send(START)
    await send(END)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", **SERVER)
