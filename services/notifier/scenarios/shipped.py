"""The scenarios that come with Hikitome, as they are before a shop has changed anything."""

from collections.abc import Mapping
from pathlib import Path

from services.notifier.scenarios.file import read
from services.notifier.scenarios.scenario import Scenario

_FOLDER = Path(__file__).parent / "shipped"


def _all() -> dict[str, Scenario]:
    texts = (path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.toml")))
    return {one.key: one for text in texts for one in read(text)}


SHIPPED: Mapping[str, Scenario] = _all()
