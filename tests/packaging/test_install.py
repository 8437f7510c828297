"""The wheel in clean environments: it installs, and its command runs."""

import pathlib
import re
import subprocess
import sys

import pytest

from metlo_auto.version import VERSION

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def python_36():
    found = sorted(pathlib.Path.home().glob(".pyenv/versions/3.6.*/bin/python"))
    if not found:
        pytest.skip("no Python 3.6 in ~/.pyenv")
    return str(found[0])


def installed(python, pip, wheel, place):
    """The bin folder of an environment with nothing but the wheel and what it asks for."""
    run = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    subprocess.check_output([python, "-m", "venv", str(place)], **run)
    install = [
        str(place / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.check_output(install + ["--upgrade", pip], **run)
    subprocess.check_output(install + [str(wheel)], **run)
    return place / "bin"


def says(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode()


@pytest.mark.parametrize("oldest", [False, True], ids=["this Python", "3.6 with pip 21.3.1"])
def test_metlo_run_works_after_pip_install(oldest, wheel, tmp_path):
    python, pip = (python_36(), "pip==21.3.1") if oldest else (sys.executable, "pip")
    programs = installed(python, pip, wheel, tmp_path / "venv")
    status, said = says(str(programs / "metlo-run"), "--version")
    assert (status, re.findall(re.escape(VERSION), said)) == (0, [VERSION])
    assert says(str(programs / "metlo-run"), str(programs / "python"), "-c", "print(6 * 7)")[0] == 0
    assert says(str(programs / "python"), "-m", "pip", "check")[0] == 0
