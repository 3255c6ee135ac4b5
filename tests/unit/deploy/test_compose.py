"""docker-compose.yml fits itself, our settings, and opens no more than it must."""

import re
from pathlib import Path
from typing import Any

import pytest

from services.ingest.settings import IngestSettings
from services.notifier.settings import NotifierSettings
from services.scoring.settings import ScoringSettings
from shared.kafka.client import MAX_RECORD_BYTES
from shared.process.settings import CommonSettings

SETTINGS: dict[str, type[CommonSettings]] = {
    "ingest": IngestSettings,
    "scoring": ScoringSettings,
    "notifier": NotifierSettings,
    "migrations": CommonSettings,
    "topics": CommonSettings,
}
THE_LONG_RUNNING = ("ingest", "scoring", "notifier")
_REFERENCE = re.compile(r"\$\{([A-Z0-9_]+)(?::([-?])([^}]*))?\}")


def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def references(value: object) -> list[tuple[str, str, str]]:
    """(name, '-' or '?', default or message) of every ${…} anywhere in a value."""
    match value:
        case str():
            return _REFERENCE.findall(value)
        case dict():
            return [found for part in value.values() for found in references(part)]
        case list():
            return [found for part in value for found in references(part)]
        case _:
            return []


def environment(compose: dict[str, Any], name: str, example: dict[str, str]) -> dict[str, str]:
    """What a container would find, as compose makes it of the file and of .env."""
    given = services(compose)[name].get("environment", {})
    filled = {
        key: example.get(key) if value is None else fill(str(value), example) for key, value in given.items()
    }
    return {key: value for key, value in filled.items() if value is not None}


def fill(text: str, example: dict[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        return example.get(found[1]) or (found[3] if found[2] == "-" else "")

    return _REFERENCE.sub(value, text)


def test_whatever_a_service_waits_for_exists_and_can_be_waited_for(compose: dict[str, Any]) -> None:
    for name, service in services(compose).items():
        for neighbour, how in service.get("depends_on", {}).items():
            other = services(compose)[neighbour]
            match how["condition"]:
                case "service_healthy":
                    assert "test" in other.get("healthcheck", {}), f"{name} waits for {neighbour}'s health"
                case "service_completed_successfully":
                    assert other["restart"] == "no", f"{name} waits for {neighbour}, which never ends"


def test_every_network_and_volume_that_is_used_is_declared(compose: dict[str, Any]) -> None:
    for service in services(compose).values():
        assert set(service["networks"]) <= set(compose["networks"])
        for volume in service.get("volumes", []):
            source = volume.rsplit(":", 2 if volume.endswith(":ro") else 1)[0]
            assert source in compose["volumes"] or source.startswith((".", "$")), source


def test_files_that_are_mounted_exist(compose: dict[str, Any], root: Path) -> None:
    for service in services(compose).values():
        for volume in service.get("volumes", []):
            source = volume.split(":", 1)[0]
            if source.startswith("./"):
                assert (root / source).exists(), source
                assert volume.endswith(":ro"), f"{source} could be changed from inside"


def test_only_loopback_ports_are_published(compose: dict[str, Any]) -> None:
    published = [port for service in services(compose).values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_no_two_published_ports_are_the_same(compose: dict[str, Any]) -> None:
    published = [
        fill(port, {}) for service in services(compose).values() for port in service.get("ports", [])
    ]
    assert len({port.split(":")[1] for port in published}) == len(published)


def test_nobody_but_the_gateway_and_the_monitors_publishes_a_port(compose: dict[str, Any]) -> None:
    publishing = {name for name, service in services(compose).items() if "ports" in service}
    assert publishing == {"gateway", "prometheus", "grafana"}


def test_the_database_and_the_brokers_can_be_reached_from_inside_only(compose: dict[str, Any]) -> None:
    assert compose["networks"]["back"]["internal"] is True
    assert services(compose)["kafka"]["networks"] == ["back"]
    assert services(compose)["postgres"]["networks"] == ["back"]


def test_every_container_gives_up_what_it_does_not_need(compose: dict[str, Any]) -> None:
    for name, service in services(compose).items():
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["read_only"] is (name != "kafka"), name
        assert not service.get("privileged", False), name


def test_every_container_is_watched_unless_it_is_a_job(compose: dict[str, Any]) -> None:
    for name, service in services(compose).items():
        if name in THE_LONG_RUNNING:
            assert "healthcheck" not in service, f"{name} has the image's"
            assert "HIKITOME_ADMIN_PORT" in service["environment"], name
        elif service["restart"] == "no":
            assert service["healthcheck"] == {"disable": True}, name
        else:
            assert "test" in service["healthcheck"], name


def test_foreign_images_name_their_version(compose: dict[str, Any]) -> None:
    for name, service in services(compose).items():
        if "build" not in service:
            assert re.search(r":v?\d", service["image"]), name


@pytest.mark.parametrize("name", SETTINGS)
def test_every_variable_that_we_pass_is_a_setting(compose: dict[str, Any], name: str) -> None:
    passed = {key for key in services(compose)[name]["environment"] if key.startswith("HIKITOME_")}
    known = {f"HIKITOME_{field.upper()}" for field in SETTINGS[name].model_fields}
    assert passed <= known


@pytest.mark.parametrize("name", SETTINGS)
def test_the_example_gives_each_process_valid_settings(
    compose: dict[str, Any], example: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in environment(compose, name, example).items():
        monkeypatch.setenv(key, value)
    settings = SETTINGS[name]()
    assert settings.kafka_idempotent


def test_the_services_migrate_nothing_and_have_roles_of_their_own(
    compose: dict[str, Any], example: dict[str, str]
) -> None:
    def role(name: str) -> str:
        return environment(compose, name, example)["HIKITOME_POSTGRES_DSN"].split("//")[1].split(":")[0]

    assert (role("scoring"), role("notifier")) == ("scoring", "notifier")
    assert role("migrations") == services(compose)["postgres"]["environment"]["POSTGRES_USER"]
    assert "HIKITOME_MIGRATE_ON_START" not in services(compose)["notifier"]["environment"]


def test_the_broker_makes_no_topic_by_itself_and_takes_our_largest_record(compose: dict[str, Any]) -> None:
    broker = services(compose)["kafka"]["environment"]
    assert broker["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert broker["KAFKA_MESSAGE_MAX_BYTES"] >= MAX_RECORD_BYTES


def test_the_single_broker_acknowledges_only_what_is_on_its_disk(compose: dict[str, Any]) -> None:
    assert services(compose)["kafka"]["environment"]["KAFKA_LOG_FLUSH_INTERVAL_MESSAGES"] == 1


def test_the_broker_is_the_one_that_the_kafka_tier_tests(compose: dict[str, Any], root: Path) -> None:
    pom = (root / "tests/kafka/pom.xml").read_text("utf-8")
    tested = re.findall(r"<kafka\.version>(.+)</kafka\.version>", pom)
    assert services(compose)["kafka"]["image"] == f"apache/kafka:{tested[0]}"


def test_the_environment_example_and_compose_name_the_same_variables(
    compose: dict[str, Any], example: dict[str, str], example_options: set[str]
) -> None:
    found = references(compose)
    passed_on = {
        key
        for service in services(compose).values()
        for key, value in service.get("environment", {}).items()
        if value is None
    }
    assert {name for name, _, _ in found} | passed_on == set(example) | example_options


def test_what_compose_insists_on_is_set_in_the_example(
    compose: dict[str, Any], example: dict[str, str]
) -> None:
    wanted = {name for name, how, _ in references(compose) if how == "?"}
    assert wanted <= {name for name, value in example.items() if value}


def test_a_secret_has_no_default(compose: dict[str, Any]) -> None:
    words = ("PASSWORD", "SECRETS", "TOKEN", "KEY", "AGENTS")
    secret = [found for found in references(compose) if found[0].endswith(words)]
    assert secret
    assert all(how == "?" for _, how, _ in secret)
