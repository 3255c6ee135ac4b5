"""What scoring tells of persons is enough: the desk knows the same persons, whatever they went through."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.notifier import batch
from services.notifier.store import persons
from services.scoring.identity.changes import changes
from services.scoring.identity.persons import Person, Persons
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.postgres.engine import AsyncEngine, transaction

START = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
ACCOUNTS = "abcde"
ALONE = {account: place for place, account in enumerate(ACCOUNTS)}

groupings = st.lists(st.integers(0, 2), min_size=len(ACCOUNTS), max_size=len(ACCOUNTS)).map(
    lambda places: dict(zip(ACCOUNTS, places, strict=True))
)
# By which of its accounts a person is known depends on which was seen first, and that may turn out otherwise.
histories = st.lists(st.tuples(groupings, st.permutations(ACCOUNTS)), min_size=1, max_size=6)


def persons_of(grouping: dict[str, int], seniority: list[str]) -> Persons:
    groups = [tuple(a for a in ACCOUNTS if grouping[a] == place) for place in set(grouping.values())]
    known = {min(group, key=seniority.index): group for group in groups}
    return Persons({ref: Person(ref, group, ("mail",)) for ref, group in known.items()}, {})


def told(number: int, before: Persons, after: Persons) -> list[Envelope]:
    return [
        Envelope(
            id=derived_id(str(number), ref, type(data).__name__),
            source="/shops/demo/scoring",
            subject=ref,
            time=START + timedelta(minutes=number),
            shop="demo",
            receivedat=START,
            correlationid="webhook",
            data=data,
        )
        for ref, data in changes(before.of_account(), after, {}).told
    ]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories, shuffled=st.randoms(use_true_random=False))
async def test_the_desk_knows_the_persons_that_scoring_knows(
    engine: AsyncEngine, history: list[tuple[dict[str, int], list[str]]], shuffled: object
) -> None:
    steps = [persons_of(ALONE, list(ACCOUNTS)), *(persons_of(*step) for step in history)]
    partitions: dict[str, list[Envelope]] = {}
    for number, (before, after) in enumerate(pairwise(steps)):
        for envelope in told(number, before, after):
            partitions.setdefault(envelope.subject, []).append(envelope)
    # Each account's conclusions come in order; between accounts there is none.
    arrivals = [ref for ref, said in partitions.items() for _ in said]
    shuffled.shuffle(arrivals)  # type: ignore[attr-defined]
    async with transaction(engine) as connection:
        await connection.execute(text("DELETE FROM same_person"))
        for ref in arrivals:
            await persons.keep(connection, batch.wholes([partitions[ref].pop(0)]))
        rows = await connection.execute(text("SELECT account, person FROM same_person"))
        found = {row.account: row.person for row in rows}
    known = {account: found.get(account, account) for account in ACCOUNTS}
    assert known == steps[-1].of_account()
