"""Readings: ingest's own metrics over all its lives, each as it was last seen."""

from collections import defaultdict

_PREFIXES = ("hikitome_ingest_kept", "hikitome_spool", "hikitome_kafka_producer_rebuilds", "process_resident")


class Readings:
    """The newest page of each life, by process id."""

    def __init__(self) -> None:
        self._pages: dict[int, dict[str, float]] = defaultdict(dict)
        self.most_memory = 0.0
        self.most_waiting = 0.0

    def note(self, pid: int, page: str) -> None:
        samples = [line.rsplit(" ", 1) for line in page.splitlines() if line.startswith(_PREFIXES)]
        self._pages[pid] = {name: float(value) for name, value in samples}
        self.most_memory = max(self.most_memory, self._pages[pid].get("process_resident_memory_bytes", 0))
        self.most_waiting = max(self.most_waiting, self.waiting(pid))

    def waiting(self, pid: int) -> float:
        """Records in the spool; infinite before the first look at this life."""
        return self._pages[pid].get("hikitome_spool_records", float("inf"))

    def total(self, name: str) -> float:
        """A counter's value, all its labels and all lives together."""
        return sum(
            value
            for page in self._pages.values()
            for sample, value in page.items()
            if sample.startswith(name)
        )
