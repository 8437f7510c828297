"""Before the first request the page says what is still missing, and ticks it off by itself."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.collector.collector_support import Collector, trace
from tests.collector.page.browser import expect

pytestmark = pytest.mark.slow


def done(page: Any) -> list[str]:
    found: list[str] = page.locator("#steps .done b").all_inner_texts()
    return found


def test_the_steps_tick_themselves_off(opened: Any, collector: Collector) -> None:
    page = opened(collector)
    assert done(page) == ["Collector running"]
    collector.session.get(collector.url + "/api/v1/verify", headers={"Authorization": collector.key})
    expect(page.locator("#steps .done")).to_have_count(2)
    assert done(page) == ["Collector running", "Agent connected"]
    collector.batch([trace("/first", route="/first")])
    expect(page.locator("#rows > tr")).to_have_count(1)


def test_the_command_has_this_collectors_address_and_key(opened: Any, collector: Collector) -> None:
    page = opened(collector)
    command = page.inner_text("#command").replace("metlo-run", "env; true")
    printed = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, check=True, timeout=30).stdout.decode()
    assert f"METLO_HOST={collector.url}\n" in printed
    assert f"METLO_API_KEY={collector.key}\n" in printed
    assert shlex.quote(str(Path(collector.data_dir) / "api-key")) in page.inner_text("#command")


def test_an_agent_with_a_wrong_key_is_mentioned(opened: Any, collector: Collector) -> None:
    page = opened(collector)
    collector.post("/api/v1/log-request/batch", [trace()], key="wrong")
    expect(page.locator(".trouble")).to_contain_text("its key is not this collector's")
