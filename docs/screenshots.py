"""Makes the pictures of the README from a running demo: `python docs/screenshots.py`."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
DEMO = (
    str(Path(sys.executable).with_name("hikitome")),
    "demo",
    "--for",
    "75",
    "--ports",
    "auto",
    "--speed",
    "0.2",
)
# A page of our own on loopback: nothing of the browser's may go out.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SIZE = {"width": 1366, "height": 768}


@dataclass(frozen=True, slots=True)
class Demo:
    desk: str
    login: str
    password: str
    mails: str


@contextmanager
def running() -> Iterator[Demo]:
    """The demo in a process of its own, once it has said where everything is."""
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        assert process.stdout is not None  # noqa: S101 - it was asked for
        said = ""
        for line in process.stdout:
            said += line
            if "Mails" in line:
                break
        desk = re.search(r"Desk\s+(\S+)\s+log in as (\S+) with (\S+)", said)
        mails = re.search(r"Mails\s+(\S+)", said)
        if desk is None or mails is None:
            raise SystemExit(f"the demo did not start:\n{said}")
        yield Demo(*desk.groups(), mails.group(1))
        process.terminate()
        process.stdout.read()


def log_in(browser: Browser, demo: Demo, scheme: str) -> Page:
    page = browser.new_page(viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(demo.desk)
    page.fill("input[name=login]", demo.login)
    page.fill("input[name=password]", demo.password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{demo.desk}/")
    return page


def desk(page: Page, name: str) -> None:
    """The queue after the shop has got a past, with the most urgent customer open."""
    page.reload()
    page.wait_for_selector("#live[data-state=live]")
    page.wait_for_timeout(1000)
    page.keyboard.press("j")
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / name)


def call(page: Page, name: str) -> None:
    """The same customer once an agent has claimed the alert."""
    page.keyboard.press("Enter")
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / name)


def duplicates(page: Page, demo: Demo, name: str) -> None:
    """Suspected duplicates, the oldest open; the demo's agent is a supervisor."""
    page.goto(f"{demo.desk}/duplicates")
    page.wait_for_timeout(1000)
    page.screenshot(path=IMAGES / name)


def main() -> None:
    chromium = shutil.which("chromium") or sys.exit("chromium is missing (Debian: apt-get install chromium)")
    IMAGES.mkdir(exist_ok=True)
    with running() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        light = log_in(browser, demo, "light")
        light.wait_for_timeout(45_000)  # the shop hurries through its past first
        desk(light, "desk.png")
        call(light, "call.png")
        duplicates(light, demo, "duplicates.png")
        desk(log_in(browser, demo, "dark"), "desk-dark.png")
        mails = browser.new_page(viewport=SIZE)
        mails.goto(demo.mails)
        mails.locator("a[href*=mails]").first.click()
        mails.wait_for_timeout(500)
        mails.screenshot(path=IMAGES / "mail.png")
        browser.close()


if __name__ == "__main__":
    main()
