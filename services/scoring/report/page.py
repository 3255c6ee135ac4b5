"""The page: chapters, their figures and their sentences in one HTML file that needs nothing else."""

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.scoring.features.days import TOKYO
from services.scoring.report import figures, words
from services.scoring.report.chapter import Chapter, chapter
from services.scoring.report.summary import headline, sentences, warnings
from services.scoring.training.train import TrainingResult

FOLDER = Path(__file__).parent


def write(result: TrainingResult, path: Path) -> None:
    """Write the report of a training; it replaces a file that is there."""
    path.write_text(page(result), encoding="utf-8")


def page(result: TrainingResult) -> str:
    """The report as an HTML document."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = _day
    environment.filters["moment"] = _moment
    body, models = result.artifact.body, result.artifact.models
    chapters = [
        chapter(kind, body.kinds[kind], models[kind], learned) for kind, learned in result.learned.items()
    ]
    return environment.get_template("report.html").render(
        result=result,
        manifest=body.manifest,
        chapters=[_told(each) for each in chapters],
        unlearned=[kind for kind in body.kinds if kind not in result.learned],
        words=words,
    )


def _told(shown: Chapter) -> dict[str, Any]:
    return {
        "chapter": shown,
        "headline": headline(shown),
        "sentences": sentences(shown),
        "warnings": warnings(shown),
        "figures": _figures(shown),
        "effects": [(each, figures.effect(f"{shown.kind}-{each.name}", each)) for each in shown.effects],
    }


def _figures(shown: Chapter) -> dict[str, Any]:
    kind = shown.kind
    return {
        "roc": figures.roc(f"{kind}-roc", shown.roc),
        "precision_recall": figures.precision_recall(
            f"{kind}-pr", shown.precision_recall, shown.metrics["base_rate"]
        ),
        "calibration": figures.calibration(f"{kind}-calibration", shown.calibration),
        "gains": figures.gains(f"{kind}-gains", shown.gains),
        "lifts": figures.lifts(f"{kind}-lifts", shown.lifts),
        "months": figures.months(f"{kind}-months", shown.months.segments),
    }


def _day(moment: datetime) -> str:
    local = moment.astimezone(TOKYO)
    return f"{local.year}年{local.month}月{local.day}日"


def _moment(moment: datetime) -> str:
    return f"{_day(moment)} {moment.astimezone(TOKYO):%H:%M}"
