"""Logging in through a real OpenID provider: who may, as what, and what cannot be forged on the way."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import text

from deploy.local.ports import free_port
from services.notifier.store import agents
from services.notifier.store.agents import Account, Agent
from shared.postgres.engine import AsyncEngine, transaction
from tests.integration.notifier.desk.conftest import Office
from tests.oidc.conftest import DESK, log_in, set_out, way_back

Browser = Callable[[Office], httpx.AsyncClient]
UNTRUSTED = "/login?problem=provider_untrusted"


async def who(client: httpx.AsyncClient) -> dict[str, Any]:
    content: dict[str, Any] = (await client.get("/api/session")).json()
    content.pop("csrf", None)
    return content


async def accounts(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT login, role, source, active FROM agent ORDER BY login"))
        return [tuple(row) for row in rows]


async def audited(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT who, what, detail FROM audit_entry ORDER BY id"))
        return [tuple(row) for row in rows]


async def test_a_person_in_a_group_comes_in_with_its_role(office: Office, browser: Browser) -> None:
    client = browser(office)
    assert await log_in(client, "yui") == "/"
    assert await who(client) == {"login": "yui", "name": "結衣 山本", "role": "supervisor"}
    assert (await client.get("/")).status_code == 200
    assert ("yui", "supervisor", "oidc", True) in await accounts(office.engine)
    assert await audited(office.engine) == [
        ("yui", "account.made", "role=supervisor"),
        ("yui", "session.began", "provider"),
    ]


async def test_who_comes_again_is_the_same_person_with_the_role_of_today(
    office: Office, open_office: Any, browser: Browser
) -> None:
    first = browser(office)
    assert await log_in(first, "yui") == "/"
    other = await open_office(oidc_roles={"desk": "agent"})
    assert await log_in(browser(other), "yui") == "/"
    assert ("yui", "agent", "oidc", True) in await accounts(office.engine)
    # The session with the rights of yesterday is over.
    assert (await first.get("/api/session")).status_code == 401


async def test_who_is_in_no_group_is_refused_and_told_so(office: Office, browser: Browser) -> None:
    client = browser(office)
    assert await log_in(client, "sota") == "/login?problem=provider_no_role"
    assert "グループに入っていません" in (await client.get("/login?problem=provider_no_role")).text
    assert (await client.get("/api/session")).status_code == 401
    assert [login for login, *_ in await accounts(office.engine)] == ["boss"]
    assert await audited(office.engine) == [("unknown", "session.refused", "provider")]


async def test_who_has_left_the_groups_is_out_at_once(
    office: Office, open_office: Any, browser: Browser
) -> None:
    client = browser(office)
    await log_in(client, "yui")
    later = await open_office(oidc_roles={"warehouse": "agent"})
    assert await log_in(browser(later), "yui") == "/login?problem=provider_no_role"
    assert (await client.get("/api/session")).status_code == 401


async def test_an_account_that_was_shut_here_stays_shut(office: Office, browser: Browser) -> None:
    await log_in(browser(office), "yui")
    async with transaction(office.engine) as connection:
        await connection.execute(text("UPDATE agent SET active = false WHERE login = 'yui'"))
    assert await log_in(browser(office), "yui") == "/login?problem=provider_shut"
    assert ("yui", "supervisor", "oidc", False) in await accounts(office.engine)


async def test_nobody_takes_over_an_account_by_being_called_like_it(office: Office, browser: Browser) -> None:
    async with transaction(office.engine) as connection:
        local = Account(Agent("yui", "別の結衣", "admin"), "no hash", True, "local")
        assert await agents.make(connection, local)
    client = browser(office)
    await log_in(client, "yui")
    me = await who(client)
    assert me["login"].startswith("yui#")
    assert me["role"] == "supervisor"


async def test_a_state_that_is_not_ours_is_refused(office: Office, browser: Browser) -> None:
    client = browser(office)
    back = await way_back(client, "yui")
    state = parse_qs(urlsplit(back).query)["state"][0]
    answer = await client.get(back.replace(state, state[::-1]))
    assert answer.headers["location"] == UNTRUSTED
    # One attempt only: the right one is too late now.
    assert (await client.get(back)).headers["location"] == UNTRUSTED


async def test_another_browser_cannot_be_sent_back_in_ones_place(office: Office, browser: Browser) -> None:
    back = await way_back(browser(office), "yui")
    victim = browser(office)
    assert (await victim.get(back)).headers["location"] == UNTRUSTED
    await set_out(victim)
    assert (await victim.get(back)).headers["location"] == UNTRUSTED


async def test_a_code_counts_once(office: Office, browser: Browser) -> None:
    client = browser(office)
    back = await way_back(client, "yui")
    assert (await client.get(back)).headers["location"] == "/"
    assert (await client.get(back)).headers["location"] == UNTRUSTED
    # Nor on a way that was begun anew: the provider knows the code, and whose verifier it wants.
    used = parse_qs(urlsplit(back).query)["code"][0]
    begun = parse_qs(urlsplit(await set_out(client)).query)["state"][0]
    again = await client.get("/api/session/provider/back", params={"state": begun, "code": used})
    assert again.headers["location"] == UNTRUSTED


async def test_a_code_of_somebody_else_is_worth_nothing_without_the_verifier(
    office: Office, browser: Browser
) -> None:
    stolen = parse_qs(urlsplit(await way_back(browser(office), "yui")).query)["code"][0]
    thief = browser(office)
    state = parse_qs(urlsplit(await set_out(thief)).query)["state"][0]
    answer = await thief.get("/api/session/provider/back", params={"state": state, "code": stolen})
    assert answer.headers["location"] == UNTRUSTED


async def test_an_answer_in_another_providers_name_is_refused(office: Office, browser: Browser) -> None:
    client = browser(office)
    back = await way_back(client, "yui")
    answer = await client.get(back, params={**_query(back), "iss": "https://evil.example"})
    assert answer.headers["location"] == "/login?problem=provider_denied"


async def test_a_log_in_that_was_called_off_there_says_so(office: Office, browser: Browser) -> None:
    client = browser(office)
    state = parse_qs(urlsplit(await set_out(client)).query)["state"][0]
    answer = await client.get("/api/session/provider/back", params={"state": state, "error": "access_denied"})
    assert answer.headers["location"] == "/login?problem=provider_denied"


async def test_the_way_is_bound_to_the_browser_and_tells_the_provider_what_it_needs(
    office: Office, browser: Browser
) -> None:
    answer = await browser(office).get("/api/session/provider")
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/", "max-age=600"))
    asked = _query(answer.headers["location"])
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == f"{DESK}/api/session/provider/back"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


@pytest.mark.parametrize("wrong", ["another-secret", None])
async def test_a_desk_that_the_provider_does_not_know_lets_nobody_in(
    open_office: Any, browser: Browser, wrong: str | None
) -> None:
    office = await open_office(oidc_client_secret=wrong)
    assert await log_in(browser(office), "yui") == UNTRUSTED


async def test_while_the_provider_is_away_passwords_still_work(open_office: Any, browser: Browser) -> None:
    office = await open_office(oidc_issuer=f"http://127.0.0.1:{free_port()}/realms/midori")
    client = browser(office)
    assert await set_out(client) == "/login?problem=provider_away"
    page = (await client.get("/login?problem=provider_away")).text
    assert "認証サービスにつながりません" in page
    assert "みどりID でログイン" in page
    entered = await client.post("/api/session", data={"login": "boss", "password": "hikitome-desk"})
    assert entered.headers["location"] == "/"


async def test_a_provider_that_calls_itself_otherwise_is_none(
    open_office: Any, browser: Browser, office: Office
) -> None:
    other = await open_office(oidc_issuer=str(office.settings.oidc_issuer) + "/")
    assert await set_out(browser(other)) == "/login?problem=provider_away"


def _query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
