"""How fast is ingest? Beside the bare server below it and the usual service of its kind, in one run.

python -m benchmarks.ingest --json
"""

import asyncio
import sys

import click
import msgspec

from benchmarks.ingest.measure import measure
from benchmarks.ingest.report import table


@click.command()
@click.option("--seconds", type=click.FloatRange(0.05), default=3.0, show_default=True, help="Of each turn.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--bootstrap", help="Brokers to use; without it, one is started.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def main(seconds: float, rounds: int, bootstrap: str | None, as_json: bool) -> None:
    """Signed orders to the bare server, to one that also proves and reads them, the usual one and ingest."""
    report = asyncio.run(measure(seconds, rounds, bootstrap, lambda line: click.echo(line, err=True)))
    for line in table(report):
        click.echo(line)
    if as_json:
        click.echo(msgspec.json.encode(report))
    sys.exit(0 if report.check.exact else 1)


if __name__ == "__main__":
    main()
