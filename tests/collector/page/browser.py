"""A headless Chromium that tells of every violation of the content policy and every error on its console."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Optional

PATIENCE = 90_000  # milliseconds; on a busy machine figures of endpoints may be a minute old
FLAGS = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def executable() -> Optional[str]:
    """Debian's Chromium or another that is installed; nothing is downloaded."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def expect(what: Any) -> Any:
    """Playwright's assertions, which wait: the policy of the page forbids its other way, evaluated text."""
    from playwright.sync_api import expect as playwright_expect

    playwright_expect.set_options(timeout=PATIENCE)
    return playwright_expect(what)


_STOPS: list[Callable[[], None]] = []
_RUNNING: list[Any] = []  # the one browser of this process, once for each who uses it: Playwright drives no two


@contextmanager
def started() -> Iterator[Any]:
    """A browser on a new profile; Playwright drives it. Who asks while it runs gets the same."""
    from playwright.sync_api import sync_playwright

    if not _RUNNING:
        playwright = sync_playwright().start()
        _STOPS.append(playwright.stop)
        _RUNNING.append(playwright.chromium.launch(executable_path=executable(), headless=True, args=list(FLAGS)))
    else:
        _RUNNING.append(_RUNNING[0])
    try:
        yield _RUNNING[0]
    finally:
        browser = _RUNNING.pop()
        if not _RUNNING:
            browser.close()
            _STOPS.pop()()


class Complaints:
    """What a page did that it must not: errors, violations of the policy, requests to anywhere but its origin."""

    def __init__(self, page: Any, origin: str) -> None:
        self.seen: list[str] = []
        self.expected: tuple[str, ...] = ()
        self.origin_is_free = False  # the page leaves the collector on purpose
        self._origin = origin
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("request", lambda request: self._request(request.url))
        page.on("dialog", self._dialog)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in self.expected):
            self.seen.append(f"{message.type}: {message.text}")

    def _request(self, url: str) -> None:
        if not self.origin_is_free and not url.startswith((self._origin + "/", "data:", "about:")):
            self.seen.append(f"request: {url}")

    def _dialog(self, dialog: Any) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()
