"""Programs that bring a Python of their own are found out; the real tools make what these look like."""

import pathlib
import zipfile
from typing import Any, Callable

import pytest

from tests.support.installed import Installed

pytestmark = pytest.mark.core
COOKIE = b"MEI\014\013\012\013\016"


def pex(path: pathlib.Path, *names: str) -> pathlib.Path:
    """A file as pex makes it: a line for the kernel, then a zip."""
    with open(str(path), "wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(str(path), "a") as archive:
        for name in ("PEX-INFO", "__main__.py") + names:
            archive.writestr(name, "print('ran')\n" if name == "__main__.py" else "{}")
    path.chmod(0o755)
    return path


def unpacked(path: pathlib.Path) -> pathlib.Path:
    path.mkdir()
    (path / "PEX-INFO").write_text("{}")
    (path / "__main__.py").write_text("print('ran')\n")
    return path


def frozen(path: pathlib.Path, content: bytes = b"") -> pathlib.Path:
    path.write_bytes(b"#!/bin/sh\necho ran\nexit\n" + content + COOKIE + b"\0" * 80)
    path.chmod(0o755)
    return path


def cx_frozen(path: pathlib.Path) -> pathlib.Path:
    (path / "lib").mkdir(parents=True)
    (path / "lib" / "library.zip").write_bytes(b"")
    (path / "shop").write_text("#!/bin/sh\necho ran\n")
    (path / "shop").chmod(0o755)
    return path / "shop"


MAKERS = [(pex, "pex", []), (pex, "pex", ["python"]), (unpacked, "pex", ["python"]), (frozen, "PyInstaller", []),
          (cx_frozen, "cx_Freeze", [])]


@pytest.mark.parametrize("make, tool, before", MAKERS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_one_line_says_what_is_not_reported_and_the_way_that_works(
    metlo: Installed, tmp_path: pathlib.Path, make: Callable[[Any], Any], tool: str, before: Any
) -> None:
    environ = metlo.environ(METLO_HOST="http://127.0.0.1:9", METLO_API_KEY="k")
    argv = [*before, str(make(tmp_path / "shop"))]
    done = metlo.run(*argv, environ=environ)
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert done.stderr.count("\n") == 1 and "is made by %s," % tool in done.stderr and "import metlo_auto.auto" in done.stderr
    strict = metlo.run("--strict", *argv, environ=environ)
    assert (strict.returncode, strict.stdout) == (78, "")
    check = metlo.run("--check", *argv, environ=environ)
    assert check.returncode == 1 and tool in check.stdout and "will arrive" not in check.stdout


def test_one_that_has_metlo_auto_in_it_is_left_alone(metlo: Installed, tmp_path: pathlib.Path) -> None:
    for program in (pex(tmp_path / "a", ".deps/metlo_auto-1-py3-none-any.whl/metlo_auto/auto.py"),
                    frozen(tmp_path / "b", b"\0metlo_auto.auto\0")):
        assert metlo.run(str(program)).stderr == ""


def test_other_zips_and_scripts_are_none(metlo: Installed, tmp_path: pathlib.Path) -> None:
    with zipfile.ZipFile(str(tmp_path / "app.pyz"), "w") as archive:
        archive.writestr("__main__.py", "print('ran')\n")
    (tmp_path / "say.py").write_text("print('PEX-INFO')\n")
    assert metlo.run("python", str(tmp_path / "app.pyz")).stderr == metlo.run("python", str(tmp_path / "say.py")).stderr == ""
