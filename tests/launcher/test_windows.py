"""The way of Windows, where a process cannot become another, on the seam that takes it."""

import os
import pathlib
import subprocess
import sys
from typing import Any, List

import pytest

from metlo_auto.launcher import process
from tests.support.installed import ROOT

pytestmark = pytest.mark.core


def python(code: str) -> List[str]:
    return [sys.executable, "-c", code]


def test_a_child_runs_and_its_status_comes_back() -> None:
    assert process.run_child(sys.executable, python("raise SystemExit(7)"), dict(os.environ)) == 7


def test_the_child_gets_the_environment(tmp_path: pathlib.Path) -> None:
    code = "import os; open(%r, 'w').write(os.environ['GIVEN'])" % str(tmp_path / "out")
    assert process.run_child(sys.executable, python(code), dict(os.environ, GIVEN="yes")) == 0
    assert (tmp_path / "out").read_text() == "yes"


class Child:
    """Is interrupted twice before it ends."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.interrupts = 2

    def wait(self) -> int:
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        return self.status


@pytest.mark.parametrize("status, given", [(0, 0), (1, 1), (255, 255), (0xC000013A, -1073741510)])
def test_ctrl_c_is_the_childs_business_and_large_statuses_fit(
    monkeypatch: pytest.MonkeyPatch, status: int, given: int
) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: Child(status))
    assert process.run_child("x.exe", ["x"], {}) == given


def test_a_program_that_does_not_start_is_126(tmp_path: pathlib.Path) -> None:
    with pytest.raises(process.LaunchError) as caught:
        process.run_child(str(tmp_path / "none"), ["none"], {})
    assert caught.value.status == 126


def test_run_takes_that_way_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: List[Any] = []
    monkeypatch.setattr(process, "is_windows", lambda: True)
    monkeypatch.setattr(process, "run_child", lambda *a: taken.append(a) or 9)
    assert process.run("p", ["p", "a"], {"A": "1"}) == 9
    assert taken == [("p", ["p", "a"], {"A": "1"})]


def test_commands_are_found_as_windows_finds_them(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "tool").chmod(0o755)
    monkeypatch.setattr(process, "is_windows", lambda: True)
    assert process.find("tool", {"PATH": str(tmp_path)}) == str(tmp_path / "tool")
    with pytest.raises(process.LaunchError) as caught:
        process.find("none", {"PATH": str(tmp_path)})
    assert caught.value.status == 127


@pytest.mark.parametrize("module", ["launcher", "imports/import_hook", "foreign_interpreter", "bootstrap/sitecustomize", "__main__"])
def test_no_module_is_imported_at_the_top_that_windows_lacks(module: str) -> None:
    base = ROOT / "metlo_auto" / module
    for path in sorted(base.glob("*.py")) or [base.with_suffix(".py")]:
        for line in path.read_text().splitlines():
            words = line.split()  # only lines that are not indented run at import
            if line[:1] not in (" ", "#", "") and words[0] in ("import", "from"):
                assert words[1] not in ("fcntl", "pwd", "grp", "resource", "termios", "_signal", "posix"), (path, line)
