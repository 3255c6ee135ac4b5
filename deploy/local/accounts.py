"""What a data directory's first run makes up: an account for the desk, keys, and shops with secrets."""

import os
import secrets
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from simulation.webhook import Cart

_SHOPS = """\
# Who may send webhooks, and the secrets they sign with; read again when this file changes.
# A cart may have two secrets while one is being replaced.

[[shops]]
id = "{shop}"
pepper = "{pepper}"

[[shops.carts]]
cart = "shopify"
secrets = ["{shopify}"]

[[shops.carts]]
cart = "standard"
secrets = ["{standard}"]
# What the shop's own site and mailer tell speaks of customers by Shopify's ids.
customers_of = "shopify"

# For POST /v1/events; see docs/events-api.md.
[shops.events]
keys = ["{events}"]
customers_of = "shopify"
"""


class DeskAccount(msgspec.Struct, frozen=True):
    """Who may log in at the desk of this data directory."""

    login: str
    password: str

    def as_setting(self) -> str:
        agent = {"login": self.login, "name": "デモ担当", "password": self.password, "role": "admin"}
        return msgspec.json.encode([agent]).decode()


class Keys(msgspec.Struct, frozen=True):
    """Everything secret that the services are told; `unsubscribe` signs the links in messages.

    `line_token` is ours at LINE, `line_secret` LINE's with us.
    """

    desk: DeskAccount
    unsubscribe: str
    risk_api_token: str
    line_token: str
    line_secret: str


@dataclass(frozen=True, slots=True)
class ShopAccount:
    """A shop that may send webhooks, signed with the secret of their cart."""

    shop: str
    secrets: dict[Cart, str]


def read_keys(folder: Path) -> Keys:
    """The keys of this data directory; what is not there yet, be it all, is made up."""
    file = folder / "keys.json"
    known = msgspec.json.decode(file.read_bytes(), type=dict[str, Any]) if file.exists() else {}
    names = ("unsubscribe", "risk_api_token", "line_token", "line_secret")
    made = {name: secrets.token_urlsafe(32) for name in names}
    desk = {"login": "demo", "password": secrets.token_urlsafe(9)}
    keys = msgspec.convert({"desk": desk, **made, **known}, Keys)
    if msgspec.to_builtins(keys) != known:
        write_private(file, msgspec.json.format(msgspec.json.encode(keys)) + b"\n")
    return keys


def make_shops_file(path: Path, shop: str) -> ShopAccount:
    standard = b64encode(secrets.token_bytes(32)).decode()
    made: dict[Cart, str] = {"shopify": secrets.token_hex(32), "standard": f"whsec_{standard}"}
    others = {"pepper": secrets.token_hex(32), "events": secrets.token_urlsafe(32)}
    write_private(path, _SHOPS.format(shop=shop, **others, **made).encode())
    return ShopAccount(shop, made)


def write_private(path: Path, content: bytes) -> None:
    """A file that nobody else can read, not even for a moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
