"""Apache Kafka for tests: one KRaft node on loopback that can be killed, frozen and started again."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from deploy.local.ports import LOOPBACK, free_port, listens
from deploy.local.process import Command, signal_group, start, stop
from shared.kafka.provision import NotProvisioned, provision
from shared.process.settings import CommonSettings

HERE = Path(__file__).parent
POM = HERE / "pom.xml"
CLASS_PATH = HERE / "target" / "classpath"

CLUSTER = "aGlraXRvbWUta2Fma2EwMQ"
# Small, and quick to start: nothing here runs long enough to profit from the better compiler.
JVM = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"


def missing_programs() -> list[str]:
    return [program for program in ("java", "mvn") if shutil.which(program) is None]


def class_path() -> str:
    """Kafka's jars, fetched by Maven; the answer is kept for as long as it is true."""
    if not _still_true(CLASS_PATH):
        goal = ("dependency:build-classpath", f"-Dmdep.outputFile={CLASS_PATH}")
        made = subprocess.run(
            ["mvn", "-q", "-B", "-f", POM, *goal], capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, f"Maven could not bring Apache Kafka: {made.stdout[-2000:]}"
    return CLASS_PATH.read_text()


def _still_true(kept: Path) -> bool:
    if not kept.exists() or kept.stat().st_mtime < POM.stat().st_mtime:
        return False
    return all(Path(jar).exists() for jar in kept.read_text().split(os.pathsep))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node lives: its folders and its two ports stay the same over restarts."""

    folder: Path
    data: Path
    port: int
    controller_port: int
    node: int = 1

    @property
    def properties(self) -> Path:
        return self.folder / "server.properties"

    def describe(self) -> str:
        listener, controller = f"PLAINTEXT://{LOOPBACK}:{self.port}", f"{LOOPBACK}:{self.controller_port}"
        first = self.node == 1
        properties = {
            "process.roles": "broker,controller" if first else "broker",
            "node.id": self.node,
            "controller.quorum.voters": f"1@{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"{listener},CONTROLLER://{controller}" if first else listener,
            "advertised.listeners": listener,
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": self.data,
            "auto.create.topics.enable": "false",
            "message.max.bytes": 2 * 1024 * 1024,
            # One node can keep only one replica of its own topics.
            "offsets.topic.num.partitions": 1,
            "offsets.topic.replication.factor": 1,
            # Tests want to see dead members noticed and groups formed within seconds.
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            # After a kill -9 the node may register again only when its earlier life is over by this clock.
            "broker.session.timeout.ms": 2000,
            "broker.heartbeat.interval.ms": 500,
            # The cleaner takes 128 MiB otherwise.
            "log.cleaner.dedupe.buffer.size": 4 * 1024 * 1024,
        }
        return "".join(f"{name}={value}\n" for name, value in properties.items())


class Kafka(AbstractContextManager["Kafka"]):
    """One node; a context manager that leaves no process behind. Its data may lie on a disk of its own."""

    def __init__(self, folder: Path, jars: str, data: Path | None = None) -> None:
        self._place = Place(folder, data or folder / "data", free_port(), free_port())
        self._java = ("java", *JVM, QUIET, "-cp", jars)
        self._log = folder / "kafka.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen = False
        self.bootstrap = f"{LOOPBACK}:{self._place.port}"

    def second(self, folder: Path) -> "Kafka":
        """Another broker of the same cluster, which has number 2."""
        other = Kafka(folder, "")
        other._java = self._java
        other._place = replace(other._place, controller_port=self._place.controller_port, node=2)
        return other

    def __enter__(self) -> Self:
        self._place.properties.write_text(self._place.describe())
        format_storage = ("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", self._place.properties)
        subprocess.run([*self._java, *format_storage], check=True, capture_output=True)
        self.restart()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def terminate(self) -> None:
        """As an operator would end it: it hands everything over and closes its files."""
        if self._process is not None:
            signal_group(self._process.pid, signal.SIGTERM)
            self._process.wait(60)
            self._process = None

    def ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def kill(self) -> None:
        """As a power cut would end it, but for what the system itself has not yet written to disk."""
        if self._process is not None:
            stop(self._process, self._command())
            self._process = None
            self._frozen = False

    def restart(self) -> None:
        """Start the dead node where it died, and wait until it answers."""
        assert self._process is None, "it still runs"
        with self._log.open("ab") as log:
            self._process = start(self._command(), log)
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, f"Kafka ended at once: {self._log.read_text()[-3000:]}"
            assert time.monotonic() < deadline, f"Kafka does not answer: {self._log.read_text()[-3000:]}"
            time.sleep(0.1)

    def pause(self) -> None:
        """Neither dead nor alive: connections stay open, and nobody answers."""
        process = self._signal(signal.SIGSTOP)
        # Its threads stop one after the other; the system tells when the last one has.
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        self._frozen = True

    def resume(self) -> None:
        self._signal(signal.SIGCONT)
        self._frozen = False

    def heal(self) -> None:
        """Up and answering again, whatever was done to it; waking it would leave it confused for a while."""
        if self._process is not None and self._frozen:
            self.kill()
        if self._process is None:
            self.restart()

    def _signal(self, number: int) -> subprocess.Popen[bytes]:
        assert self._process is not None, "it does not run"
        assert signal_group(self._process.pid, number)
        return self._process

    def _command(self) -> Command:
        argv = (*self._java, "kafka.Kafka", str(self._place.properties))
        return Command("kafka", argv, stop_signal=signal.SIGKILL)

    def _answers(self) -> bool:
        if not listens(self._place.port):
            return False
        try:
            asyncio.run(provision(CommonSettings(kafka_bootstrap=self.bootstrap), [], patience=5))
        except NotProvisioned:
            return False
        return True
