"""The command line: every setting is documented, a wrong one is told in words."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from services.ingest.__main__ import main
from services.ingest.settings import IngestSettings


def test_help_names_every_setting() -> None:
    result = CliRunner().invoke(main, ["--help"])

    assert result.exit_code == 0
    for name in IngestSettings.model_fields:
        assert f"HIKITOME_{name.upper()}" in result.output


def test_a_missing_shops_file_is_told_in_words(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [], env={"HIKITOME_SHOPS_FILE": str(tmp_path / "nowhere.toml")})

    assert result.exit_code == 1
    assert "HIKITOME_SHOPS_FILE is refused" in result.output


def test_a_spool_that_can_not_be_used_is_told_in_words(tmp_path: Path) -> None:
    shops = tmp_path / "shops.toml"
    shops.write_text('shops = [{id = "kirei", carts = [{cart = "shopify", secrets = ["hush"]}]}]')
    spool = tmp_path / "spool.sqlite"
    spool.write_bytes(b"something else entirely")

    given = {"HIKITOME_SHOPS_FILE": str(shops), "HIKITOME_SPOOL_FILE": str(spool)}
    result = CliRunner().invoke(main, [], env=given)

    assert result.exit_code == 1
    assert "HIKITOME_SPOOL_FILE is refused" in result.output
    assert "Nothing was deleted" in result.output


@pytest.mark.parametrize(
    "name", ["HIKITOME_BODY_LIMIT", "HIKITOME_BODY_TIMEOUT", "HIKITOME_DELIVERY_TIMEOUT"]
)
def test_a_wrong_setting_is_named(name: str) -> None:
    result = CliRunner().invoke(main, [], env={name: "0"})

    assert result.exit_code == 1
    assert name in result.output
