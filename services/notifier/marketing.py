"""Marketing: what a marketer sees of the scenarios and does with them, each deed with its trace."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

import msgspec

from services.notifier import playbook
from services.notifier.playbook import Wrong
from services.notifier.rehearse import House, rehearse
from services.notifier.scenarios.check import problems
from services.notifier.scenarios.problem import Problem
from services.notifier.scenarios.scenario import Scenario
from services.notifier.store import audit, scenario_numbers, scenarios
from services.notifier.store.audit import Entry
from services.notifier.store.scenario_numbers import Numbers, Person
from services.notifier.store.scenarios import Conflict, Standing
from shared.clock import Now
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction

DAYS = 30


@dataclass(frozen=True, slots=True)
class Listed:
    """A scenario as the list shows it; the numbers are of the last 30 business days."""

    standing: Standing
    numbers: Numbers

    @property
    def scenario(self) -> Scenario:
        return self.standing.scenario

    def told(self, sentence: str) -> dict[str, object]:
        scenario = self.scenario
        return {
            "key": scenario.key,
            "title": scenario.title,
            "about": scenario.about,
            "active": self.standing.active,
            "halted_because": self.standing.halted_because,
            "version": scenario.version,
            "purpose": scenario.purpose,
            "trigger": plain(scenario.trigger),
            "sentence": sentence,
            "steps": [
                {"key": one.key, "ways": one.ways, "delay": one.delay, "only_if": one.only_if}
                for one in scenario.steps
            ],
            "holdout_percent": scenario.holdout_percent,
            "most_per_hour": scenario.most_per_hour,
            "numbers": self.numbers,
        }


class Change(msgspec.Struct, frozen=True):
    """What an import does to one scenario; `version` is the one that it has then."""

    key: str
    title: str
    change: Literal["new", "changed", "same"]
    version: int


class _Overtaken(Exception):
    """Somebody saved one of them meanwhile."""

    def __init__(self, conflict: Conflict) -> None:
        super().__init__("overtaken")
        self.conflict = conflict


@dataclass(frozen=True, slots=True)
class Marketing:
    """`business_now` dates the facts and says since when is counted, `now` (real time) dates the audit."""

    engine: AsyncEngine
    business_now: Now
    now: Now

    async def listed(self) -> list[Listed]:
        """By key."""
        since = self.business_now() - timedelta(days=DAYS)
        async with transaction(self.engine) as connection:
            counted = await scenario_numbers.numbers(connection, since)
            standing = await scenarios.all_(connection)
        return [Listed(one, counted.get(key, Numbers())) for key, one in standing.items()]

    async def find(self, key: str) -> dict[str, object] | None:
        """The newest version in full, and which ones there are."""
        async with transaction(self.engine) as connection:
            one = (await scenarios.all_(connection)).get(key)
            kept = await scenarios.versions(connection, key)
        if one is None:
            return None
        return {
            "scenario": plain(one.scenario),
            "version": one.scenario.version,
            "active": one.active,
            "halted_because": one.halted_because,
            "versions": kept,
        }

    async def version(self, key: str, number: int) -> object | None:
        async with transaction(self.engine) as connection:
            found = await scenarios.version(connection, key, number)
        return None if found is None else plain(found)

    async def scenarios(self, key: str | None = None) -> list[Scenario]:
        """All in their newest version, or the one."""
        async with transaction(self.engine) as connection:
            standing = await scenarios.all_(connection)
        return [one.scenario for name, one in standing.items() if key in (None, name)]

    async def people(self, key: str, step: str | None, most: int) -> list[Person]:
        async with transaction(self.engine) as connection:
            return await scenario_numbers.people(connection, key, step, most)

    async def save(
        self, scenario: Scenario, base_version: int, note: str | None, by: Entry
    ) -> int | Conflict | Wrong:
        """Its new version; nothing is saved over what somebody else has saved meanwhile."""
        async with transaction(self.engine) as connection:
            saved = await playbook.save(connection, scenario, by.who, note, base_version)
            if isinstance(saved, int):
                await self._write_down(connection, by, f"{scenario.key} {saved}")
        return saved

    async def switch(self, key: str, active: bool, by: Entry) -> bool:
        async with transaction(self.engine) as connection:
            done = await playbook.switch(connection, key, active, by.who)
            if done:
                await self._write_down(connection, by, key)
        return done

    async def resume(self, key: str, by: Entry) -> bool:
        async with transaction(self.engine) as connection:
            done = await playbook.resume(connection, key, by.who)
            if done:
                await self._write_down(connection, by, key)
        return done

    async def recall(self, key: str, by: Entry) -> int | None:
        """How many messages will not be sent; None if there is no such scenario."""
        async with transaction(self.engine) as connection:
            if key not in await scenarios.all_(connection):
                return None
            recalled = await playbook.recall(connection, key, self.business_now())
            await self._write_down(connection, by, f"{key} {recalled}")
        return recalled

    async def rehearse(self, key: str, house: House, days: int, by: Entry) -> dict[str, object] | None:
        """Who would have got what over the last days, with some examples by name; None: no such scenario."""
        async with transaction(self.engine) as connection:
            standing = (await scenarios.all_(connection)).get(key)
            if standing is None:
                return None
            found = await rehearse(connection, standing.scenario, house, self.business_now(), days)
            names = await scenario_numbers.names(connection, [one.customer_ref for one in found.examples])
            await self._write_down(connection, by, f"{key} {days}")
        examples = [plain(one) | {"name": names.get(one.customer_ref)} for one in found.examples]
        return plain(found) | {"examples": examples}  # type: ignore[no-any-return]

    async def bring_in(
        self, read: Sequence[Scenario], by: Entry, *, dry: bool
    ) -> list[Change] | Conflict | Wrong:
        """All of them, or none if anything is wrong with one; `dry` only tells what would change."""
        wrong = [_placed(one.key, problem) for one in read for problem in problems(one)]
        if wrong:
            return Wrong(tuple(wrong))
        try:
            async with transaction(self.engine) as connection:
                standing = await scenarios.all_(connection)
                changes = [_change(one, standing.get(one.key)) for one in read]
                if not dry:
                    await self._bring_in(connection, read, changes, by)
        except _Overtaken as overtaken:
            return overtaken.conflict
        return changes

    async def _bring_in(
        self, connection: AsyncConnection, read: Sequence[Scenario], changes: Sequence[Change], by: Entry
    ) -> None:
        """:raises _Overtaken: so that nothing of it is kept."""
        other = [(one, to) for one, to in zip(read, changes, strict=True) if to.change != "same"]
        for one, to in other:
            saved = await scenarios.save(connection, one, by.who, "TOML", to.version - 1)
            if isinstance(saved, Conflict):
                raise _Overtaken(saved)
        await self._write_down(connection, by, " ".join(one.key for one, _ in other))

    async def _write_down(self, connection: AsyncConnection, by: Entry, detail: str) -> None:
        await audit.append(connection, replace(by, detail=detail), self.now())


def _placed(key: str, problem: Problem) -> Problem:
    """Of several scenarios: in which."""
    return msgspec.structs.replace(problem, path=f"{key}: {problem.path}")


def _change(scenario: Scenario, standing: Standing | None) -> Change:
    if standing is None:
        return Change(scenario.key, scenario.title, "new", 1)
    version = standing.scenario.version
    if msgspec.structs.replace(scenario, version=version) == standing.scenario:
        return Change(scenario.key, scenario.title, "same", version)
    return Change(scenario.key, scenario.title, "changed", version + 1)


def plain(value: object) -> Any:
    """For JSON, with sets in order: what is the same is written the same."""
    return msgspec.to_builtins(value, order="deterministic")
