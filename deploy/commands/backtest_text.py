"""What `hikitome backtest` prints: a table of models, a table of money, and one line of JSON."""

import json
from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from services.scoring.backtest.money import Calls
from services.scoring.backtest.rolling import MODEL, Backtest
from services.scoring.backtest.scores import Interval
from shared.events.money import exponent

WIDTH = 110
TITLES = {
    MODEL: "Hikitome (additive)",
    "recency": "days since last order",
    "rfm": "regression on R, F, M",
    "bgnbd": "BG/NBD P(no order)",
    "hgb": "boosted trees 200×15",
    "hgb_small": "boosted trees 300×8",
    "biggest": "the biggest spenders",
    "random": "anybody",
}
FORMS = {"pr_auc": ".3f", "lift10": ".2f", "log_loss": ".4f", "brier": ".4f", "ece": ".4f"}
COLUMNS = {"pr_auc": "PR AUC", "lift10": "lift", "log_loss": "log loss", "brier": "Brier", "ece": "ECE"}


def show(tested: Backtest, truth: Mapping[str, float], calls: Calls, currency: str) -> None:
    console = Console(highlight=False, width=WIDTH)
    console.print(_about(tested))
    console.print(_quality(tested))
    if truth:
        console.print(
            f"Knowing the true probability would reach an AUC of {truth['auc_of_truth']:.4f} on these rows; "
            f"the model reaches {tested.scores[MODEL]['auc']:.4f}, {truth['mean_absolute_error']:.4f} away "
            f"from the truth on average (calibration error against it {truth['calibration_error']:.4f})."
        )
    console.print(_money(tested, calls, currency))


def _about(tested: Backtest) -> str:
    days = ", ".join(f"{cutoff:%Y-%m-%d}" for cutoff in tested.cutoffs)
    return (
        f"{tested.question.kind}: {tested.rows:,} rows of {tested.customers:,} customers; "
        f"{tested.base_rate:.1%} left within {tested.question.horizon_days:g} days. Cut-offs: {days}."
    )


def _quality(tested: Backtest) -> Table:
    table = Table(
        title="How well it ranks, and how true it is (95 % intervals)", box=SIMPLE_HEAD, pad_edge=False
    )
    for name in ("model", "AUC", "minus ours", *COLUMNS.values()):
        table.add_column(name, no_wrap=True)
    for name, scores in tested.scores.items():
        spread = tested.intervals[name]
        behind = "" if name == MODEL else _between(spread["auc_difference"], "+.3f")
        auc = f"{scores['auc']:.4f} {_between(spread['auc'], '.3f')}"
        table.add_row(
            TITLES[name], auc, behind, *(f"{scores[column]:{form}}" for column, form in FORMS.items())
        )
    return table


def _between(interval: Interval, form: str) -> str:
    return f"({interval.low:{form}}…{interval.high:{form}})"


def _money(tested: Backtest, calls: Calls, currency: str) -> Table:
    title = f"What calling the top of each list would save, if a call keeps {calls.success:.0%} of leavers"
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False)
    for name in (
        "list (probability × yearly spend)",
        "calls",
        "leavers among them",
        f"saved, {currency} a year",
    ):
        table.add_column(name, no_wrap=True)
    for name, found in sorted(tested.money.items(), key=lambda each: -each[1].value):
        value = found.value / 10 ** exponent(currency)
        table.add_row(TITLES[name], f"{found.calls:,}", f"{found.leavers_called:,.0f}", f"{value:,.0f}")
    return table


def as_json(tested: Backtest, truth: Mapping[str, float], calls: Calls) -> str:
    """One line: the served model's scores flat, the others' under `baselines`; intervals are [low, high]."""
    models = {name: _scores(tested, name) for name in tested.scores}
    return json.dumps(
        {
            **truth,
            **models.pop(MODEL),
            "rows": tested.rows,
            "customers": tested.customers,
            "base_rate": tested.base_rate,
            "kind": tested.question.kind,
            "horizon_days": tested.question.horizon_days,
            "cutoffs": [f"{cutoff:%Y-%m-%d}" for cutoff in tested.cutoffs],
            "baselines": models,
            "money": {
                "assumed": {"capacity": calls.capacity, "save_rate": calls.success, "call_cost": calls.cost},
                **{
                    name: {"calls": found.calls, "leavers_called": found.leavers_called, "saved": found.value}
                    for name, found in tested.money.items()
                },
            },
        }
    )


def _scores(tested: Backtest, name: str) -> dict[str, Any]:
    spread = {key: [each.low, each.high] for key, each in tested.intervals[name].items()}
    return {**tested.scores[name], "intervals": spread}
