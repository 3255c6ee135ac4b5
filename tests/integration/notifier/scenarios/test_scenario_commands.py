"""`hikitome scenarios`: files checked and previewed; versions brought in and taken out; a dry run."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from deploy.cli import main
from services.notifier import playbook
from services.notifier.scenarios.file import read, write
from services.notifier.scenarios.shipped import SHIPPED
from shared.clock import system_clock
from tests.integration.notifier.scenarios.stage import PLAIN, Stage, like, order

TOKYO = ZoneInfo("Asia/Tokyo")
Run = Callable[..., Awaitable[Result]]


def invoke(arguments: tuple[str, ...], environment: dict[str, str]) -> Result:
    return CliRunner().invoke(
        main, ["scenarios", *arguments], env=environment, catch_exceptions=False, terminal_width=200
    )


@pytest.fixture
def run(postgres_dsn: str) -> Run:
    environment = {
        "HIKITOME_POSTGRES_DSN": postgres_dsn,
        "HIKITOME_UNSUBSCRIBE_SECRETS": '["secret of these tests, long enough"]',
    }

    async def ended(*arguments: str) -> Result:
        return await asyncio.to_thread(invoke, arguments, environment)

    return ended


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.toml").write_text(write([PLAIN]), encoding="utf-8")
    (tmp_path / "wrong.toml").write_text(write([like("wrong", holdout_percent=101.0)]), encoding="utf-8")
    (tmp_path / "torn.toml").write_text("[[scenario]]\nkey = ", encoding="utf-8")
    return tmp_path


def test_what_is_wrong_is_told_with_its_place(folder: Path) -> None:
    good = invoke(("check", str(folder / "good.toml")), {})
    assert (good.exit_code, good.output) == (0, "plain: good\n")
    wrong = invoke(("check", str(folder / "wrong.toml")), {})
    assert wrong.exit_code == 1
    assert "wrong: wrong\n  holdout_percent: out_of_range 0-100\n" in wrong.output
    torn = invoke(("check", str(folder / "torn.toml")), {})
    assert "torn.toml: end of document: Invalid value" in torn.output


def test_the_words_are_shown_as_they_would_arrive() -> None:
    shown = invoke(("preview", "--key", "churn_warning"), {}).output
    assert "## postcard: postal_dm, 5 days before the cut-off on a working day" in shown
    assert "only if mail was not clicked" in shown
    assert "山田 花子 様" in shown
    assert "can't be shown" not in invoke(("preview",), {}).output
    assert invoke(("preview", "--key", "gone"), {}).exit_code == 1


async def test_files_come_in_as_versions_and_go_out_again(stage: Stage, run: Run, folder: Path) -> None:
    file = str(folder / "good.toml")
    assert (await run("import", file, "--dry")).output == "plain: new, version 1\n"
    assert await stage.rows("SELECT key FROM scenario") == []
    assert (await run("import", file)).output == "plain: new, version 1\n"
    assert (await run("import", file)).output == "plain: same, version 1\n"
    (folder / "good.toml").write_text(write([like("plain", title="二つ目")]), encoding="utf-8")
    assert (await run("import", file)).output == "plain: changed, version 2\n"
    assert await stage.rows("SELECT key, version, active FROM scenario") == [("plain", 2, False)]
    exported = folder / "out.toml"
    assert (await run("export", "plain", "--out", str(exported))).exit_code == 0
    assert read(exported.read_text(encoding="utf-8")) == [like("plain", title="二つ目")]
    audited = await stage.rows("SELECT DISTINCT who, what FROM audit_entry")
    assert audited == [("command line", "scenario.imported")]


async def test_of_files_all_come_in_or_none(stage: Stage, run: Run, folder: Path) -> None:
    ended = await run("import", str(folder / "good.toml"), str(folder / "wrong.toml"))
    assert ended.exit_code == 1
    assert "wrong: holdout_percent: out_of_range 0-100" in ended.output
    assert await stage.rows("SELECT key FROM scenario") == []


async def test_a_dry_run_tells_who_would_have_got_what(stage: Stage, run: Run, folder: Path) -> None:
    await playbook.seed(stage.engine, (), 5.0)
    stage.now = system_clock() - timedelta(hours=1)
    await stage.tell(order())
    told = json.loads((await run("dry-run", "--json")).output)
    assert {key for key, one in told.items() if one["enrolled"]} == {"first_orders"}
    assert set(told) == set(SHIPPED)
    shown = (await run("dry-run", str(folder / "good.toml"), "--days", "90")).output
    assert shown.startswith("# plain テスト: the last 90 days\ncame in 1, of them held out 0\n")
    assert "messages: none\nnot sent: no_consent 2\nmost in an hour: 0 of 500\n" in shown
    rehearsed = json.loads((await run("dry-run", str(folder / "good.toml"), "--days", "90", "--json")).output)
    moments = [datetime.fromisoformat(one["at"]) for one in rehearsed["plain"]["examples"]]
    assert moments
    assert all(f"  {one.astimezone(TOKYO):%Y-%m-%d %H:%M} " in shown for one in moments)
    assert await stage.enrolled() == []
