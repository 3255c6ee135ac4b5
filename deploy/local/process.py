"""A child process of the local stack: what to run, and who a process id really belongs to."""

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

# Linux has it; elsewhere ps tells the same.
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Command:
    """One program and how it wants to be run; `account` only makes sense when we are root."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM

    def options(self) -> dict[str, Any]:
        """Arguments for Popen: an own session, so that Ctrl-C in the terminal reaches only the supervisor."""
        options: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
            "env": {**os.environ, **self.env},
        }
        return options | as_account(self.account)


def as_account(account: str | None) -> dict[str, Any]:
    """Arguments for Popen that drop root's rights to those of an account."""
    if account is None:
        return {}
    return {"user": account, "group": _main_group(account), "extra_groups": []}


def _main_group(account: str) -> int:
    import pwd

    return pwd.getpwnam(account).pw_gid


def start(command: Command, output: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command.argv, stdout=output, stderr=output, **command.options())  # noqa: S603 - our own programs


def stop(process: subprocess.Popen[bytes], command: Command, patience: float = 8) -> None:
    """Ask, wait, then kill the whole group."""
    signal_group(process.pid, command.stop_signal)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        signal_group(process.pid, signal.SIGKILL)
        process.wait()


def signal_group(pid: int, number: int) -> bool:
    """Signal the group that `pid` leads; False when it is gone already."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
        return False
    return True


def birth_of(pid: int) -> str | None:
    """When the process began, as the system writes it, or None when there is none: pids are used again."""
    if not _PROC.exists():
        return _ps("lstart", pid)
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


def name_of(pid: int) -> str | None:
    """The program's name, or None when there is no such process."""
    if not _PROC.exists():
        path = _ps("comm", pid)
        return path and Path(path).name
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _ps(column: str, pid: int) -> str | None:
    command = ["ps", "-o", f"{column}=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None  # noqa: S603
