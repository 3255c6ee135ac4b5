"""Chromium, started once for all the tests of a process; each test's pages are in contexts of its own."""

import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from deploy.local.ports import free_port, listens
from deploy.local.process import Command, start, stop

# The sandbox needs rights that a build machine does not give; the rest keeps Chromium from calling home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A page that no window shows would be given less time, and all of ours are such.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-ipc-flooding-protection",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-hang-monitor",
    "--hide-scrollbars",
    "--mute-audio",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    # Debian's headless build is the same engine without the windows, and takes a quarter less time.
    installed = filter(None, map(shutil.which, ("chromium-headless-shell", "chromium")))
    found = os.environ.get("HIKITOME_CHROMIUM") or next(installed, None)
    if not found:
        pytest.skip(
            "no Chromium: install Debian's chromium-headless-shell, or name one with HIKITOME_CHROMIUM"
        )
    return found


@pytest.fixture(scope="session")
def chromium_address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    profile, port = tmp_path_factory.mktemp("chromium"), free_port()
    flags = (*FLAGS, "--headless=new", f"--user-data-dir={profile}", f"--remote-debugging-port={port}")
    command = Command("chromium", (chromium, *flags))
    with (profile / "log").open("wb") as output:
        process = start(command, output)
        try:
            deadline = time.monotonic() + 30
            while not listens(port) and time.monotonic() < deadline:
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(process, command)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def driven(chromium_address: str) -> AsyncIterator[Browser]:
    """The driver is a process too, and takes as long to begin as many a test."""
    async with async_playwright() as playwright:
        yield await playwright.chromium.connect_over_cdp(chromium_address)


@pytest_asyncio.fixture(loop_scope="session")
async def browser(driven: Browser) -> AsyncIterator[Browser]:
    """What a test has opened is closed after it; the browser's own context is never used."""
    own = driven.contexts[0]
    yield driven
    for context in driven.contexts:
        if context is not own:
            await context.close()
