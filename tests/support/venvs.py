"""Virtual environments for apps of others, made once and kept in .venvs/apps; knows pip, and pytest's way to skip."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import Iterator, Sequence

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("METLO_TEST_VENVS", str(ROOT / ".venvs" / "apps")))
NOT_MADE_FOR_IT = re.compile("No matching distribution.*|(metadata-generation-failed|Failed to build|Failed building)[^╰]*(╰─> .*)?")
PIP_36 = "pip==21.3.1"  # the bundled one picks releases that refuse 3.6


UWSGI = ["uwsgi", "flask[async]", "gunicorn"]  # one list, since it takes a minute to build


def app_venv(name: str, requirements: Sequence[str], python: str = sys.executable) -> pathlib.Path:
    """The bin folder of an environment with `requirements` and this checkout; RuntimeError with pip's words.

    One for each set of requirements, our metadata and the interpreter; one process makes it. It is never made anew in
    its place, where another test may be running from it. What others publish today is for Python 3.9 and newer.
    """
    if python == sys.executable and sys.version_info < (3, 9):
        import pytest  # not everybody who wants an environment has it

        pytest.skip("the apps of others are for Python 3.9 and newer")
    kind = subprocess.check_output([python, "-VV"], stderr=subprocess.STDOUT)
    metadata = (ROOT / "pyproject.toml").read_bytes()
    digest = hashlib.sha256(b"\0".join([kind, metadata, repr(sorted(requirements)).encode()])).hexdigest()
    place = CACHE / ("%s-%s" % (name, digest[:8]))
    with _locked(CACHE / (place.name + ".lock")):
        if not (place / "made").exists():
            shutil.rmtree(str(place), ignore_errors=True)  # what a killed run began
            _make(place, requirements, python)
            (place / "made").touch()
    return place / "bin"


def venv_if_made_for_it(name: str, requirements: Sequence[str]) -> pathlib.Path:
    """As app_venv; skips where pip finds no release for this Python, or one that would have to be built and cannot be."""
    try:
        return app_venv(name, requirements)
    except RuntimeError as error:
        found = NOT_MADE_FOR_IT.search(str(error))
        if found is None:
            raise
        import pytest

        pytest.skip("what %s needs does not install on this Python: %s" % (name, " ".join(found.group().split())))


def _make(place: pathlib.Path, requirements: Sequence[str], python: str) -> None:
    _run([python, "-m", "venv", str(place)])
    pip = [str(place / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    old = subprocess.check_output([python, "-c", "import sys; print(sys.version_info < (3, 7))"]).strip()
    _run(pip + ["--upgrade", PIP_36 if old == b"True" else "pip"])
    _run(pip + ["--editable", str(ROOT)] + list(requirements))


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise RuntimeError("{}:\n{}".format(" ".join(command), done.stdout.decode(errors="replace")[-3000:]))


@contextlib.contextmanager
def _locked(path: pathlib.Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(str(path), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
