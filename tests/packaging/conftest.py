"""The wheel and the sdist, built from this checkout by the tools that a release uses."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def build(place, *kinds):
    for needed in ("build", "hatchling"):
        pytest.importorskip(needed, reason=f"the package `{needed}` is not installed")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(place)]
    subprocess.check_output(command + [*kinds, str(ROOT)], stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    place = tmp_path_factory.mktemp("wheel")
    build(place, "--wheel")
    return next(place.glob("*.whl"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory):
    place = tmp_path_factory.mktemp("sdist")
    build(place, "--sdist")
    return next(place.glob("*.tar.gz"))
