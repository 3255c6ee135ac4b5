"""Keycloak for tests: a real OpenID provider on loopback, with one realm, and people in groups."""

import shutil
import signal
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

import httpx

from deploy.local.ports import LOOPBACK, free_port
from deploy.local.process import Command, start, stop

HERE = Path(__file__).parent
POM = HERE / "pom.xml"
TARGET = HERE / "target"
REALM = HERE / "realm.json"
# Nothing here runs long enough to profit from the better compiler.
JVM = "-Xms64m -Xmx512m -XX:TieredStopAtLevel=1"
PATIENCE = 180


def missing_programs() -> list[str]:
    return [program for program in ("java", "mvn", "bash") if shutil.which(program) is None]


def home() -> Path:
    """Where Keycloak lies, fetched and unpacked by Maven unless it lies there already."""
    found = _unpacked()
    if found is None or found.stat().st_mtime < POM.stat().st_mtime:
        shutil.rmtree(TARGET, ignore_errors=True)
        goal = ("dependency:unpack-dependencies", f"-DoutputDirectory={TARGET}")
        made = subprocess.run(
            ["mvn", "-q", "-B", "-f", POM, *goal], capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, f"Maven could not bring Keycloak: {made.stdout[-2000:]}"
        found = _unpacked()
    assert found is not None, "Maven brought no Keycloak"
    found.touch()
    return found


def _unpacked() -> Path | None:
    return next((path for path in TARGET.glob("keycloak-*") if (path / "bin" / "kc.sh").exists()), None)


class Keycloak(AbstractContextManager["Keycloak"]):
    """A provider that forgets everything when it ends; a context manager that leaves no process behind."""

    def __init__(self, folder: Path, home: Path) -> None:
        port = free_port()
        script, log = home / "bin" / "kc.sh", folder / "keycloak.log"
        argv = ("bash", str(script), "start-dev", "--db=dev-mem", "--cache=local", "--import-realm")
        where = (f"--http-host={LOOPBACK}", f"--http-port={port}")
        self._command = Command("keycloak", (*argv, *where), {"JAVA_OPTS": JVM}, stop_signal=signal.SIGKILL)
        self._home, self._log = home, log
        self._process: subprocess.Popen[bytes] | None = None
        self.issuer = f"http://{LOOPBACK}:{port}/realms/midori"

    def __enter__(self) -> Self:
        imported = self._home / "data" / "import"
        imported.mkdir(parents=True, exist_ok=True)
        shutil.copy(REALM, imported / REALM.name)
        with self._log.open("wb") as log:
            self._process = start(self._command, log)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, f"Keycloak ended at once: {self._log.read_text()[-3000:]}"
            assert time.monotonic() < deadline, f"Keycloak does not answer: {self._log.read_text()[-3000:]}"
            time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            stop(self._process, self._command)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.issuer}/.well-known/openid-configuration", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False
