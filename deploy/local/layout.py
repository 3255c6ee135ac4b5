"""Where everything of the local stack is: the data directory, the ports, and each process's environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path

from deploy.local.accounts import Keys
from deploy.local.ports import LOOPBACK, free_ports, must_be_free
from shared.clock import FastClock

DATABASE = "hikitome"
OFFERS = Path(__file__).parent / "offers.toml"


@dataclass(frozen=True, slots=True)
class Ports:
    """One port for each thing that listens; 0 means any free one."""

    ingest: int = 8701
    scoring: int = 8702
    desk: int = 8703
    mails: int = 8704
    line: int = 8705
    ingest_admin: int = 8711
    scoring_admin: int = 8712
    desk_admin: int = 8713
    smtp: int = 8725
    postgres: int = 8732
    broker: int = 8792

    def chosen(self) -> "Ports":
        """The same with free ports instead of zeros.

        :raises Problem: if one is busy.
        """
        for name, port in self.items():
            if port != 0:
                must_be_free(port, name, option(name))
        free = iter(free_ports(len(self.items())))
        return Ports(**{name: port or next(free) for name, port in self.items()})

    def items(self) -> list[tuple[str, int]]:
        return [(port.name, getattr(self, port.name)) for port in fields(self)]

    def with_wanted(self, wanted: Mapping[str, int | None]) -> "Ports":
        return replace(self, **{name: port for name, port in wanted.items() if port is not None})


ANY_FREE = Ports(**{port.name: 0 for port in fields(Ports)})


def option(name: str) -> str:
    """The command line's option for a port."""
    return f"--{name.replace('_', '-')}-port"


@dataclass(frozen=True, slots=True)
class Layout:
    """`extra` is added to each service's environment (what a demo wants otherwise than the defaults).

    `durable` False lets PostgreSQL skip fsync: fine for kill -9, not for a power cut.
    """

    data: Path
    ports: Ports
    keys: Keys
    clock: FastClock | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    durable: bool = True

    @property
    def shops_file(self) -> Path:
        return self.data / "shops.toml"

    @property
    def spool_file(self) -> Path:
        return self.data / "spool.sqlite"

    @property
    def mails_file(self) -> Path:
        return self.data / "mails.db"

    @property
    def line_file(self) -> Path:
        return self.data / "line.db"

    @property
    def print_folder(self) -> Path:
        """Where the print house takes batches."""
        return self.data / "print"

    @property
    def insert_folder(self) -> Path:
        """Where the warehouse takes packing instructions."""
        return self.data / "inserts"

    def url(self, port: str) -> str:
        return f"http://{LOOPBACK}:{getattr(self.ports, port)}"

    def environment(self, service: str, dsn: str) -> dict[str, str]:
        """Everything a service is told; it is the same program as anywhere else."""
        own = "desk" if service == "notifier" else service
        return {
            "HIKITOME_HOST": LOOPBACK,
            "HIKITOME_PORT": str(getattr(self.ports, own)),
            "HIKITOME_ADMIN_HOST": LOOPBACK,
            "HIKITOME_ADMIN_PORT": str(getattr(self.ports, f"{own}_admin")),
            "HIKITOME_POSTGRES_DSN": dsn,
            "HIKITOME_KAFKA_BOOTSTRAP": f"{LOOPBACK}:{self.ports.broker}",
            "HIKITOME_KAFKA_IDEMPOTENT": "false",  # Tansu knows no idempotent producer
            "HIKITOME_KAFKA_SESSION_TIMEOUT_MS": "4000",  # a join takes Tansu half of it
            "HIKITOME_KAFKA_FETCH_MAX_WAIT_MS": "10",  # nor does it wake a waiting fetch when data arrives
            **(_clock(self.clock) if self.clock else {}),
            **_OWN[service](self),
            **self.extra,
        }


def _clock(clock: FastClock) -> dict[str, str]:
    return {
        "HIKITOME_CLOCK_ORIGIN": clock.origin.isoformat(),
        "HIKITOME_CLOCK_STARTED": clock.started.isoformat(),
        "HIKITOME_CLOCK_SPEED": repr(clock.speed),
        "HIKITOME_CLOCK_SPRINT_DAYS": repr(clock.sprint / timedelta(days=1)),
        "HIKITOME_CLOCK_SPRINT_SPEED": repr(clock.sprint_speed),
    }


def _ingest(layout: Layout) -> dict[str, str]:
    return {
        "HIKITOME_SHOPS_FILE": str(layout.shops_file),
        "HIKITOME_SPOOL_FILE": str(layout.spool_file),
        "HIKITOME_OPENAPI": "true",  # nobody but us can ask here
    }


def _notifier(layout: Layout) -> dict[str, str]:
    return {
        "HIKITOME_SMTP_HOST": LOOPBACK,
        "HIKITOME_SMTP_PORT": str(layout.ports.smtp),
        "HIKITOME_MAILS_URL": layout.url("mails"),
        "HIKITOME_LINE_API_URL": layout.url("line"),
        "HIKITOME_LINE_ACCESS_TOKEN": layout.keys.line_token,
        "HIKITOME_LINE_CHANNEL_SECRET": layout.keys.line_secret,
        "HIKITOME_PRINT_FOLDER": str(layout.print_folder),
        "HIKITOME_INSERT_FOLDER": str(layout.insert_folder),
        "HIKITOME_PUBLIC_URL": layout.url("desk"),
        "HIKITOME_DESK_AGENTS": layout.keys.desk.as_setting(),
        "HIKITOME_UNSUBSCRIBE_SECRETS": json.dumps([layout.keys.unsubscribe]),
        "HIKITOME_OFFERS_FILE": str(OFFERS),
        "HIKITOME_STATUS_SOURCES": json.dumps(_metrics(layout)),
    }


def _metrics(layout: Layout) -> dict[str, str]:
    ports = {"ingest": "ingest_admin", "scoring": "scoring_admin", "notifier": "desk_admin"}
    return {service: f"{layout.url(port)}/metrics" for service, port in ports.items()}


def _scoring(layout: Layout) -> dict[str, str]:
    return {
        "HIKITOME_API_TOKEN": layout.keys.risk_api_token,
        "HIKITOME_SWEEP_SECONDS": "0.5",  # business time may run a day a second
    }


_OWN = {"ingest": _ingest, "scoring": _scoring, "notifier": _notifier}
