"""The progress bar: for a person who waits, and for nobody else."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading

import pytest

from tests.collector.collector_support import ROOT

COUNTING = """\
import sys, time
sys.path.append(sys.argv[1])
from metlo_auto.collector.service.progress import shown
for n in shown(range(16), 16, "counting"):
    time.sleep(float(sys.argv[2]))
    print(n)
"""
WAITING = """\
import sys, time
sys.path.append(sys.argv[1])
from metlo_auto.collector.service.progress import waiting
with waiting("deleting"):
    time.sleep(float(sys.argv[2]))
"""


def _counted(terminal: bool, pause: float, script: str = COUNTING) -> tuple[str, str]:
    """What came out, and what was said on standard error, which may be a terminal."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    said: list[bytes] = []
    reader = threading.Thread(target=_read, args=(ours, said))
    reader.start()
    command = [sys.executable, "-c", script, str(ROOT), str(pause)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, universal_newlines=True, check=True)
    os.close(theirs)
    reader.join(20)
    os.close(ours)
    return done.stdout, b"".join(said).decode()


def _read(descriptor: int, said: list[bytes]) -> None:
    try:
        while True:
            part = os.read(descriptor, 4096)
            if not part:
                return
            said.append(part)
    except OSError:  # Linux says so at the end of a terminal
        return


def test_after_a_second_a_terminal_shows_how_far_it_is_and_is_clean_at_the_end() -> None:
    out, said = _counted(terminal=True, pause=0.12)
    assert out.split() == [str(n) for n in range(16)]
    bars = re.findall(r"\rcounting \[(#*)(\.*)\] (\d+) of 16", said)
    assert bars and all(len(full) + len(rest) == 40 for full, rest, _ in bars)
    numbers = [int(done) for _, _, done in bars]
    assert numbers == sorted(numbers) and numbers[0] > 1
    assert said.endswith("\r\033[K")


@pytest.mark.parametrize(("terminal", "pause"), [(True, 0.0), (False, 0.12)], ids=["soon done", "no terminal"])
def test_else_there_is_none(terminal: bool, pause: float) -> None:
    out, said = _counted(terminal, pause)
    assert (len(out.split()), said) == (16, "")


def test_work_without_a_known_end_shows_that_it_goes_on_and_is_clean_at_the_end() -> None:
    _, said = _counted(terminal=True, pause=2.5, script=WAITING)
    bars = re.findall(r"\rdeleting \[(\.*###\.*)\] \d+ s", said)
    assert len(set(bars)) > 1 and all(len(bar) == 40 for bar in bars)
    assert said.endswith("\r\033[K")


@pytest.mark.parametrize(("terminal", "pause"), [(True, 0.0), (False, 1.5)], ids=["soon done", "no terminal"])
def test_else_it_shows_nothing(terminal: bool, pause: float) -> None:
    assert _counted(terminal, pause, WAITING) == ("", "")
