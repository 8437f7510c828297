"""scripts/compare, on this agent alone; the others are asked by hand, since they are not ours to hold."""

import subprocess
import sys

import pytest

from tests.docs.pages import ROOT, read


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_the_comparison_says_of_this_agent_holds():
    told = rows(read("docs/comparison.md"))
    assert len(told) == 2
    found = measured()
    if found != told:  # the shutdown time is wall-clock time, which a busy machine can use up
        found = measured()
    assert found == told


def measured():
    command = [sys.executable, str(ROOT / "scripts" / "compare"), "--agents", "metlo-auto"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    if "could not install" in done.stderr:
        pytest.skip("what is compared cannot be installed here: " + done.stderr[-200:])
    assert done.returncode == 0, done.stderr
    return rows(done.stdout)


def rows(text):
    lines = [line for line in text.splitlines() if line.startswith("| metlo-auto")]
    return [[without_seconds(cell) for cell in cells(line)] for line in lines]


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def without_seconds(cell):
    """Two seconds are promised, and a busy machine takes more; whoever waits for the collector takes a minute."""
    if cell.endswith(" s later"):
        return "soon" if float(cell.split()[0]) <= 30.0 else cell
    return cell
