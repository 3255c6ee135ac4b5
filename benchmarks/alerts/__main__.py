"""Does every dashboard get every alert once, and how soon? With a replica killed on the way.

python -m benchmarks.alerts --json
"""

import asyncio
import sys

import click
import msgspec

from benchmarks.alerts.measure import Report, measure


@click.command()
@click.option("--dashboards", type=click.IntRange(2), default=200, show_default=True)
@click.option("--rate", type=click.FloatRange(0.1), default=50.0, show_default=True, help="Alerts a second.")
@click.option("--seconds", type=click.FloatRange(2), default=60.0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def main(dashboards: int, rate: float, seconds: float, as_json: bool) -> None:
    """Open dashboards on two replicas, raise alerts, kill a replica, and see what each dashboard was told."""
    report = asyncio.run(measure(dashboards, rate, seconds, lambda line: click.echo(line, err=True)))
    click.echo(_sentence(report))
    if as_json:
        click.echo(msgspec.json.encode(report))
    sys.exit(0 if report.missed == report.doubled == 0 else 1)


def _sentence(report: Report) -> str:
    return (
        f"{report.alerts:,} alerts to {report.dashboards} dashboards: missed {report.missed},"
        f" doubled {report.doubled}; half within {report.p50_ms} ms, 99 % within {report.p99_ms} ms"
        f" ({report.p99_undisturbed_ms} ms where no connection broke)"
    )


if __name__ == "__main__":
    main()
