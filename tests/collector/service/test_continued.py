"""`metlo-collector` in the app's environment, which has none of the collector's packages."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from metlo_auto.launcher import collector_environment

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def bare(tmp_path: Path) -> str:
    """A Python that has metlo_auto and nothing else."""
    venv.create(tmp_path / "bare", with_pip=False)
    python = tmp_path / "bare" / "bin" / "python"
    site = next((tmp_path / "bare" / "lib").glob("py*")) / "site-packages"
    (site / "sees.pth").write_text(f"{ROOT}\n")
    return str(python)


def status(python: str, environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [python, "-m", "metlo_auto.collector", "status"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_it_continues_in_the_environment_that_was_made(bare: str, tmp_path: Path) -> None:
    environ = {"PATH": os.defpath, "HOME": str(tmp_path), "METLO_COLLECTOR_PYTHON": sys.executable}
    done = status(bare, environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert "accepted traces" in done.stdout


def test_it_continues_in_that_of_another_metlo_collector_on_path(bare: str, tmp_path: Path) -> None:
    """As pipx and uv put it there, behind the app's own, which has no packages."""
    for folder, python in (("app", bare), ("tools", sys.executable)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "metlo-collector").write_text(f"#!{python}\nfrom metlo_auto.collector.__main__ import main\nmain()\n")
        (tmp_path / folder / "metlo-collector").chmod(0o755)
    path = os.pathsep.join([str(tmp_path / "app"), str(tmp_path / "tools"), os.defpath])
    done = status(bare, {"PATH": path, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)})
    assert (done.returncode, done.stderr) == (0, "") and "accepted traces" in done.stdout


def test_it_says_what_is_missing_where_there_is_none_and_makes_nothing(bare: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    done = status(bare, {"PATH": os.defpath, "HOME": str(tmp_path / "home")})
    assert done.returncode == 1 and "not installed for" in done.stderr
    assert list((tmp_path / "home").rglob("collector-*")) == []


def test_only_an_environment_that_is_whole_counts(tmp_path: Path) -> None:
    environ = {"XDG_DATA_HOME": str(tmp_path)}
    assert collector_environment.made(sys.executable, environ) is None
