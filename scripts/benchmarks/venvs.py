"""Virtual environments of the measurements' own in .venvs/bench-*, made once and kept."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Sequence

from benchmarks.machine import ROOT

HOME = ROOT / ".venvs"
TOOLS = ("maturin==1.16.0", "matplotlib==3.11.2", "hatchling==1.33.0", "py-spy==0.4.3", "brotli==1.2.1")
# The same for whoever is measured.
COMMON = ("flask==3.1.3", "werkzeug==3.1.9", "gunicorn==27.0.1", "gevent==26.9.0", "packaging==26.3")


class Trouble(Exception):
    """What keeps a measurement from going on, in one line."""


def say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


def run(what: str, command: Sequence[object]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        errors="replace",
    )
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()] or ["no reason given"]
        raise Trouble(f"could not {what}: {lines[-1]}")


def venv(name: str, requirements: Sequence[str], python: str) -> Path:
    """The folder of the environment `name`, made if it is not there or was made of something else."""
    folder = HOME / f"bench-{name}"
    made_of = "\n".join([version_of(python), *requirements])
    stamp = folder / "made-of"
    if not stamp.exists() or stamp.read_text() != made_of:
        say(f"installing {' '.join(requirements)}")
        shutil.rmtree(folder, ignore_errors=True)
        run(f"make the environment {name}", [python, "-m", "venv", folder])
        run(
            f"install {name}",
            [
                folder / "bin/python",
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-input",
                "--disable-pip-version-check",
                *requirements,
            ],
        )
        stamp.write_text(made_of)
    return folder


@lru_cache(maxsize=None)
def version_of(python: str) -> str:
    """Of the interpreter at this path, as 3.11.7."""
    command = [python, "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(command, stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout.strip()


def site_packages(folder: Path) -> Path:
    return next((folder / "lib").glob("python3*/site-packages"))


def tools() -> Path:
    """What the measurements need themselves."""
    return venv("tools", TOOLS, sys.executable)


def install_agent(folder: Path, revision: str) -> None:
    """The agent of this checkout, or of a git revision of it, into `folder` as its wheel."""
    _install(folder, revision, "agent", ("metlo_auto", "pyproject.toml", "LICENSE", "README.md"), "")


def install_native(folder: Path, revision: str) -> None:
    """The compiled way of a request, likewise; nothing of a revision that has none."""
    if not revision or _git("cat-file", "-e", f"{revision}:native") is not None:
        _install(folder, revision, "native", ("native",), "native")


def _install(folder: Path, revision: str, what: str, parts: Sequence[str], root: str) -> None:
    """The wheel of `root` in a copy of `parts`, unless what is there is made of the same."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "source"
        _snapshot(source, revision, parts)
        digest = _digest(source)
        stamp = folder / what
        if stamp.exists() and stamp.read_text() == digest:
            return
        builder = tools() / "bin/python"
        wheels = Path(name) / "wheels"
        run(
            f"build the {what}",
            _maturin(folder, source / root, wheels)
            if root
            else [
                builder,
                "-m",
                "pip",
                "wheel",
                "--quiet",
                "--no-deps",
                "--no-build-isolation",
                "--wheel-dir",
                wheels,
                source,
            ],
        )
        run(
            f"install the {what}",
            [
                folder / "bin/python",
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--no-index",
                "--force-reinstall",
                *wheels.glob("*.whl"),
            ],
        )
        stamp.write_text(digest)


def _maturin(folder: Path, source: Path, wheels: Path) -> list[object]:
    python = folder / "bin/python"
    kept = ["--target-dir", HOME / "native-target"]  # what is compiled of others stays the same
    build = [tools() / "bin/maturin", "build", "--release", "--locked", "--manifest-path", source / "Cargo.toml"]
    return [*build, "--interpreter", python, "--out", wheels, *kept]


def _snapshot(target: Path, revision: str, parts: Sequence[str]) -> None:
    target.mkdir()
    passed_over = shutil.ignore_patterns("__pycache__", "*.pyc", "target")
    if revision:
        present = [part for part in parts if _git("cat-file", "-e", f"{revision}:{part}") is not None]
        archive = _git("archive", revision, *present)
        if archive is None:
            raise Trouble(f"git knows no revision {revision}")
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(target)
    else:
        for part in parts:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, target / part, ignore=passed_over)
            elif (ROOT / part).exists():
                shutil.copy(ROOT / part, target / part)
    (target / "README.md").touch()  # the build wants one


def _git(*arguments: str) -> "bytes | None":
    done = subprocess.run(["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return None if done.returncode else done.stdout


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}{os.sep}".encode() + path.read_bytes())
    return digest.hexdigest()
