"""The user's own sitecustomize runs as if there were no other."""

import pathlib
import subprocess
from typing import Any, Dict, List, Tuple

import pytest

from tests.support.installed import BOOTSTRAP, Installed, run

pytestmark = pytest.mark.core
CHAINING = """
import importlib.machinery, importlib.util, os, sys
print("theirs")
rest = [entry for entry in sys.path if entry != os.path.dirname(__file__)]
spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
if spec is not None:
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
"""
REPORT = """
import sys
found = sys.modules.get("sitecustomize")
print(getattr(found, "__file__", None), getattr(found, "__name__", None), getattr(found, "MARK", None))
print(found is not None and sys.modules[found.__name__] is found)
"""


def both(metlo: Installed, folder: pathlib.Path, options: List[str], code: str, **more: Any) -> List[Tuple[Any, ...]]:
    """Status, stdout and stderr of `code`, with `folder` alone on PYTHONPATH and with the bootstrap before it.

    Not by metlo-run: that is a Python too, and runs the user's sitecustomize for itself.
    """
    results = []
    for path in (str(folder), BOOTSTRAP + ":" + str(folder)):
        done = run([metlo.python] + options + ["-c", code], metlo.environ(PYTHONPATH=path, **more))
        results.append((done.returncode, done.stdout, done.stderr))
    return results


def strip(text: str, folder: pathlib.Path) -> str:
    """Without our own frames, which Python shows where it prints a whole traceback."""
    kept, skip = [], False
    for line in text.splitlines():
        if "metlo_auto" in line:
            skip = True
        elif skip and line.startswith("    "):
            continue
        else:
            skip = False
            kept.append(line)
    return "\n".join(kept)


def test_a_module_runs_and_is_what_sys_modules_holds(metlo: Installed, tmp_path: pathlib.Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; MARK = sorted(sys.modules).count('sitecustomize')")
    native, under = both(metlo, tmp_path, [], REPORT)
    assert under == native
    assert str(tmp_path) in under[1]


def test_a_package_runs_and_is_what_sys_modules_holds(metlo: Installed, tmp_path: pathlib.Path) -> None:
    (tmp_path / "sitecustomize").mkdir()
    (tmp_path / "sitecustomize" / "__init__.py").write_text("from sitecustomize import part\nMARK = part.MARK")
    (tmp_path / "sitecustomize" / "part.py").write_text("MARK = __name__")
    native, under = both(metlo, tmp_path, [], REPORT + "import sitecustomize.part as p; print(p.__file__)")
    assert under == native


def test_it_can_change_sys_path_and_the_environment(metlo: Installed, tmp_path: pathlib.Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys; sys.path.insert(0, '/first'); sys.path.append('/last'); os.environ['SET'] = 'yes'"
    )
    native, under = both(metlo, tmp_path, [], "import os, sys; print(sys.path, os.environ['SET'])")
    assert under == native


RAISES: Dict[str, str] = {
    "error": "raise ValueError('of the user')",
    "system exit": "raise SystemExit(7)",
    "system exit with a text": "raise SystemExit('the user is leaving')",
    "import error": "import no_such_module_of_the_user",
    "import error without a name": "raise ImportError('of the user')",
    "syntax error": "this is no python",
    "keyboard interrupt": "raise KeyboardInterrupt",
}


@pytest.mark.parametrize("options", [[], ["-W", "error"]], ids=repr)
@pytest.mark.parametrize("code", list(RAISES.values()), ids=list(RAISES))
def test_what_it_raises_is_treated_by_python_as_ever(
    metlo: Installed, tmp_path: pathlib.Path, code: str, options: List[str]
) -> None:
    (tmp_path / "sitecustomize.py").write_text(code)
    native, under = both(metlo, tmp_path, options, REPORT)
    assert under[:2] == native[:2]
    assert strip(under[2], tmp_path) == strip(native[2], tmp_path)


def test_a_raising_one_does_not_keep_the_process_from_being_armed(metlo: Installed, tmp_path: pathlib.Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise ValueError('of the user')")
    _, under = both(metlo, tmp_path, [], "import sys; print('metlo_auto.imports.import_hook' in sys.modules)")
    assert under[1] == "True\n"


def test_it_runs_after_the_import_hook_is_in_place(metlo: Installed, tmp_path: pathlib.Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; print('metlo_auto.imports.import_hook' in sys.modules)")
    assert both(metlo, tmp_path, [], "")[1][1] == "True\n"


def test_one_that_runs_the_next_by_hand_runs_once_and_so_does_the_users(
    metlo: Installed, tmp_path: pathlib.Path
) -> None:
    """As New Relic's does, which stays on sys.path."""
    for name, code in (("theirs", CHAINING), ("users", "print('users')")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sitecustomize.py").write_text(code)
    path = ":".join([str(tmp_path / "theirs"), BOOTSTRAP, str(tmp_path / "users")])
    code = "import sys; print('metlo_auto.imports.import_hook' in sys.modules, len([f for f in sys.meta_path if 'Next' in repr(f)]))"
    done = run([metlo.python, "-c", code], metlo.environ(PYTHONPATH=path))
    assert (done.stdout, done.stderr) == ("theirs\nusers\nTrue 0\n", "")
    (tmp_path / "users" / "sitecustomize.py").unlink()
    done = run([metlo.python, "-c", code], metlo.environ(PYTHONPATH=path))
    assert (done.stdout, done.stderr) == ("theirs\nTrue 0\n", "")


def test_usercustomize_runs_too(own: Installed, tmp_path: pathlib.Path) -> None:
    base = subprocess.check_output([own.python, "-c", "import os, sys; print(os.path.realpath(sys.executable))"])
    python = base.decode().strip()  # a venv has no user site
    place = pathlib.Path(run([python, "-m", "site", "--user-site"], own.environ()).stdout.strip())
    assert own.home in place.parents
    place.mkdir(parents=True)
    (place / "usercustomize.py").write_text("print('user')")
    (place / "sitecustomize.py").write_text("print('site')")
    native = run([python, "-c", ""], own.environ())
    under = own.run(python, "-c", "")
    assert (under.returncode, under.stdout) == (native.returncode, native.stdout)
    # Debian's Pythons have a sitecustomize of their own, which comes first.
    assert native.stdout in ("site\nuser\n", "user\n") and native.returncode == 0


def test_without_one_nothing_is_said_and_nothing_else_is_imported(metlo: Installed, tmp_path: pathlib.Path) -> None:
    native, under = both(metlo, tmp_path, ["-W", "error"], "print('fine')")
    assert under == native == (0, "fine\n", "")
