"""A print house for trials: takes batches out of a folder, checks them, prints nothing, and writes receipts.

It keeps the contract of docs/post.md: what has no manifest is not there yet, and a piece is printed once.
"""

import asyncio
import csv
import hashlib
import io
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import structlog

from shared.process import logs
from shared.process.run import pause, run, start

log = structlog.get_logger(__name__)

_MANIFEST, _RECEIPT = ".manifest.json", ".receipt.json"
_ACTION = "処理番号"


@dataclass
class PrintHouse:
    """`log` has a line of JSON for every piece ever accepted; `silent` takes batches and writes no receipt.

    `loses` pieces of each batch are said to be spoiled. What went wrong stands in `complaints`.
    """

    folder: Path
    log: Path
    silent: bool = False
    loses: int = 0
    complaints: list[str] = field(default_factory=list)

    def accepted(self) -> list[dict[str, str]]:
        """Every line of the log: {batch, action}."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def look(self) -> int:
        """Take what is whole and new; how many batches that were."""
        manifests = sorted(self.folder.glob(f"*{_MANIFEST}"))
        found = [path for path in manifests if not self._receipt(path).exists()]
        taken = {line["batch"] for line in self.accepted()} if self.silent else set()
        return sum(self._take(path) for path in found if path.name.removesuffix(_MANIFEST) not in taken)

    def _receipt(self, manifest: Path) -> Path:
        return manifest.with_name(manifest.name.removesuffix(_MANIFEST) + _RECEIPT)

    def _take(self, path: Path) -> bool:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if not self._whole(manifest):
            return False
        batch, actions = manifest["batch"], self._actions(manifest)
        if len(actions) != manifest["count"]:
            self._complain(f"{batch}: {len(actions)} pieces instead of {manifest['count']}")
            return False
        rejected = self._reject(batch, actions)
        spoiled = {one["action"] for one in rejected}
        self._print(batch, [action for action in actions if action not in spoiled])
        if not self.silent:
            kept = [action for action in actions if action not in spoiled]
            self._write(self._receipt(path), {"batch": batch, "accepted": kept, "rejected": rejected})
        return True

    def _whole(self, manifest: dict[str, Any]) -> bool:
        """Every file is there, as long and with the contents that the manifest says."""
        for file in manifest["files"]:
            path = self.folder / file["name"]
            content = path.read_bytes() if path.exists() else b""
            if hashlib.sha256(content).hexdigest() != file["sha256"] or len(content) != file["bytes"]:
                self._complain(f"{file['name']}: not what the manifest says")
                return False
        return True

    def _actions(self, manifest: dict[str, Any]) -> list[str]:
        name = next(file["name"] for file in manifest["files"] if file["name"].endswith(".csv"))
        text = (self.folder / name).read_text(encoding="utf-8-sig")
        return [row[_ACTION] for row in csv.DictReader(io.StringIO(text, newline=""))]

    def _reject(self, batch: str, actions: list[str]) -> list[dict[str, str]]:
        """What was printed for another batch, what stands twice in this one, and what is spoiled."""
        before = {line["action"] for line in self.accepted() if line["batch"] != batch}
        twice = {action for action in actions if actions.count(action) > 1}
        for action in sorted(set(actions) & (before | twice)):
            self._complain(f"{batch}: {action} was printed before")
        spoiled = actions[: self.loses]
        return [
            {"action": action, "reason": "duplicate" if action in before | twice else "spoiled"}
            for action in dict.fromkeys(actions)
            if action in before | twice or action in spoiled
        ]

    def _print(self, batch: str, actions: list[str]) -> None:
        known = {line["action"] for line in self.accepted()}
        with self.log.open("a", encoding="utf-8") as out:
            for action in actions:
                if action not in known:
                    out.write(json.dumps({"batch": batch, "action": action}) + "\n")

    def _write(self, path: Path, receipt: dict[str, Any]) -> None:
        part = path.with_name(f"{path.name}.part")
        part.write_text(json.dumps(receipt, ensure_ascii=False) + "\n", encoding="utf-8")
        part.rename(path)

    def _complain(self, what: str) -> None:
        if what not in self.complaints:
            self.complaints.append(what)
            log.error("the print house complains", what=what)


async def work(houses: list[PrintHouse], every: float) -> int:
    async def looking(stop: asyncio.Event) -> None:
        while not stop.is_set():
            for house in houses:
                taken = await asyncio.to_thread(house.look)
                if taken:
                    log.info("batches taken", count=taken, folder=str(house.folder))
            await pause(stop, every)

    return await run(("printing", looking))


@click.command()
@click.option(
    "--folder",
    "folders",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where batches are laid; may be given several times (print house, warehouse).",
)
@click.option("--every", default=1.0, show_default=True, help="Seconds between two looks.")
@click.option("--silent", is_flag=True, help="Write no receipts.")
@click.option("--loses", default=0, show_default=True, help="Pieces of each batch that are spoiled.")
def main(folders: tuple[Path, ...], every: float, silent: bool, loses: int) -> None:
    """Take batches out of folders as a print house would; each folder keeps its log in `accepted.jsonl`."""
    logs.configure("print-house", "info")
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    houses = [PrintHouse(folder, folder / "accepted.jsonl", silent, loses) for folder in folders]
    sys.exit(start(work(houses, every)))


if __name__ == "__main__":
    main()
