"""Settings: defaults that run here, and mistakes told in words."""

from datetime import UTC, datetime

import click
import pytest
from pydantic import ValidationError

from shared.clock import FastClock, system_clock
from shared.process.command import documented, read_settings
from shared.process.settings import CommonSettings


def test_without_a_simulation_business_time_is_the_systems() -> None:
    assert CommonSettings().clock() is system_clock


def test_a_simulation_gives_every_process_the_same_fast_clock() -> None:
    origin, started = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    settings = CommonSettings(clock_origin=origin, clock_started=started, clock_speed=86_400)
    assert settings.clock() == FastClock(origin, started, 86_400)


@pytest.mark.parametrize(
    "wrong",
    [
        {"clock_origin": datetime(2026, 1, 1, tzinfo=UTC)},
        {"clock_speed": 2.0},
        {"kafka_security": "SASL_SSL"},
        {"postgres_dsn": "not a dsn"},
        {"clock_origin": datetime(2026, 1, 1), "clock_started": datetime(2026, 1, 1)},  # noqa: DTZ001
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CommonSettings.model_validate(wrong)


def test_a_wrong_variable_is_named_and_its_value_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIKITOME_PORT", "s3cret")
    with pytest.raises(click.ClickException) as refused:
        read_settings(CommonSettings)
    assert "HIKITOME_PORT" in refused.value.message
    assert "s3cret" not in refused.value.message


def test_help_documents_every_setting() -> None:
    text = documented(CommonSettings)
    assert all(f"HIKITOME_{name.upper()}" in text for name in CommonSettings.model_fields)
    assert all(field.description for field in CommonSettings.model_fields.values())


def test_secrets_do_not_print_themselves() -> None:
    settings = CommonSettings.model_validate({"postgres_dsn": "postgresql://me:hunter2@db/hikitome"})
    assert "hunter2" not in repr(settings)
