"""The tables of what was tested are what the results say, and the results are of all that is promised."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ["scripts/compatibility_table", "docs/compatibility.json", "docs/compatibility.md", "README.md"]


def check(place):
    command = [sys.executable, str(place / "scripts" / "compatibility_table"), "--check"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def copied(tmp_path):
    for name in NEEDED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(str(ROOT / name), str(tmp_path / name))
    return tmp_path


def test_the_pages_have_the_tables_that_the_results_make():
    assert check(ROOT) == (0, "")


@pytest.mark.parametrize("page", NEEDED[2:])
def test_a_table_that_was_written_by_hand_is_noticed(copied, page):
    text = (copied / page).read_text(encoding="utf-8")
    assert "| 3.6 | 0.10.1" in text
    (copied / page).write_text(text.replace("| 3.6 | 0.10.1", "| 3.6 | 0.9", 1), encoding="utf-8")
    assert check(copied) == (1, page + " is not what docs/compatibility.json says: run scripts/compatibility_table\n")


def test_every_python_that_the_package_names_passed_with_its_oldest_and_its_newest_flask():
    results = json.loads((ROOT / "docs" / "compatibility.json").read_text(encoding="utf-8"))["combinations"]
    promised = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tried = {}
    for name, result in results.items():
        assert result.get("versions"), name + " failed"
        tried.setdefault(name.split()[0], set()).add(result["versions"]["Flask"])
    assert set(promised) <= set(tried)
    assert all(len(tried[python]) > 1 for python in promised)
    assert "0.10.1" in tried["3.6"]
