"""Does the interval of a scenario's effect hold the true one, and may it be looked at every day?

python -m benchmarks.effect --json
"""

import sys
import time

import click
import msgspec
from rich.console import Console
from rich.progress import Progress

from benchmarks.effect.hillstrom import FILE, Lift, lifts
from benchmarks.effect.measure import LOOKED_AT, Report, measure

LEAST_COVERED = 0.93
MOST_FALSE = 0.05


@click.command()
@click.option("--runs", type=click.IntRange(1), default=100, show_default=True)
@click.option("--watched", type=click.IntRange(1), default=LOOKED_AT, show_default=True)
@click.option(
    "--people", type=click.IntRange(50), default=1_000, show_default=True, help="Whose truth is known."
)
@click.option("--hillstrom", is_flag=True, help="Only the published experiment.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def main(runs: int, watched: int, people: int, hillstrom: bool, as_json: bool) -> None:
    """Hold our estimate to a shop whose truth is known, and to an experiment that was published."""
    began = time.monotonic()
    found = lifts()
    click.echo("\n".join(map(_lift, found)) if found else f"not there, skipped: {FILE.name}", err=True)
    report = None if hillstrom else _measured(runs, watched, people)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        told = {} if report is None else msgspec.to_builtins(report)
        same = None if found is None else all(one.same for one in found)
        click.echo(msgspec.json.encode({**told, "hillstrom": same, "lifts": found, "seconds": seconds}))
    good = report is None or _holds(report)
    sys.exit(0 if good and all(one.same for one in found or ()) else 1)


def _measured(runs: int, watched: int, people: int) -> Report:
    with Progress(console=Console(stderr=True)) as bars:
        tasks = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done)

        report = measure(runs, watched, people, tell)
    click.echo(_sentence(report))
    return report


def _holds(report: Report) -> bool:
    least = LEAST_COVERED * report.runs
    return min(report.covered, report.profit_covered) >= least and report.false_alarms <= MOST_FALSE


def _sentence(report: Report) -> str:
    return (
        f"covered {report.covered} of {report.runs} (profit {report.profit_covered}); the true effect is"
        f" {report.true_effect:+.1%}, {report.true_profit:+,.0f} yen each; looked at daily for a year without"
        f" an effect {report.false_alarms:.1%} are called one (plain intervals"
        f" {report.false_alarms_plain:.0%}), with it {report.found:.0%}, half by day {report.days_to_say}"
    )


def _lift(one: Lift) -> str:
    sign = "=" if one.same else "≠"
    return f"{one.mail}, {one.outcome}: {one.found:+.6f} {sign} published {one.published:+.6f}"


if __name__ == "__main__":
    main()
