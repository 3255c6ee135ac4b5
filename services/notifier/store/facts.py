"""Facts: what is known of a customer at the moment a step is decided, in one look.

A person may have several accounts: what was said for one was said by the person, and messages to one count
for all. Only an erasure is of the account alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.scenarios.action import Action
from services.notifier.scenarios.branch import Past
from services.notifier.scenarios.decide import Bar, Facts
from services.notifier.scenarios.recipient import Recipient
from services.notifier.scenarios.scenario import Did, Scenario
from shared.events.action import Way
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class View:
    """How to look: at which moment, how far back for the cap, and what is known of the ways already."""

    now: datetime
    back: timedelta
    open_ways: frozenset[Way]
    barred: Mapping[Way, Bar] = field(default_factory=dict)


# A contract's end is looked up too, for it may be known before anyone has ended the enrolment. So is another
# scenario of the group: both came in at the same time, or on accounts that were not known to be one person's.
# A call that nobody answered disturbed nobody.
_LOOK = text(
    "SELECT e.enrolled_at, e.kind, e.reason, e.subscription, e.held, e.due, e.cutoff, e.facts::text AS told,"
    " c.name, c.kana, c.mail, c.line, c.postcode, c.prefecture, c.address,"
    " COALESCE(e.ended, CASE WHEN :by_contract AND EXISTS (SELECT FROM ended_subscription AS s"
    " WHERE s.cart = e.cart AND s.subscription = e.subscription AND s.ended_at >= e.enrolled_at)"
    " THEN 'cancelled' WHEN EXISTS (SELECT FROM enrolment AS o WHERE o.customer_ref = ANY(own.accounts)"
    " AND o.ended_at IS NULL AND o.scenario_group = e.scenario_group AND o.scenario <> e.scenario"
    " AND (-o.priority, o.enrolled_at, o.scenario) < (-e.priority, e.enrolled_at, e.scenario))"
    " THEN 'outranked' END) AS ended,"
    " EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = e.customer_ref"
    " AND m.erased_at IS NOT NULL) AS erased,"
    " EXISTS (SELECT FROM do_not_contact AS d WHERE d.customer_ref = ANY(own.accounts)) AS do_not_contact,"
    " EXISTS (SELECT FROM do_not_wake AS d WHERE d.customer_ref = ANY(own.accounts)) AS do_not_wake,"
    " ARRAY(SELECT k.channel FROM consent_of(e.customer_ref) AS k WHERE k.granted) AS consents,"
    " ARRAY(SELECT u.channel FROM unreachable AS u WHERE u.customer_ref = ANY(own.accounts)) AS failed,"
    " ARRAY(SELECT n.channel FROM contact_hash AS h JOIN never_contact AS n USING (hash, channel)"
    " WHERE h.customer_ref = ANY(own.accounts)) AS never,"
    " ARRAY(SELECT a.began_at FROM action AS a WHERE a.customer_ref = ANY(own.accounts)"
    " AND a.began_at > :since AND a.id <> CAST(:id AS uuid) AND a.channel NOT IN ('insert', 'webhook')"
    " AND a.state IN ('claimed', 'batched', 'sending', 'retry_at', 'sent', 'unknown')"
    " UNION ALL SELECT d.business_at FROM disposition AS d WHERE d.customer_ref = ANY(own.accounts)"
    " AND d.business_at > :since AND d.disposition NOT IN ('no_answer', 'wrong_number')) AS sends"
    " FROM enrolment AS e, contact_of(e.customer_ref) AS c,"
    " LATERAL (SELECT ARRAY(SELECT accounts_of(e.customer_ref)) AS accounts) AS own"
    " WHERE e.customer_ref = :customer_ref AND e.scenario = :scenario AND e.episode = :episode"
)
# What may have left counts as left.
_PAST = text(
    "SELECT a.step, a.state IN ('planned', 'claimed', 'batched', 'retry_at') AND a.began_at IS NULL"
    " OR a.state IN ('batched', 'sending') AS open,"
    " CASE WHEN a.state IN ('claimed', 'retry_at', 'sent', 'unknown') THEN a.began_at END AS went_out,"
    " ARRAY(SELECT DISTINCT h.what FROM happening AS h JOIN accounts_of(a.customer_ref) AS own (account)"
    " ON h.customer_ref = own.account WHERE h.at >= a.began_at"
    " AND h.what IN ('mail.opened', 'mail.clicked', 'line.clicked', 'order.placed', 'survey.answered')"
    " AND COALESCE(h.facts ->> 'message', a.id::text) = a.id::text) AS whats"
    " FROM action AS a"
    " WHERE a.customer_ref = :customer_ref AND a.scenario = :scenario AND a.episode = :episode"
)
_DID: Mapping[str, frozenset[Did]] = {
    "mail.opened": frozenset({"opened"}),
    # Whose mail program keeps quiet about opening says it with the click.
    "mail.clicked": frozenset({"opened", "clicked"}),
    "line.clicked": frozenset({"clicked"}),
    "order.placed": frozenset({"ordered"}),
    "survey.answered": frozenset({"answered"}),
}


async def look(connection: AsyncConnection, action: Action, scenario: Scenario, view: View) -> Recipient:
    """Of the action's customer, in its enrolment."""
    place = {"customer_ref": action.customer_ref, "scenario": action.scenario, "episode": action.episode}
    # Whom the end of a contract is to win back is not sent away by it.
    by_contract = scenario is None or "cancelled" in scenario.ends
    values = {**place, "id": action.id, "since": view.now - view.back, "by_contract": by_contract}
    row = (await connection.execute(_LOOK, values)).one()
    past: dict[str, Past] = {}
    if any(step.only_if for step in scenario.steps):
        past = _past((await connection.execute(_PAST, place)).all(), scenario)
    return _recipient(row, _facts(row, scenario.purpose, past, view))


def _recipient(row: Row[tuple[object, ...]], facts: Facts) -> Recipient:
    return Recipient(
        facts,
        kind=row.kind,
        reason=row.reason,
        name=row.name,
        kana=row.kana,
        mail=row.mail,
        line=row.line,
        postcode=row.postcode,
        prefecture=row.prefecture,
        address=row.address,
        subscription=row.subscription,
        told=msgspec.json.decode(row.told),
    )


def _facts(
    row: Row[tuple[object, ...]],
    purpose: Literal["marketing", "service"],
    past: Mapping[str, Past],
    view: View,
) -> Facts:
    return Facts(
        enrolled_at=row.enrolled_at,
        ended=row.ended,
        erased=row.erased,
        do_not_contact=row.do_not_contact,
        consents=frozenset(row.consents),
        reachable=_reachable(row),
        open_ways=view.open_ways,
        held=row.held,
        sends=tuple(row.sends),
        purpose=purpose,
        failed=frozenset(row.failed),
        never=frozenset(row.never),
        barred=view.barred,
        do_not_wake=row.do_not_wake,
        due=row.due,
        cutoff=row.cutoff,
        past=past,
    )


def _reachable(row: Row[tuple[object, ...]]) -> frozenset[Way]:
    """A parcel and a program need no address of the customer's."""
    known: dict[Way, object] = {"mail": row.mail, "line": row.line, "postal_dm": row.address}
    return frozenset(way for way, address in known.items() if address) | {"insert", "webhook"}


def _past(rows: Sequence[Row[tuple[object, ...]]], scenario: Scenario) -> dict[str, Past]:
    delays = {step.key: step.delay for step in scenario.steps}
    return {
        row.step: Past(row.open, row.went_out, _did(row), delays[row.step])
        for row in rows
        if row.step in delays
    }


def _did(row: Row[tuple[object, ...]]) -> frozenset[Did]:
    """What followed the sending; nothing follows what never went out."""
    if row.went_out is None:
        return frozenset()
    sent: frozenset[Did] = frozenset({"sent"})
    return sent.union(*(_DID[what] for what in row.whats))
