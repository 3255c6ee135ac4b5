"""Figures: matplotlib draws; colours and letters come from the page, and follow its light and dark."""

import re
import warnings
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.typing import RcKeyType

from services.scoring.report.effects import Effect
from services.scoring.report.quality import Bin, Curve
from services.scoring.report.segments import Segment

# Stand-ins that the page's variables take the place of.
INK, MUTED, MODEL, OTHER, GRID, SOFT = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
_VARIABLES = {INK: "ink", MUTED: "muted", MODEL: "model", OTHER: "other", GRID: "grid", SOFT: "soft"}

_STYLE: dict[RcKeyType, Any] = {
    "svg.fonttype": "none",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}
_FULL, _SMALL = (4.2, 3.0), (3.1, 1.9)
_EDGES = {
    _FULL: {"left": 0.12, "right": 0.95, "top": 0.91, "bottom": 0.15},
    _SMALL: {"left": 0.15, "right": 0.97, "top": 0.95, "bottom": 0.13},
}
_PERCENT = FuncFormatter(lambda share, _: f"{share:.0%}")
_FINE_PERCENT = FuncFormatter(lambda share, _: f"{100 * share:.3g}%")
_SIGNED = FuncFormatter(lambda value, _: f"{value:+.2g}" if abs(value) > 1e-9 else "0")


def roc(name: str, curve: Curve) -> Markup:
    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=OTHER, linewidth=1, linestyle=(0, (4, 3)))
        axes.fill_between(curve.x, curve.y, color=SOFT, linewidth=0)
        axes.plot(curve.x, curve.y, color=MODEL, linewidth=2)
        _unit_square(axes, "残る方を誤って挙げた割合", "去る方を挙げられた割合")

    return _svg(name, draw)


def precision_recall(name: str, curve: Curve, base_rate: float) -> Markup:
    def draw(axes: Axes) -> None:
        axes.axhline(base_rate, color=OTHER, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(curve.x, curve.y, color=MODEL, linewidth=2)
        _unit_square(axes, "去る方を挙げられた割合（再現率）", "挙げた方が実際に去る割合（適合率）")

    return _svg(name, draw)


def gains(name: str, curve: Curve) -> Markup:
    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=OTHER, linewidth=1, linestyle=(0, (4, 3)))
        axes.fill_between(curve.x, curve.y, curve.x, color=SOFT, linewidth=0)
        axes.plot(curve.x, curve.y, color=MODEL, linewidth=2)
        _unit_square(axes, "リスクの高い順に見たお客様の割合", "見つかる去る方の割合")

    return _svg(name, draw)


def lifts(name: str, values: Sequence[float]) -> Markup:
    def draw(axes: Axes) -> None:
        axes.bar(range(1, len(values) + 1), values, color=MODEL, width=0.72)
        axes.axhline(1, color=OTHER, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_xticks(range(1, len(values) + 1))
        axes.grid(visible=False, axis="x")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}倍"))
        _named(axes, "リスクの高い順の10等分（1が最も高い）", "平均に対する倍率")

    return _svg(name, draw)


def calibration(name: str, bins: Sequence[Bin]) -> Markup:
    def draw(axes: Axes) -> None:
        most = min(1.0, 1.08 * max(max(each.high for each in bins), bins[-1].predicted))
        predicted, actual = [each.predicted for each in bins], [each.actual for each in bins]
        reach = [[each.actual - each.low for each in bins], [each.high - each.actual for each in bins]]
        axes.plot([0, most], [0, most], color=OTHER, linewidth=1, linestyle=(0, (4, 3)))
        axes.errorbar(predicted, actual, yerr=reach, fmt="o", color=MODEL, markersize=4, elinewidth=1.2)
        axes.set_xlim(0, most)
        axes.set_ylim(0, most)
        axes.xaxis.set_major_formatter(_PERCENT)
        axes.yaxis.set_major_formatter(_PERCENT)
        _named(axes, "予測した確率", "実際に去った割合")

    return _svg(name, draw)


def months(name: str, segments: Sequence[Segment]) -> Markup:
    def draw(axes: Axes) -> None:
        places = range(len(segments))
        axes.plot(
            places,
            [each.base_rate for each in segments],
            color=INK,
            linewidth=1.4,
            marker="o",
            markersize=3.5,
        )
        axes.plot(places, [each.predicted for each in segments], color=MODEL, linewidth=2)
        shown = [place for place in places if place % max(1, -(-len(segments) // 7)) == 0]
        axes.set_xticks(shown, [segments[place].name[2:].replace("-", "/") for place in shown])
        axes.set_ylim(0, 1.15 * max(max(each.base_rate, each.predicted) for each in segments))
        axes.yaxis.set_major_formatter(_FINE_PERCENT)
        _named(axes, "月", "去った割合（丸）と予測の平均（太線）")

    return _svg(name, draw)


def effect(name: str, shown: Effect) -> Markup:
    """The step curve over the distribution of readings; up is more risk."""

    def draw(axes: Axes) -> None:
        behind = axes.twinx()
        behind.stairs(shown.bars, shown.edges, fill=True, color=SOFT)
        behind.set_ylim(0, 2.2 * max(float(shown.bars.max()), 1e-9))
        behind.axis("off")
        axes.set_zorder(behind.get_zorder() + 1)
        axes.axhline(0, color=OTHER, linewidth=1)
        axes.step(*_steps(shown), where="post", color=MODEL, linewidth=2)
        axes.set_xlim(shown.low, shown.high)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=shown.whole))
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_formatter(_SIGNED)

    return _svg(name, draw, _SMALL)


def _steps(shown: Effect) -> tuple[list[float], list[float]]:
    inside = [limit for limit in shown.thresholds if shown.low < limit < shown.high]
    first = sum(limit <= shown.low for limit in shown.thresholds)
    values = list(shown.values[first : first + len(inside) + 1])
    return [shown.low, *inside, shown.high], [*values, values[-1]]


def _unit_square(axes: Axes, across: str, up: str) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.01)
    axes.xaxis.set_major_formatter(_PERCENT)
    axes.yaxis.set_major_formatter(_PERCENT)
    _named(axes, across, up)


def _named(axes: Axes, across: str, up: str) -> None:
    """The upright axis is named above it: turned letters are hard to read, Japanese ones most of all."""
    axes.set_xlabel(across)
    axes.set_title(up, loc="left", fontsize=9, color=MUTED)


def _svg(name: str, draw: Callable[[Axes], None], size: tuple[float, float] = _FULL) -> Markup:
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        # The reader's browser has the letters; that the machine which trains has them is not asked for.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure = Figure(figsize=size)
        # Fixed, not fitted to the letters: it is the browser that will choose them.
        draw(figure.subplots(gridspec_kw=_EDGES[size]))
        written = StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
    return Markup(_embedded(written.getvalue()))  # noqa: S704 - drawn by ourselves, from numbers


def _embedded(document: str) -> str:
    """Only the drawing: no prolog, no metadata, no size, no fonts, no ids that another figure has too."""
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(?<=<svg) [^>]*(viewBox="[^"]*")[^>]*', r" \1", svg, count=1)
    svg = svg.replace("xlink:href", "href")
    svg = re.sub(r'<g id="[A-Za-z0-9_.]+">', "<g>", svg)
    svg = re.sub(r' transform="rotate\(-0 [^"]*"| font-family: [^;]*;', "", svg)
    svg = re.sub(r"(\.\d\d)\d+", r"\1", svg)
    svg = re.sub(r"\s+", " ", svg).replace("> <", "><")
    for stand_in, variable in _VARIABLES.items():
        svg = svg.replace(stand_in, f"var(--{variable})")
    return svg.strip()
