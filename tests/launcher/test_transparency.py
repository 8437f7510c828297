"""A command sees the same whether it runs natively or under metlo-run."""

import json
import os
import pathlib
import sys
import zipfile
from typing import Any, Dict, List

import pytest

from tests.support.installed import Installed, run

pytestmark = [
    pytest.mark.core,
    pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="the witness reads /proc"),
]
WITNESS = str(pathlib.Path(__file__).with_name("witness.py"))


def both(metlo: Installed, argv: List[str], environ: Dict[str, str], shell: str = '"$@"') -> List[Any]:
    """What `argv` prints natively and under metlo-run, each started by the snippet `shell`."""
    seen = []
    for prefix in ([], [metlo.command]):
        done = run(["/bin/sh", "-c", shell, "sh"] + prefix + argv, environ=environ)
        assert done.returncode == 0, done.stderr
        assert "metlo" not in done.stderr, done.stderr
        out = environ.get("WITNESS_OUT")
        seen.append(json.loads(pathlib.Path(out).read_text() if out else done.stdout))
    return seen


OPTIONS = [
    [], ["-s"], ["-P"], ["-B"], ["-O"], ["-OO"], ["-u"], ["-bb"], ["-q"], ["-X", "dev"], ["-W", "error"], ["-Werror", "-sB"],
    ["-X", "utf8"], ["-X", "faulthandler"],
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_options_of_the_interpreter(metlo: Installed, options: List[str]) -> None:
    if options == ["-P"] and sys.version_info < (3, 11):
        pytest.skip("-P came with Python 3.11")
    native, under = both(metlo, ["python"] + options + [WITNESS, "a"], metlo.environ())
    assert under == native


@pytest.mark.parametrize("arguments", [[""], ["--"], ["--", "-x", ""], ["-h"], ["--version"], ["a b", "ü", "\n"]], ids=repr)
def test_arguments(metlo: Installed, arguments: List[str]) -> None:
    native, under = both(metlo, ["python", WITNESS] + arguments, metlo.environ())
    assert under == native
    assert under["argv"][1:] == arguments


def test_argv0_as_typed(metlo: Installed) -> None:
    for typed in ("python", metlo.python):
        native, under = both(metlo, [typed, WITNESS], metlo.environ())
        assert under == native
        if under["orig_argv"]:
            assert under["orig_argv"][0] == typed


def test_dash_dash_ends_the_options_of_metlo_run_only(metlo: Installed) -> None:
    done = metlo.json("--", "python", WITNESS, "--", "--local")
    assert done["argv"][1:] == ["--", "--local"]


def test_code_module_and_zipapp(metlo: Installed, tmp_path: pathlib.Path) -> None:
    code = pathlib.Path(WITNESS).read_text()
    (tmp_path / "witness_module.py").write_text(code)
    with zipfile.ZipFile(str(tmp_path / "app.pyz"), "w") as archive:
        archive.writestr("__main__.py", code)
    enter = 'cd "%s" && "$@"' % tmp_path
    for argv in (["-c", code, "x"], ["-m", "witness_module", "x"], ["app.pyz", "x"]):
        native, under = both(metlo, ["python"] + argv, metlo.environ(), enter)
        assert under == native


@pytest.mark.parametrize("environ", [
    {"LANG": None}, {"LANG": "C"}, {"LANG": None, "LC_CTYPE": "C"}, {"LANG": None, "LC_CTYPE": "C.UTF-8"},
    {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "de_DE.ISO-8859-1"}, {"LANG": None, "PYTHONUTF8": "1"},
    {"LANG": None, "PYTHONCOERCECLOCALE": "0"}, {"HOME": None}, {"PYTHONDONTWRITEBYTECODE": "1"},
    {"PYTHONSAFEPATH": "1"}, {"PYTHONWARNINGS": "error"}, {"NAME_WITH_BYTES": os.fsdecode(b"\xff\xfe")},
], ids=repr)
def test_environment(metlo: Installed, environ: Dict[str, Any]) -> None:
    if "ISO-8859" in str(environ) and sys.implementation.name == "pypy":
        pytest.skip("PyPy does not start in a locale that the machine has not")
    native, under = both(metlo, ["python", WITNESS], metlo.environ(**environ))
    assert under == native


def test_an_environment_that_is_all_but_empty(metlo: Installed, tmp_path: pathlib.Path) -> None:
    out = tmp_path / "seen"
    native, under = both(metlo, [metlo.python, WITNESS], {"WITNESS_OUT": str(out)})
    assert under == native


def test_no_path_finds_the_usual_commands(metlo: Installed) -> None:
    done = metlo.run("echo", "hello", environ=metlo.environ(PATH=None))
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(metlo: Installed, tmp_path: pathlib.Path, closed: str) -> None:
    environ = metlo.environ(WITNESS_OUT=str(tmp_path / "seen"))
    native, under = both(metlo, ["python", WITNESS], environ, '"$@" ' + closed)
    assert under == native


def test_metlo_run_keeps_its_status_where_it_cannot_speak(metlo: Installed) -> None:
    done = run(["/bin/sh", "-c", '"$0" no-such-command 2>&-', metlo.command], environ=metlo.environ())
    assert done.returncode == 127


def test_inherited_descriptors(metlo: Installed) -> None:
    native, under = both(metlo, ["python", WITNESS], metlo.environ(), '"$@" 5</dev/null 7</dev/null')
    assert under == native
    assert {5, 7} <= set(under["descriptors"])


def test_a_current_folder_that_is_gone(metlo: Installed, tmp_path: pathlib.Path) -> None:
    gone = 'mkdir "%s/gone" && cd "%s/gone" && rmdir "%s/gone" && "$@"' % (tmp_path, tmp_path, tmp_path)
    native, under = both(metlo, ["python", WITNESS], metlo.environ(), gone)
    assert under == native
    assert under["cwd"] is None


def test_ignored_signals_stay_ignored(metlo: Installed) -> None:
    native, under = both(metlo, ["python", WITNESS], metlo.environ(), 'trap "" INT HUP; "$@"')
    assert under == native


def test_the_pid_is_that_of_metlo_run(metlo: Installed) -> None:
    done = run(["/bin/sh", "-c", 'echo $$; exec "$@"', "sh", metlo.command, "sh", "-c", "echo $$"], environ=metlo.environ())
    first, second = done.stdout.split()
    assert first == second


def test_a_shell_has_sigpipe_and_sigxfsz_by_default(metlo: Installed) -> None:
    status = metlo.run("cat", "/proc/self/status").stdout
    ignored = int(next(line for line in status.splitlines() if line.startswith("SigIgn")).split()[1], 16)
    assert ignored & (1 << 12 | 1 << 24) == 0  # 13 is SIGPIPE, 25 is SIGXFSZ


def test_a_program_whose_reader_leaves_ends_by_sigpipe(metlo: Installed) -> None:
    done = run(
        ["bash", "-c", '"$0" yes | head -n 1; echo "${PIPESTATUS[0]}"', metlo.command], environ=metlo.environ()
    )
    assert done.stdout.split() == ["y", "141"]
