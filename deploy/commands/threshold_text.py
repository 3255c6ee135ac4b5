"""How `hikitome simulate-threshold` shows two sets of bands side by side."""

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table

from services.scoring.replay.days import Days
from services.scoring.replay.effect import Effect, KindEffect
from services.scoring.replay.examples import Example

BAR_WIDTH = 24

Cell = Callable[[Effect], str]


def show(
    console: Console, version: str, days: Days, effects: Sequence[Effect], examples: Sequence[Example]
) -> None:
    """`effects` are of the bands in force and of the new ones."""
    now = effects[0]
    first, last = days.moments[-len(now.by_day)], days.moments[-1]
    title = f"Model {version}, {len(days.refs)} customers, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    console.print(_compared(title, effects))
    console.print(_bands(effects))
    console.print(_by_day(days, effects))
    for example in examples:
        console.print(_example(example), soft_wrap=True)


def _compared(title: str, effects: Sequence[Effect]) -> Table:
    table = Table("", "now", "new", title=title, title_justify="left")
    for name, cell in _ROWS:
        table.add_row(name, *(cell(each) for each in effects))
    for kind in effects[0].by_kind:
        table.add_row(f"{kind}: alerts, precision", *(_of_kind(each.by_kind[kind]) for each in effects))
    return table


_ROWS: tuple[tuple[str, Cell], ...] = (
    ("alerts per day", lambda it: f"{it.per_day:.1f}"),
    ("alerts on the busiest day", lambda it: str(it.busiest)),
    ("alerts in all", lambda it: str(sum(it.by_day))),
    ("of these critical", lambda it: str(it.critical)),
    ("open at the end", lambda it: str(it.open_at_end)),
    ("value at risk of the alerted", lambda it: f"¥{it.value:,}"),
    ("alerted, then left (precision)", lambda it: f"{_percent(it.precision)} of {it.ripe}"),
    ("left, alerted before (recall)", lambda it: f"{_percent(it.recall)} of {it.leavers}"),
    ("days from alert to leaving", lambda it: "–" if it.lead_days is None else f"{it.lead_days:.0f}"),
)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _bands(effects: Sequence[Effect]) -> Table:
    """The thresholds, and how many customers they would put into each band on the last day."""
    table = Table("band", "from (now)", "customers", "from (new)", "customers")
    for kind in effects[0].bands:
        for name in ("critical", "high", "medium", "low"):
            cells = [
                cell
                for each in effects
                for cell in (_from(each, kind, name), str(each.population[kind][name]))
            ]
            table.add_row(f"{kind} {name}", *cells)
    return table


def _from(effect: Effect, kind: str, name: str) -> str:
    bands = next(bands for each, bands in effect.bands.items() if each == kind)
    return "" if name == "low" else f"{getattr(bands, name):.3f}"


def _by_day(days: Days, effects: Sequence[Effect]) -> Table:
    counted, most = len(effects[0].by_day), max(each.busiest for each in effects) or 1
    table = Table("day", "now", "", "new", "", box=None)
    for number, moment in enumerate(days.moments[-counted:]):
        counts = [each.by_day[number] for each in effects]
        bars = ["█" * round(count / most * BAR_WIDTH) for count in counts]
        table.add_row(f"{moment:%m-%d}", str(counts[0]), bars[0], str(counts[1]), bars[1])
    return table


def _of_kind(it: KindEffect) -> str:
    return f"{it.alerts}, {_percent(it.precision)} of {it.ripe}"


def _example(it: Example) -> str:
    words = {"new": "Would be told of", "gone": "No longer told of"}
    why = "、".join(it.reasons)
    what = f"{it.kind} {it.probability:.0%}, ¥{it.value:,}  {why}"
    return f"{words[it.change]}: {it.customer} on {it.date}, {what}"
