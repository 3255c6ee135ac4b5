"""Facts: what is known of a customer at the moment a step is decided, in one look.

A person may have several accounts: what was said for one was said by the person, and messages to one count
for all. Only an erasure is of the account alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.scenarios.action import Action
from services.notifier.scenarios.decide import Facts
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Recipient:
    """The facts to decide on, and what the message needs beside them."""

    facts: Facts
    kind: str
    reason: str | None
    name: str | None
    mail: str | None


# A contract's end is looked up too, for it may be known before anyone has ended the enrolment.
_LOOK = text(
    "SELECT e.enrolled_at, e.kind, e.reason, c.name, c.mail,"
    " COALESCE(e.ended, CASE WHEN EXISTS (SELECT FROM ended_subscription AS s WHERE s.cart = e.cart"
    " AND s.subscription = e.subscription AND s.ended_at >= e.enrolled_at) THEN 'cancelled' END) AS ended,"
    " EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = e.customer_ref"
    " AND m.erased_at IS NOT NULL) AS erased,"
    " EXISTS (SELECT FROM do_not_contact AS d JOIN accounts_of(e.customer_ref) AS own (account)"
    " ON d.customer_ref = own.account) AS do_not_contact,"
    " ARRAY(SELECT k.channel FROM consent_of(e.customer_ref) AS k WHERE k.granted) AS consents,"
    " ARRAY(SELECT a.began_at FROM action AS a JOIN accounts_of(e.customer_ref) AS own (account)"
    " ON a.customer_ref = own.account"
    " WHERE a.state IN ('sending', 'sent', 'unknown') AND a.began_at > :since) AS sends"
    " FROM enrolment AS e, contact_of(e.customer_ref) AS c"
    " WHERE e.customer_ref = :customer_ref AND e.scenario = :scenario AND e.episode = :episode"
)


async def look(
    connection: AsyncConnection, action: Action, in_holdout: bool, now: datetime, back: timedelta
) -> Recipient:
    """`back` is how far the frequency cap must see; what may have left counts as left."""
    values = {
        "customer_ref": action.customer_ref,
        "scenario": action.scenario,
        "episode": action.episode,
        "since": now - back,
    }
    row = (await connection.execute(_LOOK, values)).one()
    return Recipient(_facts(row, in_holdout), row.kind, row.reason, row.name, row.mail)


def _facts(row: Row[tuple[object, ...]], in_holdout: bool) -> Facts:
    return Facts(
        enrolled_at=row.enrolled_at,
        ended=row.ended,
        erased=row.erased,
        do_not_contact=row.do_not_contact,
        consents=frozenset(row.consents),
        reachable=frozenset({"mail"}) if row.mail else frozenset(),
        in_holdout=in_holdout,
        sends=tuple(row.sends),
    )
