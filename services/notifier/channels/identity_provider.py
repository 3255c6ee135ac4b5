"""An OpenID provider: where it is by discovery, the way there and back, and the proof of an id token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from shared.clock import Now

# Only authlib's rules are used, over our own httpx: its client for httpx announces that it will leave httpx.
WELL_KNOWN = "/.well-known/openid-configuration"
# Signed with the provider's private key; never with a secret that we share, and never not at all.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
SCOPE = "openid profile email"
PATIENCE = 5.0
CLOCKS_DIFFER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Registration:
    """How the provider and the desk know each other; without a secret the desk is a public client."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    back_url: str
    group_claim: str


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider vouches for: `subject` means one person for ever, the rest is what it says today."""

    subject: str
    login: str
    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Away:
    """The provider does not answer, or not as one."""


@dataclass(frozen=True, slots=True)
class Untrusted:
    """What came back proves nothing; `because` is a short word without personal data."""

    because: str


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Where it is and its keys are asked for each time: people log in rarely, and keys change.

    `now` is real time.
    """

    registration: Registration
    now: Now

    async def way(self, state: str, nonce: str, verifier: str) -> str | Away:
        """The address at which a person logs in there."""
        async with _client() as client:
            metadata = await self._discover(client)
        if isinstance(metadata, Away):
            return metadata
        asked = {
            "response_type": "code",
            "client_id": self.registration.client_id,
            "redirect_uri": self.registration.back_url,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        return str(add_params_to_uri(metadata["authorization_endpoint"], list(asked.items())))

    async def redeem(self, code: str, nonce: str, verifier: str) -> Person | Away | Untrusted:
        """Exchange the code for an id token, and believe it only if everything about it is right."""
        async with _client() as client:
            metadata = await self._discover(client)
            if isinstance(metadata, Away):
                return metadata
            tokens = await self._exchange(client, metadata, code, verifier)
            if not isinstance(tokens, dict):
                return tokens
            keys = await _json(client, metadata["jwks_uri"])
        if isinstance(keys, Away):
            return keys
        return self.believe(tokens, keys, nonce)

    def believe(self, tokens: Mapping[str, Any], keys: Mapping[str, Any], nonce: str) -> Person | Untrusted:
        """Signature, issuer, audience, expiry and nonce."""
        try:
            registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
            known = KeySet.import_key_set({"keys": keys["keys"]})
            token = jwt.decode(str(tokens.get("id_token")), known, registry=registry)
            claims = CodeIDToken(token.claims, token.header, self._expected(), self._given(tokens, nonce))
            claims.validate(int(self.now().timestamp()), CLOCKS_DIFFER_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError) as wrong:
            return Untrusted(type(wrong).__name__)
        return self._person(claims)

    def _expected(self) -> dict[str, object]:
        issuer, client_id = self.registration.issuer, self.registration.client_id
        return {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": client_id},
            "nonce": {"essential": True},
        }

    def _given(self, tokens: Mapping[str, Any], nonce: str) -> dict[str, object]:
        return {
            "nonce": nonce,
            "client_id": self.registration.client_id,
            "access_token": tokens.get("access_token"),
        }

    def _person(self, claims: Mapping[str, Any]) -> Person:
        subject = str(claims["sub"])
        login = _text(claims, "preferred_username") or _text(claims, "email") or subject
        said = claims.get(self.registration.group_claim)
        groups = [said] if isinstance(said, str) else said if isinstance(said, list) else []
        return Person(
            subject=f"{self.registration.issuer} {subject}",
            login=login[:80],
            name=(_text(claims, "name") or login)[:80],
            groups=tuple(str(group) for group in groups),
        )

    async def _discover(self, client: httpx.AsyncClient) -> dict[str, Any] | Away:
        """Its own word for who it is must be the one that we were told to trust."""
        metadata = await _json(client, self.registration.issuer.rstrip("/") + WELL_KNOWN)
        if isinstance(metadata, Away) or metadata.get("issuer") != self.registration.issuer:
            return Away()
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        return metadata if all(isinstance(metadata.get(name), str) for name in needed) else Away()

    async def _exchange(
        self, client: httpx.AsyncClient, metadata: Mapping[str, Any], code: str, verifier: str
    ) -> dict[str, Any] | Away | Untrusted:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.registration.back_url,
            "code_verifier": verifier,
        }
        in_form, auth = self._credentials(metadata)
        try:
            answer = await client.post(metadata["token_endpoint"], data=form | in_form, auth=auth)
            content = answer.json()
        except (httpx.HTTPError, ValueError):
            return Away()
        if answer.status_code >= 500 or not isinstance(content, dict):
            return Away()
        return content if answer.status_code == 200 else Untrusted("code")

    def _credentials(self, metadata: Mapping[str, Any]) -> tuple[dict[str, str], httpx.Auth]:
        """In the header, which is the default of the standard; else in the form."""
        client_id, secret = self.registration.client_id, self.registration.client_secret
        if secret is None:
            return {"client_id": client_id}, httpx.Auth()
        ways = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if isinstance(ways, list) and "client_secret_basic" in ways:
            return {}, httpx.BasicAuth(quote(client_id, safe=""), quote(secret, safe=""))
        return {"client_id": client_id, "client_secret": secret}, httpx.Auth()


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False)


async def _json(client: httpx.AsyncClient, url: str) -> dict[str, Any] | Away:
    try:
        answer = await client.get(url)
        content = answer.json() if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError):
        return Away()
    return content if isinstance(content, dict) else Away()


def _text(claims: Mapping[str, Any], name: str) -> str:
    """What can stand in a page and in PostgreSQL."""
    value = claims.get(name)
    return "".join(sign for sign in value if sign.isprintable()).strip() if isinstance(value, str) else ""
