"""The board: whole, explained and laid out without overlaps."""

from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

Panel = dict[str, Any]


def test_every_panel_explains_itself(panels: list[Panel]) -> None:
    assert all(len(panel["description"]) > 20 for panel in panels)


def test_panels_have_ids_of_their_own(board: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)


def test_no_panel_lies_on_another_or_beyond_the_edge(board: dict[str, Any]) -> None:
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)


def test_the_board_reads_the_data_source_that_is_provisioned(panels: list[Panel], root: Path) -> None:
    folder = root / "deploy/grafana/provisioning"
    source = yaml.safe_load((folder / "datasources/prometheus.yml").read_text("utf-8"))["datasources"][0]
    assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}


def test_the_board_is_provisioned_from_where_it_is_mounted(compose: dict[str, Any], root: Path) -> None:
    provider = yaml.safe_load(
        (root / "deploy/grafana/provisioning/dashboards/hikitome.yml").read_text("utf-8")
    )["providers"][0]
    grafana = compose["services"]["grafana"]
    assert f"./deploy/grafana/boards:{provider['options']['path']}:ro" in grafana["volumes"]
