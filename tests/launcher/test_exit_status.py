"""What metlo-run answers for commands that cannot be run, and that it passes on what the command answers."""

import os
import pathlib
import signal
from typing import List

import pytest

from tests.support.installed import Installed

pytestmark = pytest.mark.core


def script(path: pathlib.Path, text: str, mode: int = 0o755) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def one_line(stderr: str) -> str:
    assert stderr.startswith("metlo-run: ") and stderr.count("\n") == 1 and stderr.endswith("\n"), stderr
    return stderr


@pytest.mark.parametrize("argv", [
    [], ["--strict"], ["--"], ["--lokal", "true"], ["--loc", "true"], ["--env-file"], ["--env-file="],
    ["--env-file", ""], ["--json", "true"], ["-x"],
])
def test_a_command_line_that_cannot_be_understood_is_2(metlo: Installed, argv: List[str]) -> None:
    done = metlo.run(*argv)
    assert done.returncode == 2
    one_line(done.stderr)
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["no-such-command", "", "./no-such-file", "/no/such/folder/file", "a" * 300])
def test_a_command_that_is_not_there_is_127(metlo: Installed, command: str) -> None:
    done = metlo.run(command, "argument")
    assert done.returncode == 127
    assert "not found" in one_line(done.stderr)
    assert done.stdout == ""


def test_a_folder_is_126(metlo: Installed, tmp_path: pathlib.Path) -> None:
    done = metlo.run(str(tmp_path))
    assert done.returncode == 126
    assert "directory" in one_line(done.stderr)


def test_a_python_file_without_the_x_bit_is_126_and_the_right_command_is_named(
    metlo: Installed, tmp_path: pathlib.Path
) -> None:
    script(tmp_path / "app.py", "print('no')", 0o644)
    done = metlo.run("./app.py", cwd=str(tmp_path))
    assert done.returncode == 126
    assert "metlo-run python ./app.py" in one_line(done.stderr)


def test_a_python_file_typed_without_a_path_is_127_and_the_right_command_is_named(
    metlo: Installed, tmp_path: pathlib.Path
) -> None:
    script(tmp_path / "app.py", "print('no')", 0o644)
    done = metlo.run("app.py", cwd=str(tmp_path))
    assert done.returncode == 127
    assert "metlo-run python app.py" in one_line(done.stderr)


def test_a_script_whose_interpreter_is_gone_is_126(metlo: Installed, tmp_path: pathlib.Path) -> None:
    done = metlo.run(script(tmp_path / "old", "#!/no/such/python\n"))
    assert done.returncode == 126
    assert "interpreter" in one_line(done.stderr)


def test_a_program_of_another_machine_is_126(metlo: Installed, tmp_path: pathlib.Path) -> None:
    (tmp_path / "alien").write_bytes(b"\x7fELF\0\0\0\0" * 40)
    (tmp_path / "alien").chmod(0o755)
    done = metlo.run(str(tmp_path / "alien"))
    assert done.returncode == 126
    one_line(done.stderr)


def test_a_script_without_a_first_line_runs_by_sh(metlo: Installed, tmp_path: pathlib.Path) -> None:
    done = metlo.run(script(tmp_path / "plain", 'printf "%s|" "$0" "$@"\nexit 5\n'), "a b", "", "--")
    assert (done.returncode, done.stdout, done.stderr) == (5, "%s|a b||--|" % (tmp_path / "plain"), "")


def test_an_empty_script_succeeds(metlo: Installed, tmp_path: pathlib.Path) -> None:
    assert metlo.run(script(tmp_path / "empty", "")).returncode == 0


def test_folders_and_plain_files_earlier_in_path_are_passed_over(metlo: Installed, tmp_path: pathlib.Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "tool").mkdir()
    script(tmp_path / "b" / "tool", "#!/bin/sh\necho b\n", 0o644)
    script(tmp_path / "c" / "tool", "#!/bin/sh\necho c\n")
    path = os.pathsep.join(str(tmp_path / name) for name in ("none", "a", "b", "c"))
    done = metlo.run("tool", environ=metlo.environ(PATH=path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "c\n", "")


def test_what_was_passed_over_makes_126_where_nothing_else_is_found(metlo: Installed, tmp_path: pathlib.Path) -> None:
    script(tmp_path / "tool", "#!/bin/sh\necho b\n", 0o644)
    done = metlo.run("tool", environ=metlo.environ(PATH="/usr/bin:%s" % tmp_path))
    assert done.returncode == 126
    one_line(done.stderr)


def test_an_empty_entry_of_path_is_the_current_folder(metlo: Installed, tmp_path: pathlib.Path) -> None:
    script(tmp_path / "tool", "#!/bin/sh\necho here\n")
    done = metlo.run("tool", environ=metlo.environ(PATH="/usr/bin::/bin"), cwd=str(tmp_path))
    assert done.stdout == "here\n"


@pytest.mark.parametrize("status", [0, 1, 3, 78, 127, 255])
def test_the_status_of_the_command_is_passed_on(metlo: Installed, status: int) -> None:
    done = metlo.run("sh", "-c", "exit %d" % status)
    assert (done.returncode, done.stderr) == (status, "")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGINT", "SIGSEGV"])
def test_the_signal_that_ends_the_command_ends_metlo_run(metlo: Installed, name: str) -> None:
    number = int(getattr(signal, name))
    done = metlo.run("sh", "-c", "ulimit -c 0; kill -%d $$" % number)
    assert done.returncode == -number
