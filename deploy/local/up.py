"""`hikitome up`: the local stack without a simulation, on a data directory that lasts."""

import asyncio
import sys
from pathlib import Path

from deploy.local.accounts import make_shops_file, read_keys
from deploy.local.layout import Layout, Ports
from deploy.local.lock import Lock
from deploy.local.stack import LocalStack


async def run_up(folder: Path, wanted: Ports, stop: asyncio.Event) -> int:
    """Run until `stop`.

    :raises Problem: if the stack can't start or go on.
    """
    with Lock(folder, _say):
        layout = Layout(folder, wanted.chosen(), read_keys(folder))
        if not layout.shops_file.exists():
            make_shops_file(layout.shops_file, "my-shop")
        _say("Starting …")
        async with LocalStack(layout, _say, stop) as stack:
            print(_welcome(layout), flush=True)  # noqa: T201 - what the command is for
            await stack.until_stopped()
            _say("Stopping …")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - for the person at the terminal


def _welcome(layout: Layout) -> str:
    desk = layout.keys.desk
    return f"""
  Desk      {layout.url("desk")}   log in as {desk.login} with {desk.password}
  Webhooks  {layout.url("ingest")}/webhooks/<shop>/<cart>   shops and secrets: {layout.shops_file}
  Mails     {layout.url("mails")}   caught, not delivered
  LINE      {layout.url("line")}   a LINE of our own; batches of post lie in {layout.print_folder}
  Risk      {layout.url("scoring")}/v1/customers/<customer>/risk   bearer token: {layout.data / "keys.json"}
  Metrics   {layout.url("ingest_admin")}/metrics  {layout.url("scoring_admin")}/metrics  \
{layout.url("desk_admin")}/metrics
  Kafka     127.0.0.1:{layout.ports.broker}   PostgreSQL 127.0.0.1:{layout.ports.postgres}
  Data      {layout.data}   logs in {layout.data / "logs"}

  Ctrl-C stops everything.
"""
