"""Render: the pages' templates, escaped by default."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(page: str, **values: object) -> str:
    return _pages.get_template(page).render(**values)
