"""A short run of scripts/fuzz_collector: mutated traces are analysed, stored and shown without a fault."""

from __future__ import annotations

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "fuzz_collector"


def _script() -> Any:
    loader = SourceFileLoader("fuzz_collector", str(SCRIPT))
    spec = importlib.util.spec_from_loader("fuzz_collector", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_mutated_traces_are_analysed_stored_and_shown(
    store: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'c.db'}" if store == "sqlite" else request.getfixturevalue("postgres")
    script = _script()
    assert script.campaign(url, 6.0, seed=77, traces=script.seeds()) >= 1
