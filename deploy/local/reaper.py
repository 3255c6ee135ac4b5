"""The reaper: a child that outlives a supervisor killed with -9, just long enough to end its other children.

Its standard input is a pipe that only the supervisor can write to: when it ends, so has the supervisor. That
works on every system, and also where the parent-death signal of Linux does not (a change of account ends it).
"""

import subprocess
import sys
from pathlib import Path

from deploy.local.leftovers import end_noted


def watch_over(children: Path) -> subprocess.Popen[bytes]:
    """Start the reaper of this process; close its standard input when it is no longer needed."""
    return subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "deploy.local.reaper", str(children)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def dismiss(reaper: subprocess.Popen[bytes]) -> None:
    if reaper.stdin is not None:
        reaper.stdin.close()
    reaper.wait()


if __name__ == "__main__":
    sys.stdin.read()
    end_noted(Path(sys.argv[1]))
