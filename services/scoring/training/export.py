"""Export: scikit-learn's boosted trees of one feature each, read node by node into step tables."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from services.scoring.model.step_tables import Platt, StepTables, Table

Array = npt.NDArray[Any]
Nodes = Any
"""A tree as scikit-learn keeps it: a record array, the root first."""

LARGEST = float(np.finfo(np.float64).max)


def step_tables(
    model: Any, names: Sequence[str], features: Array, platt: Platt, trees: int | None = None
) -> StepTables:
    """What a fitted HistGradientBoostingClassifier says with its first `trees` (all if not said); `features`
    are the rows whose average customer contributes nothing.
    """
    by_column: defaultdict[int, list[Nodes]] = defaultdict(list)
    bias = float(model._baseline_prediction.ravel()[0])
    for (predictor,) in model._predictors[:trees]:
        root = predictor.nodes[0]
        if root["is_leaf"]:
            bias += float(root["value"])
        else:
            by_column[_only_feature(predictor.nodes)].append(predictor.nodes)
    tables = (_table(names[column], by_column[column], features[:, column]) for column in sorted(by_column))
    return StepTables(bias, tuple(tables), platt)


def averaged(members: Sequence[StepTables]) -> StepTables:
    """The mean of additive models is one; it steps where any of them does. All have one calibration."""
    names = dict.fromkeys(table.feature for member in members for table in member.tables)
    by_name = {
        name: [table for member in members for table in member.tables if table.feature == name]
        for name in names
    }
    bias = sum(member.bias for member in members) / len(members)
    tables = (_mean(name, found, len(members)) for name, found in by_name.items())
    return StepTables(bias, tuple(tables), members[0].platt)


def _mean(name: str, tables: Sequence[Table], of: int) -> Table:
    """`of` models, of whom those without a table for this feature say 0."""
    thresholds = sorted({threshold for table in tables for threshold in table.thresholds})
    steps = [
        sum(table.values[bisect_left(table.thresholds, reading)] for table in tables) / of
        for reading in [*thresholds, LARGEST]
    ]
    missing, mean = sum(table.missing for table in tables) / of, sum(table.mean for table in tables) / of
    return Table(name, tuple(thresholds), tuple(steps), missing, mean)


def _only_feature(nodes: Nodes) -> int:
    columns = {int(node["feature_idx"]) for node in nodes if not node["is_leaf"]}
    if len(columns) != 1:
        raise ValueError("a tree of several features has no step table")
    return columns.pop()


def _table(name: str, trees: Sequence[Nodes], column: Array) -> Table:
    """scikit-learn splits off missing values at an infinite threshold, above which there is nothing."""
    thresholds = sorted(
        {float(node["num_threshold"]) for nodes in trees for node in nodes if not node["is_leaf"]}
        - {float("inf")}
    )
    readings = [*thresholds, LARGEST]
    values = [sum(_value(nodes, reading) for nodes in trees) for reading in readings]
    missing = sum(_value(nodes, float("nan")) for nodes in trees)
    steps = np.asarray(values)[np.searchsorted(thresholds, column, side="left").clip(max=len(thresholds))]
    mean = float(np.where(np.isnan(column), missing, steps).mean())
    return Table(name, tuple(thresholds), tuple(values), missing, mean)


def _value(nodes: Nodes, reading: float) -> float:
    node = nodes[0]
    while not node["is_leaf"]:
        missing = reading != reading
        left = bool(node["missing_go_to_left"]) if missing else reading <= node["num_threshold"]
        node = nodes[node["left"] if left else node["right"]]
    return float(node["value"])
