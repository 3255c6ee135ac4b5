"""The command line says what it can do."""

import pytest
from click.testing import CliRunner

from deploy.cli import COMMANDS, main
from deploy.local.layout import Ports, option


def test_help_names_every_command_with_a_sentence() -> None:
    shown = " ".join(CliRunner().invoke(main, ["--help"]).output.split())
    for name, sentence in COMMANDS.items():
        assert name in shown
        assert sentence in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_of_its_own(name: str) -> None:
    asked = CliRunner().invoke(main, [name, "--help"])
    assert asked.exit_code == 0
    assert f"Usage: main {name}" in asked.output


@pytest.mark.parametrize("name", ["up", "demo"])
def test_every_port_is_an_option(name: str) -> None:
    shown = CliRunner().invoke(main, [name, "--help"]).output
    for port, default in Ports().items():
        assert option(port) in shown
        assert str(default) in shown


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(main, ["dance"]).exit_code == 2


def test_a_port_beyond_the_last_one_is_refused() -> None:
    asked = CliRunner().invoke(main, ["up", "--desk-port", "70000"])
    assert asked.exit_code == 2
    assert "70000 is no port" in asked.output


def test_training_wants_exactly_one_source() -> None:
    asked = CliRunner().invoke(main, ["train", "--simulation", "--from-log", "--out", "model.json"])
    assert asked.exit_code == 2
    assert "Choose one" in asked.output
