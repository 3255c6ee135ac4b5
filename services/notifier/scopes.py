"""Scopes: what a token lets a program do, and which happenings an endpoint may be told of."""

from typing import Literal

from services.notifier.alert import What

Scope = Literal["alerts:read", "contacts:read", "alerts:write"]
Happening = Literal[
    "alert.raised",
    "alert.claimed",
    "alert.released",
    "alert.transferred",
    "alert.resolved",
    "alert.withdrawn",
    "cancellation.requested",
]

# By what is written down of an alert; the rest of it is the desk's own affair.
HAPPENINGS: dict[What, Happening] = {
    "raised": "alert.raised",
    "claimed": "alert.claimed",
    "released": "alert.released",
    "transferred": "alert.transferred",
    "resolved": "alert.resolved",
    "withdrawn": "alert.withdrawn",
}
TEST = "endpoint.test"
