"""Shops: who may send us webhooks and events, and by which secrets; a file that may change while we run."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import msgspec
import structlog

from services.ingest.carts import CARTS
from services.ingest.carts.base import Cart
from shared.clock import monotonic
from shared.process.metrics import ingest_shops_file_errors

log = structlog.get_logger(__name__)

LOOK_EVERY_SECONDS = 1.0
SHORTEST_PEPPER = 16
"""Phone numbers are few enough to be tried one by one; only the key keeps their hashes from being undone."""
SHORTEST_KEY = 32
_KEY = re.compile(rf"[!-~]{{{SHORTEST_KEY},}}")
_FROM_ENVIRONMENT = re.compile(r"\$\{(\w+)\}")


class InvalidShopsFile(Exception):
    """The file can't be used; the message says why and where, and repeats no secret."""


class CartEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`customers_of`: this cart's customer ids are those of that other cart."""

    cart: str
    secrets: tuple[str, ...]
    customers_of: str | None = None


class EventsEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For POST /v1/events: `customers_of` is the cart whose ids name the customers, if it is any cart's."""

    keys: tuple[str, ...]
    customers_of: str | None = None


Rate = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]
Burst = Annotated[int, msgspec.Meta(ge=1)]


class ShopEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`pepper` keys the hashes of what customers are recognised by; without one, nobody is.

    `rate` (webhooks a second) and `burst` (at once) take the place of the settings for this shop alone.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,62}\Z")]
    carts: tuple[CartEntry, ...]
    pepper: str | None = None
    rate: Rate | None = None
    burst: Burst | None = None
    events: EventsEntry | None = None


class Entries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    shops: tuple[ShopEntry, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """A shop at one cart, with every secret that is active now (two while one is being replaced).

    `customers_of` is the cart whose ids name the customers, if not this one. `pepper`, `rate` and `burst` are
    the shop's.
    """

    shop: str
    cart: Cart
    secrets: tuple[bytes, ...] = field(repr=False)
    customers_of: str | None = None
    pepper: bytes | None = field(default=None, repr=False)
    rate: float | None = None
    burst: int | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """A shop that sends events in bulk; the rest as at its carts."""

    shop: str
    customers_of: str | None = None
    pepper: bytes | None = field(default=None, repr=False)
    rate: float | None = None
    burst: int | None = None


@dataclass(frozen=True, slots=True)
class Shops:
    """All accounts by shop and cart, and all senders by the SHA-256 of each of their keys."""

    accounts: dict[tuple[str, str], Account] = field(default_factory=dict)
    senders: dict[bytes, Sender] = field(default_factory=dict)


class ShopsFile:
    """Owns the file's newest good content; a broken change is refused and the old content stays in use."""

    def __init__(
        self, path: Path, environment: Mapping[str, str], seconds: Callable[[], float] = monotonic
    ) -> None:
        self._path = path
        self._environment = environment
        self._seconds = seconds
        self._version = _version(path)
        self._shops = read_shops(path, environment)
        self._look_at = seconds() + LOOK_EVERY_SECONDS

    def account(self, shop: str, cart: str) -> Account | None:
        return self._newest().accounts.get((shop, cart))

    def sender(self, key: str) -> Sender | None:
        """Whose key this is; it is found by its hash, so that the time taken tells nothing of the others."""
        return self._newest().senders.get(_digest(key))

    def _newest(self) -> Shops:
        if self._seconds() >= self._look_at:
            self._look_at = self._seconds() + LOOK_EVERY_SECONDS
            self._look()
        return self._shops

    def _look(self) -> None:
        # The version is taken before the content: a change in between is read again at the next look.
        version = _version(self._path)
        if version == self._version:
            return
        self._version = version
        try:
            self._shops = read_shops(self._path, self._environment)
        except InvalidShopsFile as error:
            ingest_shops_file_errors.inc()
            log.error("shops file refused; the old one stays in use", problem=str(error))
        else:
            log.info("shops file read anew", accounts=len(self._shops.accounts))


def read_shops(path: Path, environment: Mapping[str, str]) -> Shops:
    """Read and check the whole file.

    :raises InvalidShopsFile: if anything in it is wrong.
    """
    shops = Shops()
    for entry in _entries(path).shops:
        where = f"{path}: shop {entry.id!r}"
        pepper = _pepper(where, entry.pepper, environment)
        for at in entry.carts:
            if (entry.id, at.cart) in shops.accounts:
                raise InvalidShopsFile(f"{where} has the cart {at.cart!r} twice")
            account = _account(path, entry.id, at, environment)
            shops.accounts[entry.id, at.cart] = replace(
                account, pepper=pepper, rate=entry.rate, burst=entry.burst
            )
        if entry.events is not None:
            sender = Sender(entry.id, entry.events.customers_of, pepper, entry.rate, entry.burst)
            _add_sender(f"{where}, events", shops, sender, entry.events.keys, environment)
    _check_lenders(path, shops)
    return shops


def _entries(path: Path) -> Entries:
    try:
        entries = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Entries)
    except OSError as error:
        raise InvalidShopsFile(f"{path} can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidShopsFile(f"{path} is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise InvalidShopsFile(f"{path}: {error}") from error
    # A file that is just being written is empty for a moment; that must not lock every shop out.
    if not entries.shops:
        raise InvalidShopsFile(f"{path} names no shop")
    return entries


def _add_sender(
    where: str, shops: Shops, sender: Sender, keys: Sequence[str], environment: Mapping[str, str]
) -> None:
    """A key says who is speaking: it must be one shop's alone, and too long to be guessed."""
    if not keys:
        raise InvalidShopsFile(f"{where}: at least one key is needed")
    for text in keys:
        key = _resolved(where, text, environment)
        if not _KEY.fullmatch(key):
            raise InvalidShopsFile(
                f"{where}: a key must have at least {SHORTEST_KEY} characters, ASCII and without spaces"
            )
        if shops.senders.setdefault(_digest(key), sender) != sender:
            raise InvalidShopsFile(f"{where}: a key is that of shop {shops.senders[_digest(key)].shop!r} too")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


def _check_lenders(path: Path, shops: Shops) -> None:
    """A name in `customers_of` that is mistyped would make two customers of each."""
    borrowers = [(shop, f"cart {cart!r}", at.customers_of) for (shop, cart), at in shops.accounts.items()]
    borrowers += [(sender.shop, "events", sender.customers_of) for sender in shops.senders.values()]
    for shop, borrower, lender in borrowers:
        where = f"{path}: shop {shop!r}, {borrower}: customers_of"
        if lender is not None and borrower == f"cart {lender!r}":
            raise InvalidShopsFile(f"{where} names this very cart; leave it out")
        if lender is not None and (shop, lender) not in shops.accounts:
            raise InvalidShopsFile(f"{where} names {lender!r}, a cart that this shop does not have")


def _account(path: Path, shop: str, entry: CartEntry, environment: Mapping[str, str]) -> Account:
    where = f"{path}: shop {shop!r}, cart {entry.cart!r}"
    cart = CARTS.get(entry.cart)
    if cart is None:
        raise InvalidShopsFile(f"{where}: there is no such cart, only {', '.join(CARTS)}")
    if not entry.secrets:
        raise InvalidShopsFile(f"{where}: at least one secret is needed")
    if entry.customers_of is not None and not cart.may_borrow:
        raise InvalidShopsFile(f"{where}: it names customers by its own ids, customers_of is not for it")
    secrets = tuple(_secret(where, cart, text, environment) for text in entry.secrets)
    return Account(shop, cart, secrets, entry.customers_of)


def _pepper(where: str, text: str | None, environment: Mapping[str, str]) -> bytes | None:
    if text is None:
        return None
    pepper = _resolved(where, text, environment).encode()
    if len(pepper) < SHORTEST_PEPPER:
        raise InvalidShopsFile(f"{where}: the pepper must have at least {SHORTEST_PEPPER} characters")
    return pepper


def _resolved(where: str, text: str, environment: Mapping[str, str]) -> str:
    named = _FROM_ENVIRONMENT.fullmatch(text)
    if named and named[1] not in environment:
        raise InvalidShopsFile(f"{where}: the environment variable {named[1]} is not set")
    return environment[named[1]] if named else text


def _secret(where: str, cart: Cart, text: str, environment: Mapping[str, str]) -> bytes:
    written = _resolved(where, text, environment)
    try:
        secret = cart.read_secret(written)
    except ValueError as error:
        raise InvalidShopsFile(f"{where}: a secret {error}") from None
    if not secret:
        raise InvalidShopsFile(f"{where}: a secret is empty")
    return secret


def _version(path: Path) -> tuple[int, int, int] | None:
    """What changes when the file does; the inode too, for Kubernetes swaps the file behind a link."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
