"""A headless Chromium that tells of every violation of the content policy and every error on its console."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Iterator, Optional

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


class Complaints:
    """What the browser complained about on a page; `allowed` are texts that a test expects."""

    def __init__(self, page: Any) -> None:
        self.seen: list[str] = []
        self.foreign: list[str] = []
        self.origin = ""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("request", lambda request: self._request(request.url))

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.seen.append(f"{message.type}: {message.text}")

    def _request(self, url: str) -> None:
        if self.origin and not url.startswith((self.origin, "data:", "about:", "blob:")):
            self.foreign.append(url)


def started(profile: Path) -> Iterator[Any]:
    """A browser context on a new profile; Playwright drives it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=executable(),
            headless=True,
            args=list(FLAGS),
            viewport={"width": 1360, "height": 900},
        )
        context.set_default_timeout(20_000)
        yield context
        context.close()
