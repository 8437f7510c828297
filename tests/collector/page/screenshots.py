"""`python -m tests.collector.page.screenshots docs/images` writes the README's pictures of the page; needs Chromium and Playwright."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.collector.collector_support import Collector
from tests.collector.page import browser, shop
from tests.collector.page.conftest import fill, fresh_address

LARGEST = 200_000  # bytes of one picture
WIDE, PHONE = (1360, 850), (390, 844)


class Picture(NamedTuple):
    """`path` may name an endpoint as `{GET /users/{id}}`."""

    name: str
    path: str
    scheme: str = "light"
    size: tuple[int, int] = WIDE
    whole: bool = False


README = (
    Picture("page-home-light", "/"),
    Picture("page-home-dark", "/", "dark"),
    Picture("page-endpoint", "/endpoints/GET /customers/{username}", size=(1360, 1050)),
)
ALL = tuple(
    Picture(f"{path.strip('/').split(' ')[0].replace('/', '-') or 'home'}-{scheme}-{size[0]}", path, scheme, size, True)
    for path in ("/", "/requests", "/findings", "/sensitive", "/openapi", "/settings", "/endpoints/POST /checkout")
    for scheme, size in (("light", WIDE), ("dark", WIDE), ("light", PHONE))
)


def take(collector: Collector, pictures: tuple[Picture, ...], folder: Path) -> list[Path]:
    """One PNG for each picture."""
    ids = {f"{item['method']} {item['route']}": item["id"] for item in collector.get("/api/local/endpoints")}
    with browser.started() as running:
        context = running.new_context()
        page = context.new_page()
        page.goto(fresh_address(collector))
        return [_take(page, collector.url, picture, ids, folder) for picture in pictures]


def _take(page: Any, url: str, picture: Picture, ids: dict[str, str], folder: Path) -> Path:
    path = picture.path
    if path.startswith("/endpoints/"):
        path = "/endpoints/" + ids[path[len("/endpoints/") :]]
    page.set_viewport_size(dict(zip(("width", "height"), picture.size)))
    page.emulate_media(color_scheme=picture.scheme)
    page.goto(url + path)
    target = folder / f"{picture.name}.png"
    page.screenshot(path=str(target), full_page=picture.whole)
    return target


def main(folder: str, *which: str) -> int:
    Path(folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data_dir:
        collector = Collector(Path(data_dir))
        try:
            fill(collector)
            now = time.time()
            recent = [item for item in shop.traces(now, hours=1) if item["meta"]["durationMs"]][-40:]
            for number, item in enumerate(recent):
                shop.move(item, now - (len(recent) - number) * 0.2)
            collector.batch(recent)
            collector.settled(collector.status()["accepted_traces"])
            taken = take(collector, ALL if which else README, Path(folder))
        finally:
            collector.stop()
    for target in taken:
        print(f"{target} {target.stat().st_size:,} bytes")
    return 0 if which or all(target.stat().st_size < LARGEST for target in taken) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
