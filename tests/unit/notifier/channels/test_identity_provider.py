"""What an id token must prove before it is believed, with keys of our own; tests/oidc has a real provider."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from services.notifier.channels.identity_provider import (
    IdentityProvider,
    Person,
    Registration,
    Untrusted,
)

NOW = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
ISSUER = "https://id.example/realms/midori"
KEY = RSAKey.generate_key(2048, {"kid": "k1"}, private=True)
FORGED = RSAKey.generate_key(2048, {"kid": "k1"}, private=True)
JWKS = KeySet([KEY]).as_dict(private=False)
REGISTRATION = Registration(ISSUER, "hikitome", "secret", "https://desk.example/back", "groups")
PROVIDER = IdentityProvider(REGISTRATION, lambda: NOW)


def claims(**changes: Any) -> dict[str, Any]:
    """What a provider says of yui; None leaves a claim out."""
    at = int(NOW.timestamp())
    said = {
        "iss": ISSUER,
        "sub": "u-1",
        "aud": "hikitome",
        "iat": at - 1,
        "exp": at + 300,
        "nonce": "once",
        "preferred_username": "yui",
        "name": "山本 結衣",
        "groups": ["leads"],
    }
    return {name: value for name, value in {**said, **changes}.items() if value is not None}


def believed(said: dict[str, Any], key: RSAKey = KEY) -> Person | Untrusted:
    token = jwt.encode({"alg": "RS256", "kid": "k1"}, said, key)
    return PROVIDER.believe({"id_token": token}, JWKS, "once")


def test_a_token_that_is_right_tells_who_it_is() -> None:
    assert believed(claims()) == Person(f"{ISSUER} u-1", "yui", "山本 結衣", ("leads",))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": ["hikitome", "another-client"]},
        {"azp": "another-client"},
        {"exp": int(NOW.timestamp()) - 120},
        {"exp": None},
        {"nbf": int(NOW.timestamp()) + 600},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
    ],
    ids=lambda changes: " ".join(f"{name}={value}" for name, value in changes.items()),
)
def test_one_wrong_claim_is_enough_to_refuse(changes: dict[str, Any]) -> None:
    assert isinstance(believed(claims(**changes)), Untrusted)


def test_a_token_signed_with_another_key_of_the_same_name_is_forged() -> None:
    assert isinstance(believed(claims(), FORGED), Untrusted)


def test_a_token_signed_with_the_public_key_as_a_secret_is_forged() -> None:
    head, words = (_part(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "k1"}, claims()))
    signature = hmac.digest(KEY.as_pem(private=False), f"{head}.{words}".encode(), "sha256")
    token = f"{head}.{words}.{_part(signature)}"
    assert isinstance(PROVIDER.believe({"id_token": token}, JWKS, "once"), Untrusted)


def _part(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def test_a_token_that_is_not_signed_is_refused() -> None:
    signed = jwt.encode({"alg": "RS256", "kid": "k1"}, claims(), KEY)
    bare = f"{'eyJhbGciOiJub25lIn0'}.{signed.split('.')[1]}."
    assert isinstance(PROVIDER.believe({"id_token": bare}, JWKS, "once"), Untrusted)


def test_a_token_whose_words_were_changed_is_refused() -> None:
    mine = jwt.encode({"alg": "RS256", "kid": "k1"}, claims(), KEY).split(".")
    theirs = jwt.encode({"alg": "RS256", "kid": "k1"}, claims(groups=["admins"]), FORGED).split(".")
    changed = ".".join([mine[0], theirs[1], mine[2]])
    assert isinstance(PROVIDER.believe({"id_token": changed}, JWKS, "once"), Untrusted)


@pytest.mark.parametrize("token", [None, "", "nonsense", "a.b.c", 7])
def test_what_is_no_token_proves_nothing(token: object) -> None:
    assert isinstance(PROVIDER.believe({"id_token": token}, JWKS, "once"), Untrusted)


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": "none"}, {"keys": [{"kty": "RSA"}]}])
def test_without_the_providers_keys_nothing_is_believed(keys: dict[str, Any]) -> None:
    token = jwt.encode({"alg": "RS256", "kid": "k1"}, claims(), KEY)
    assert isinstance(PROVIDER.believe({"id_token": token}, keys, "once"), Untrusted)


def test_an_access_token_that_belongs_to_another_is_noticed() -> None:
    token = jwt.encode({"alg": "RS256", "kid": "k1"}, claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), KEY)
    given = {"id_token": token, "access_token": "something else"}
    assert isinstance(PROVIDER.believe(given, JWKS, "once"), Untrusted)


@pytest.mark.parametrize(
    ("said", "groups"),
    [("leads", ("leads",)), (["a", "b"], ("a", "b")), (None, ()), (7, ()), ({"leads": True}, ())],
)
def test_groups_come_as_a_list_or_as_one(said: object, groups: tuple[str, ...]) -> None:
    person = believed(claims(groups=said))
    assert isinstance(person, Person)
    assert person.groups == groups


def test_a_name_that_cannot_be_shown_is_made_so() -> None:
    person = believed(claims(preferred_username="yu\x00i\n", name=None))
    assert isinstance(person, Person)
    assert (person.login, person.name) == ("yui", "yui")


def test_the_secret_is_never_shown() -> None:
    assert "secret" not in repr(REGISTRATION)
