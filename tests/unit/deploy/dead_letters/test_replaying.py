"""Letters are published first and noted as done second, so that dying in between costs a repetition only."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.dead_letters.fate import Closes, Stays
from deploy.dead_letters.letter import Foreign, Letter
from deploy.dead_letters.replaying import MOST_BYTES, MOST_LETTERS, Judged, NotAcknowledged, handfuls, replay
from deploy.dead_letters.tally import Replaying
from shared.events.record import Record
from shared.kafka.producer import Acked, Unknown
from shared.kafka.replayed import Replayed, read_note

NOW = datetime(2026, 4, 3, tzinfo=UTC)

Parked = Callable[..., Letter]


async def each(judged: Sequence[Judged]) -> AsyncIterator[Judged]:
    for one in judged:
        yield one


class Log:
    """Acknowledges so many times, and then no more."""

    def __init__(self, times: int = 1000) -> None:
        self.times = times
        self.records: list[Record] = []

    async def publish(self, records: Sequence[Record]) -> Acked | Unknown:
        if self.times == 0:
            return Unknown("TimeoutError")
        self.times -= 1
        self.records.extend(records)
        return Acked()


def back(letter: Letter) -> Closes:
    return Closes("put_back", 1, (Record("customer-events", b"key", str(letter.offset).encode()),))


async def test_the_notes_follow_what_they_speak_of(webhook: Parked) -> None:
    log, done = Log(), Replaying()
    letters = [webhook(offset=offset) for offset in (3, 5, 8)]
    judged: list[Judged] = [(letter, back(letter)) for letter in letters]
    judged.insert(1, (webhook(offset=4), Stays("still wrong_shape")))

    await replay(each(judged), log.publish, lambda: NOW, done)

    assert [record.value for record in log.records[:3]] == [b"3", b"5", b"8"]
    assert [record.topic for record in log.records[3:]] == ["ingest.dead-letter"] * 3
    assert [read_note(record.value) for record in log.records[3:]] == [
        Replayed("replayed", 0, offset, NOW, "put_back", 1) for offset in (3, 5, 8)
    ]
    assert (done.closed.total(), done.stays.total()) == (3, 1)


async def test_what_closes_without_an_event_is_noted_all_the_same(webhook: Parked) -> None:
    log = Log()
    await replay(each([(webhook(), Closes("ignored"))]), log.publish, lambda: NOW, Replaying())
    assert [read_note(record.value) for record in log.records] == [
        Replayed("replayed", 0, 17, NOW, "ignored", 0)
    ]


@pytest.mark.parametrize("times", [0, 1])
async def test_what_is_not_acknowledged_is_not_counted_as_done(webhook: Parked, times: int) -> None:
    log, done = Log(times), Replaying()
    letter = webhook()
    with pytest.raises(NotAcknowledged, match="TimeoutError"):
        await replay(each([(letter, back(letter))]), log.publish, lambda: NOW, done)
    assert done.letters == 0
    assert [record for record in log.records if read_note(record.value)] == []


async def test_what_was_done_before_the_brokers_went_away_stays_done(webhook: Parked) -> None:
    log, done = Log(times=2), Replaying()
    letters = [webhook(offset=offset) for offset in range(MOST_LETTERS + 1)]
    with pytest.raises(NotAcknowledged):
        await replay(each([(letter, back(letter)) for letter in letters]), log.publish, lambda: NOW, done)
    assert done.closed.total() == MOST_LETTERS


@given(st.lists(st.sampled_from([0, 1, MOST_BYTES // 3, MOST_BYTES]), max_size=250))
async def test_handfuls_keep_the_order_and_can_be_held(sizes: list[int]) -> None:
    judged: list[Judged] = [
        (Letter("ingest", 0, n, None, None, None, "r", bytes(size), Foreign(b"")), Stays("why"))
        for n, size in enumerate(sizes)
    ]
    found = [handful async for handful in handfuls(each(judged))]
    assert [one for handful in found for one in handful] == judged
    for handful in found:
        assert 0 < len(handful) <= MOST_LETTERS
        assert sum(len(letter.body) for letter, _ in handful[:-1]) < MOST_BYTES
