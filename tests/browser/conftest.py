"""Pages in Chromium, headless: ``make test-browser`` installs Playwright, and Chromium is a package of the system."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return True if collection_path.name.startswith("test_") and find_spec("playwright") is None else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(f"there is no Chromium: none of {', '.join(_NAMES)} is installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--disable-quic"])
        yield started
        started.close()


class Opened:
    """An open page, with all that it wrote to the console and asked of the network."""

    def __init__(self, context: Any, address: str) -> None:
        self.page = context.new_page()
        self.messages: list[str] = []
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("request", lambda request: self._requested(request.url, address))
        self.page.goto(address)

    def _requested(self, url: str, address: str) -> None:
        if url.partition("#")[0] != address.partition("#")[0]:
            self.messages.append(f"requests {url}")

    def text(self, selector: str = "body") -> str:
        """What is shown of the first element for a selector, each run of spaces as one."""
        return " ".join(self.page.locator(selector).first.inner_text().split())


Open = Callable[..., Opened]


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens the text of a page from a file; ``fragment`` is its anchor, and options are those of a context."""
    contexts = []
    opened: list[Opened] = []

    def open_text(text: str, fragment: str = "", **options: Any) -> Opened:
        file = tmp_path / f"page-{len(opened)}.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(**options)
        contexts.append(context)
        opened.append(Opened(context, f"{file.as_uri()}{fragment}"))
        return opened[-1]

    yield open_text
    for each in opened:
        assert each.messages == []
    for context in contexts:
        context.close()
