"""The demo's screen: first alerts as lines, and below them how far the run is."""

from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deploy.local.watch import Told

_BANDS = {"critical": ("最高", "bold white on red"), "high": ("高", "bold black on yellow")}
FIRST_ALERTS = 12
FIRST_OF_A_KIND = 3
_REASONS = 2


class Screen:
    """A context manager; on anything but a terminal it only prints lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: Counter[str] = Counter()
        self._live = Live(console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def say(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)

    def progress(self, cells: Iterable[tuple[str, str]]) -> None:
        line = Text("  ").join(Text.assemble((f"{label} ", "dim"), (value, "bold")) for label, value in cells)
        self._live.update(line)

    def alert(self, told: Told) -> None:
        """The first ones as they come, of each kind a few; the desk shows them all."""
        kind = told.reasons[0].code if told.reasons else ""
        if self._shown.total() == FIRST_ALERTS or self._shown[kind] == FIRST_OF_A_KIND:
            return
        self._shown[kind] += 1
        self._console.print(alert_line(told), no_wrap=True, overflow="ellipsis")
        if self._shown.total() == FIRST_ALERTS:
            self.say("… more on the desk.")

    def summary(self, lines: Iterable[tuple[str, str]]) -> None:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim")
        table.add_column(style="bold")
        for label, value in lines:
            table.add_row(label, value)
        self._console.print(table)


def alert_line(told: Told) -> Text:
    """One alert on one line, without anything personal: the customer by the cart's id alone."""
    band, style = _BANDS.get(told.band, (told.band, ""))
    reasons = " / ".join(reason.text for reason in told.reasons[:_REASONS])
    return Text.assemble(
        (f" {band} ", style),
        f" {told.probability:4.0%}  ",
        (f"顧客 {told.customer_ref.rpartition('/')[2]}  ", "cyan"),
        reasons,
    )
