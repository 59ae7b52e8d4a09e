"""A real browser, Debian's Chromium under Playwright, that keeps what went wrong and what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.servers.programs import chinese_font, program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Chromium asks its maker for updates and the like unless told not to.
_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Tab:
    """A page of the browser, with every error it told of and every address it asked for."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class OpenBrowser:
    """A started browser."""

    browser: Browser

    @contextmanager
    def tab(self, **options: Any) -> Iterator[Tab]:
        """A tab with a profile of its own; `options` are those of Playwright's `new_context`."""
        context = self.browser.new_context(**options)
        tab = Tab(context.new_page())
        tab.page.on("console", lambda said: tab.errors.append(said.text) if said.type == "error" else None)
        tab.page.on("pageerror", lambda error: tab.errors.append(str(error)))
        tab.page.on("requestfailed", lambda request: tab.errors.append(f"{request.url}: {request.failure}"))
        tab.page.on("request", lambda request: tab.requests.append(request.url))
        try:
            yield tab
        finally:
            context.close()


@contextmanager
def open_browser() -> Iterator[OpenBrowser]:
    """Start a browser, and end it."""
    from playwright.sync_api import sync_playwright

    chromium = program("chromium", "chromium")
    chinese_font()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        try:
            yield OpenBrowser(browser)
        finally:
            browser.close()
