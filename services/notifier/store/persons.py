"""Persons: which accounts are one customer, as scoring has concluded; the newest conclusion by event time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import text

from services.notifier.store.given import arrays, given
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Whole:
    """From `at` on, the person known by `person` has these accounts and no other."""

    person: str
    accounts: tuple[str, ...]
    because: tuple[str, ...]
    at: datetime


class Person(msgspec.Struct, frozen=True):
    """A person with several accounts, first the one that names it.

    `parting` are those which an agent has denied since, until scoring has followed.
    """

    person: str
    accounts: tuple[str, ...]
    names: tuple[str | None, ...]
    parting: tuple[str, ...]
    because: tuple[str, ...]
    since: datetime


_WORD = {"account": "text", "person": "text", "because": "text", "at": "timestamptz"}
# A whole that is older than the newest word about the account that names it says nothing any more. Of two
# words at the same moment the one that joins holds: to be alone is what is said of everyone who left.
_KEEP = text(
    "INSERT INTO same_person AS held (account, person, because, told_at)"  # noqa: S608 - our own list of columns
    f" SELECT account, person, string_to_array(because, ','), at FROM {given(_WORD)}"
    " WHERE NOT EXISTS (SELECT FROM same_person AS own WHERE own.account = given.person"
    " AND own.told_at > given.at)"
    " ON CONFLICT (account) DO UPDATE"
    " SET person = excluded.person, because = excluded.because, told_at = excluded.told_at"
    " WHERE held.told_at < excluded.told_at"
    " OR (held.told_at = excluded.told_at"
    " AND (excluded.person <> excluded.account OR held.person = held.account))"
)
# Who was of this person, and is not said to be any more. When that began is not known, so `told_at` stays:
# what is said of the account itself may have happened in between, and has the last word.
_PART = {"person": "text", "at": "timestamptz"}
_LEAVE = text(
    "WITH gone AS MATERIALIZED (SELECT s.account"  # noqa: S608 - our own list of columns
    f" FROM {given(_PART)} JOIN same_person AS s ON s.person = given.person AND s.told_at < given.at"
    " WHERE EXISTS (SELECT FROM same_person AS own WHERE own.account = given.person"
    " AND own.person = given.person AND own.told_at = given.at) ORDER BY s.account FOR UPDATE OF s)"
    " UPDATE same_person AS s SET person = s.account, because = '{}' FROM gone"
    " WHERE s.account = gone.account RETURNING s.account"
)
_ACCOUNTS = text(
    "SELECT DISTINCT a.account FROM unnest(CAST(:refs AS text[])) AS told (ref),"
    " accounts_of(told.ref) AS a (account) ORDER BY a.account"
)
_SEVERAL = text(
    "SELECT s.person, array_agg(s.account ORDER BY s.account <> s.person, s.account) AS accounts,"
    " array_agg(c.name ORDER BY s.account <> s.person, s.account) AS names, max(s.told_at) AS since,"
    " (SELECT own.because FROM same_person AS own WHERE own.account = s.person) AS because,"
    " COALESCE(array_agg(s.account) FILTER (WHERE s.account <> s.person AND EXISTS ("
    "SELECT FROM duplicate_suspicion AS d WHERE d.state = 'denied' AND d.judged_at >= s.told_at"
    " AND d.one = LEAST(s.account, s.person) AND d.other = GREATEST(s.account, s.person))), '{}') AS parting"
    " FROM same_person AS s LEFT JOIN contact AS c ON c.customer_ref = s.account"
    " GROUP BY s.person HAVING count(*) > 1 ORDER BY max(s.told_at) DESC, s.person LIMIT :most"
)


async def keep(connection: AsyncConnection, wholes: Sequence[Whole]) -> list[str]:
    """Keep what is new, and give every account that may have changed hands."""
    if not wholes:
        return []
    newest = {one.person: one for one in sorted(wholes, key=_rank)}
    words = _words(newest.values())
    await connection.execute(_KEEP, arrays(_WORD, [words[account] for account in sorted(words)]))
    parts = [{"person": person, "at": newest[person].at} for person in sorted(newest)]
    left = (await connection.execute(_LEAVE, arrays(_PART, parts))).scalars()
    return sorted({*words, *left})


async def accounts(connection: AsyncConnection, refs: Iterable[str]) -> list[str]:
    """Every account of the persons whose accounts these are."""
    return list((await connection.execute(_ACCOUNTS, {"refs": sorted(refs)})).scalars())


async def several(connection: AsyncConnection, most: int) -> list[Person]:
    """Persons with more than one account, the newest conclusion first."""
    return [
        Person(
            person=row.person,
            accounts=tuple(row.accounts),
            names=tuple(row.names),
            parting=tuple(row.parting),
            because=tuple(row.because or ()),
            since=row.since,
        )
        for row in await connection.execute(_SEVERAL, {"most": most})
    ]


def _rank(whole: Whole) -> tuple[datetime, bool]:
    return whole.at, len(whole.accounts) > 1


def _words(wholes: Iterable[Whole]) -> dict[str, dict[str, object]]:
    """The newest word about each account."""
    words: dict[str, dict[str, object]] = {}
    for whole in sorted(wholes, key=_rank):
        for account in whole.accounts:
            words[account] = {
                "account": account,
                "person": whole.person,
                "because": ",".join(whole.because),
                "at": whole.at,
            }
    return words
