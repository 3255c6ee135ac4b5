"""Webhooks: one signed POST, as Standard Webhooks says, to an address that was looked at before."""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from services.notifier.retries import Answered, Outcome, Unanswered
from shared.clock import Now

PREFIX = "whsec_"
PORTS = {"https": 443, "http": 80}
# Addresses that lead to an IPv4 address in disguise: whoever routes them may route them inside.
_TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


@dataclass(frozen=True, slots=True)
class Post:
    """A message for an endpoint; `id` is the same at every attempt."""

    id: str
    url: str
    secrets: tuple[str, ...]
    body: bytes


class Webhooks:
    """A connection per message, straight to the receiver; no redirect is followed, no answer's body read."""

    def __init__(
        self,
        now: Now,
        private_hosts: bool = False,
        timeout: float = 15.0,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`timeout` in seconds is for the whole; `context` None: the certificates that are trusted anyway."""
        self._now, self._private_hosts, self._timeout = now, private_hosts, timeout
        self._context = context or httpx.create_ssl_context()

    async def send(self, post: Post) -> Outcome:
        """Try once."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._send(post)
        except TimeoutError:
            return Unanswered("timeout")

    async def _send(self, post: Post) -> Outcome:
        if not allows(post.url, self._private_hosts):
            return Unanswered("forbidden_address")
        url = httpx.URL(post.url)
        try:
            addresses = await _resolve(url)
        except (OSError, UnicodeError):
            return Unanswered("unknown_host")
        if not self._private_hosts and not all(map(is_public, addresses)):
            return Unanswered("forbidden_address")
        return await self._post_to_first(post, url, addresses)

    async def _post_to_first(self, post: Post, url: httpx.URL, addresses: Sequence[str]) -> Outcome:
        """The first that a connection can be made to."""
        for address in addresses:
            try:
                return await self._post(post, url, address)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL):
                continue
            except (httpx.TransportError, OSError):
                return Unanswered("cut")
        return Unanswered("no_connection")

    async def _post(self, post: Post, url: httpx.URL, address: str) -> Answered:
        headers = {
            "host": url.netloc.decode("ascii"),
            "content-type": "application/json",
            "user-agent": "hikitome-webhooks/1",
            **signed(post, self._now()),
        }
        async with (
            httpx.AsyncClient(verify=self._context, trust_env=False, timeout=self._timeout) as client,
            # To the address that was looked at, whatever the name may stand for by now; the certificate must
            # fit the name all the same.
            client.stream(
                "POST",
                url.copy_with(host=address),
                content=post.body,
                headers=headers,
                extensions={"sni_hostname": _name(url)},
            ) as answer,
        ):
            return Answered(
                answer.status_code, retry_after(answer.headers.get("retry-after", ""), self._now())
            )


def allows(url: str, private_hosts: bool) -> bool:
    """Whether it may be an endpoint's at all; what its name stands for is looked at with each message."""
    try:
        asked = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    if not asked.host or asked.userinfo or not 0 < (asked.port or 443) < 65536:
        return False
    if private_hosts:
        return asked.scheme in PORTS
    return asked.scheme == "https" and not _is_inside(asked.host)


async def _resolve(url: httpx.URL) -> list[str]:
    """Every address that the name stands for now."""
    port = url.port or PORTS[url.scheme]
    found = await asyncio.get_running_loop().getaddrinfo(_name(url), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _name(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii")


def _is_inside(host: str) -> bool:
    """An address rather than a name, and none of the open internet."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return not is_public(host)


def is_public(address: str) -> bool:
    """An address of the open internet, of either kind."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _TRANSLATED):
            return False
    return ip.is_global and not ip.is_multicast


def signed(post: Post, now: datetime) -> dict[str, str]:
    """The three headers of Standard Webhooks; a signature for each secret."""
    timestamp = str(int(now.timestamp()))
    content = b".".join((post.id.encode(), timestamp.encode(), post.body))
    signatures = [_signature(secret, content) for secret in post.secrets]
    return {
        "webhook-id": post.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def retry_after(said: str, now: datetime) -> float | None:
    """The header Retry-After, number or date, in seconds from now; None if it makes no sense."""
    said = said.strip()
    if said.isdecimal() and said.isascii():
        return float(said[:9])
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
