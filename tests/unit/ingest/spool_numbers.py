"""A process that spools numbers and says what became of each; tests kill it, or spoil its disk.

`python spool_numbers.py FILE FIRST COUNT`
"""

import asyncio
import sys
from pathlib import Path

from services.ingest.spool import Spool, SpoolLimits
from services.ingest.spool_file import SpoolFile
from shared.events.record import Record


async def spool_numbers(path: Path, first: int, count: int) -> None:
    async with Spool(SpoolFile.open(path), SpoolLimits(bytes=10**9, hours=24)) as spool:
        for number in range(first, first + count):
            record = Record("customer-events", b"a", b"%d " % number + b"." * 20_000)
            outcome = await spool.append([record])
            sys.stdout.write(f"{number} {type(outcome).__name__}\n")
            sys.stdout.flush()


asyncio.run(spool_numbers(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
