"""Makes the pictures of the README from a running demo: `python docs/screenshots.py`."""

import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from pypdfium2 import PdfDocument

IMAGES = Path(__file__).parent / "images"
DEMO = (
    str(Path(sys.executable).with_name("hikitome")),
    "demo",
    "--for",
    "190",
    "--ports",
    "auto",
    "--speed",
    "0.2",
)
# A page of our own on loopback: nothing of the browser's may go out.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SIZE = {"width": 1366, "height": 768}
PLACES = (
    *("supervisor", "duplicates", "status", "integrations", "accounts", "audit", "password"),
    *("scenarios", "effect", "messages", "batches", "consents"),
)


@dataclass(frozen=True, slots=True)
class Demo:
    desk: str
    login: str
    password: str
    mails: str
    line: str
    data: Path


@contextmanager
def running() -> Iterator[Demo]:
    """The demo in a process of its own, once it has said where everything is."""
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        assert process.stdout is not None  # noqa: S101 - it was asked for
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        desk = re.search(r"Desk\s+(\S+)\s+log in as (\S+) with (\S+)", said)
        mails = re.search(r"Mails\s+(\S+)", said)
        talks = re.search(r"LINE\s+(\S+)", said)
        data = re.search(r"Data\s+(\S+)", said)
        if desk is None or mails is None or talks is None or data is None:
            raise SystemExit(f"the demo did not start:\n{said}")
        yield Demo(*desk.groups(), mails.group(1), talks.group(1), Path(data.group(1)))
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
    shoot(page, name)


def work(page: Page) -> None:
    """A few calls, so that the team has something to show; the last one stays open."""
    for result in ("1", "6", "1", "7", "1", "6", "1"):
        page.keyboard.press("Enter")
        page.wait_for_timeout(1200)
        page.keyboard.press(result)
        page.wait_for_timeout(1200)
    page.locator("#rows .row", has_text="お届け").first.click()
    page.wait_for_timeout(1200)
    page.keyboard.press("Enter")


def cancel(page: Page, name: str) -> None:
    """The way out, on the same customer; nothing is recorded."""
    page.keyboard.press("x")
    shoot(page, name)
    page.keyboard.press("Escape")


def place(page: Page, demo: Demo, path: str, name: str) -> None:
    page.goto(f"{demo.desk}{path}")
    shoot(page, name)


def shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / name)


def mail(browser: Browser, demo: Demo, name: str) -> None:
    page = browser.new_page(viewport=SIZE)
    page.goto(demo.mails)
    page.locator("a[href*=mails]").first.click()
    shoot(page, name)


def scenario(page: Page, demo: Demo, name: str) -> None:
    page.goto(f"{demo.desk}/scenarios#/churn_warning")
    page.reload()
    shoot(page, name)


def line(browser: Browser, demo: Demo, name: str) -> None:
    """The newest chat of the fake LINE."""
    page = browser.new_page(viewport={"width": 480, "height": 720})
    page.goto(demo.line)
    page.locator("a[href^='/users/']").first.click()
    shoot(page, name)


def postcard(folder: Path, name: str) -> None:
    """Both sides of a card, out of the newest batch that went to the print house."""
    newest = max((folder / "print").glob("*.postcard.pdf"), key=lambda path: path.stat().st_mtime)
    sides = [page.render(scale=2).to_pil() for page in itertools.islice(PdfDocument(newest), 2)]
    sheet = Image.new("RGB", (sum(side.width for side in sides) + 60, sides[0].height + 40), "#dddddd")
    for place, side in enumerate(sides):
        sheet.paste(side, (20 + place * (side.width + 20), 20))
    sheet.save(IMAGES / name)


def main() -> None:
    chromium = shutil.which("chromium") or sys.exit("chromium is missing (Debian: apt-get install chromium)")
    IMAGES.mkdir(exist_ok=True)
    with running() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        place(browser.new_page(viewport=SIZE), demo, "/login", "login.png")
        light = log_in(browser, demo, "light")
        light.wait_for_timeout(45_000)  # the shop hurries through its past first
        desk(light, "desk.png")
        work(light)
        shoot(light, "call.png")
        cancel(light, "cancel.png")
        for path in PLACES:
            place(light, demo, f"/{path}", f"{path}.png")
        desk(log_in(browser, demo, "dark"), "desk-dark.png")
        scenario(light, demo, "scenario.png")
        mail(browser, demo, "mail.png")
        line(browser, demo, "line.png")
        postcard(demo.data, "postcard.png")
        browser.close()


if __name__ == "__main__":
    main()
