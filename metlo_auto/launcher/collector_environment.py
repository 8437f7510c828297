"""A virtual environment for the embedded collector's packages alone; knows venv and pip, nothing of who uses it.

The package metlo_auto itself is not copied into it: a folder that holds nothing but a link to it stands on its path.
"""

import os
import shutil
import subprocess
import sys
import zlib

from metlo_auto.cli import collector_packages
from metlo_auto.launcher.messages import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECONDS = 600
# What would have pip install elsewhere than it is told to.
MISLEADING = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_ROOT", "PIP_PYTHON",
              "PIP_REQUIRE_HASHES", "PIP_DRY_RUN", "PIP_NO_DEPS", "PIP_CONSTRAINT")
ELSE = "or install metlo-auto[collector] by pipx or uv, or name a Python that has it in METLO_COLLECTOR_PYTHON"


class PythonError(Exception):
    """The collector's environment is not there and cannot be made; one line that says why."""


class Environment:
    """`python` of an environment, and the folder `package` for its PYTHONPATH."""

    def __init__(self, python: str, package: str) -> None:
        self.python = python
        self.package = package


def ready(base: str, environ: "Dict[str, str]", yes: bool) -> Environment:
    """The environment, made by the interpreter `base` where it is not there yet. Raises PythonError."""
    there = made(base, environ)
    if there is not None:
        return there
    folder = _folder(base, environ)
    _ask(folder, yes)
    _make(base, folder, environ)
    return Environment(_python(folder), package_alone(environ))


def made(base: str, environ: "Dict[str, str]") -> "Optional[Environment]":
    """The environment for the interpreter `base`, None where it is not there. Raises PythonError."""
    python = _python(_folder(base, environ))
    return Environment(python, package_alone(environ)) if os.access(python, os.X_OK) else None


def _folder(base: str, environ: "Dict[str, str]") -> str:
    return os.path.join(_home(environ), _name(base))


def _python(folder: str) -> str:
    return os.path.join(folder, "bin", "python")


def package_alone(environ: "Dict[str, str]") -> str:
    """A folder with a link to our package and nothing else: beside it lie the packages of the app."""
    folder = os.path.join(_home(environ), "package-%08x" % zlib.crc32(os.fsencode(PACKAGE)))
    link = os.path.join(folder, "metlo_auto")
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
        if not os.path.islink(link):
            os.symlink(PACKAGE, link)
    except FileExistsError:  # another metlo-run was faster
        pass
    except OSError as error:
        raise PythonError("cannot write to %s: %s; set XDG_DATA_HOME to a folder of yours" % (
            folder, error.strerror)) from None
    return folder


def _home(environ: "Dict[str, str]") -> str:
    """Where it lies: in the user's data folder; nothing is made under a home folder that is not there."""
    given = environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(given):
        return os.path.join(given, "metlo-auto")
    home = environ.get("HOME") or os.path.expanduser("~")
    if not os.path.isabs(home) or not os.path.isdir(home):
        raise PythonError("this user has no home folder for the collector's environment; set XDG_DATA_HOME, " + ELSE)
    return os.path.join(home, ".local", "share", "metlo-auto")


def _name(base: str) -> str:
    """Another one for other packages or another Python."""
    wanted = "\n".join([os.path.realpath(base)] + collector_packages.requirements())
    return "collector-%08x" % zlib.crc32(wanted.encode())


def _ask(folder: str, yes: bool) -> None:
    """Goes on where `yes`, or whoever sits at the terminal, says so; raises PythonError."""
    wanted = ", ".join(distribution for distribution, _, _ in collector_packages.NEEDED)
    if yes:
        say("makes an environment for the embedded collector in %s, which takes about half a minute" % folder)
        return
    if not (_is_terminal(sys.stdin) and _is_terminal(sys.stderr)):
        raise PythonError("the embedded collector needs %s, which are not in this environment and are not put there; "
                          "metlo-run --local --yes makes an environment for it in %s, %s" % (wanted, folder, ELSE))
    say("the embedded collector needs %s, which are not in this environment." % wanted)
    say("It gets an environment of its own in %s (130 MB, half a minute);"
        " the app's packages stay as they are." % folder)
    sys.stderr.write("metlo-run: Make it? [Y/n] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("", "y", "yes"):
        raise PythonError("the collector's environment was not made; " + ELSE[3:])


def _is_terminal(stream: "object") -> bool:
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False


def _make(base: str, folder: str, environ: "Dict[str, str]") -> None:
    """Makes it aside and renames it: it is whole or not there."""
    draft = "%s.%d" % (folder, os.getpid())
    clean = {name: value for name, value in environ.items() if name not in MISLEADING}
    clean["METLO_DISABLED"] = "1"
    if not os.path.isdir(clean.get("HOME", "")):  # pip would make it, for its cache
        clean.update(HOME=draft, PIP_NO_CACHE_DIR="1")
    uv = shutil.which("uv", path=clean.get("PATH"))
    python = os.path.join(draft, "bin", "python")
    try:
        os.makedirs(os.path.dirname(folder), 0o700, exist_ok=True)
        if _run([base, "-m", "venv", draft], clean) is None:
            installer = [python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
        elif uv and _run([uv, "venv", "--quiet", "--clear", "--python", base, draft], clean) is None:
            installer = [uv, "pip", "install", "--quiet", "--python", python]
        else:
            said = "%s -m venv fails (on Debian and Ubuntu: apt install python3-venv); fix that, %s"
            raise PythonError(said % (base, ELSE))
        trouble = _run(installer + collector_packages.requirements(), clean)
        if trouble is not None:
            raise PythonError("the collector's packages cannot be installed: %s; without a way to PyPI set "
                              "PIP_FIND_LINKS to a folder of wheels, %s" % (trouble, ELSE))
        os.rename(draft, folder)
    except OSError as error:
        if not os.path.isdir(folder):  # else another metlo-run was faster
            raise PythonError("cannot make %s: %s; %s" % (folder, error.strerror, ELSE[3:])) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _run(command: "List[str]", environ: "Dict[str, str]") -> "Optional[str]":
    """None where it works, else the last line that it says."""
    try:
        child = subprocess.Popen(command, env=environ, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, universal_newlines=True)
    except OSError as error:
        return str(error)
    try:
        said = child.communicate(timeout=SECONDS)[0]
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return "it takes longer than %d s" % SECONDS
    except BaseException:  # ^C
        child.kill()
        raise
    lines = [line for line in said.splitlines() if line.strip()] or ["exit status %s" % child.returncode]
    return None if child.returncode == 0 else lines[-1].strip()
