"""What holds for every test: on a build server, a tier that cannot run is a failure, not a shrug."""

import os
from collections.abc import Generator

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# The same examples in each run, and no stopwatch: a busy machine is not a bug.
settings.register_profile("hikitome", derandomize=True, deadline=None)
settings.load_profile("hikitome")

# Whose tests share one server and one Maven: all of them go to one worker, first of all.
TOGETHER = ("tests/kafka/", "tests/oidc/")
# Whose tests look at one long run: on two workers there would be two of it.
ONE_RUN = ("tests/integration/test_demo.py", "tests/unit/scoring/training/test_train.py")
TIERS = ("local_stack", "kafka", "browser", "provider", "monitoring")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    tier = next((name for name in TIERS if item.get_closest_marker(name)), None)
    if tier and report.skipped and not hasattr(report, "wasxfail") and _on_a_build_server():
        report.outcome = "failed"
        report.longrepr = f"CI is set, so no test of the tier '{tier}' may be skipped: {_why(report)}"
    return report


class Workers(LoadScopeScheduling):  # type: ignore[misc]
    """Whoever is free takes the next test, or all of those that belong together."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(TOGETHER):
            return "java"
        return nodeid.partition("::")[0] if nodeid.startswith(ONE_RUN) else nodeid


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: whoever has the tests with Java waits for most of the time."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Workers:
    return Workers(config, log)


def _on_a_build_server() -> bool:
    return os.environ.get("CI", "").lower() in {"true", "1"}


def _why(report: pytest.TestReport) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
