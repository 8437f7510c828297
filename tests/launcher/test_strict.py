"""--strict and METLO_STRICT: no app is started that would not be reported, and every other one is."""

from typing import Any

import pytest

from tests.support.installed import Installed, make_venv, run

pytestmark = pytest.mark.core
RAN = ["python", "-c", "import flask; flask.Flask('shop'); print('ran')"]
GOOD = {"METLO_HOST": "http://127.0.0.1:9", "METLO_API_KEY": "k"}


def test_an_app_that_would_be_reported_runs(metlo: Installed) -> None:
    done = metlo.run("--strict", *RAN, environ=metlo.environ(**GOOD))
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")


@pytest.mark.parametrize("changes, named", [
    ({"METLO_API_KEY": None}, "METLO_API_KEY"), ({"METLO_HOST": None}, "METLO_HOST"),
    ({"METLO_HOST": "collector.example.com"}, "METLO_HOST"), ({"METLO_HOST": "ftp://c"}, "METLO_HOST"),
])
def test_missing_and_bad_settings_refuse(metlo: Installed, changes: Any, named: str) -> None:
    done = metlo.run("--strict", *RAN, environ=metlo.environ(**dict(GOOD, **changes)))
    assert (done.returncode, done.stdout) == (78, "")
    assert named in done.stderr and "refusing to start the app" in done.stderr
    assert all(line.startswith("metlo: ") for line in done.stderr.splitlines())


def test_a_command_that_makes_no_flask_app_is_no_business_of_strict(metlo: Installed) -> None:
    done = metlo.run("--strict", "python", "-c", "print('ran')", environ=metlo.environ())
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")


def test_the_environment_asks_for_it_too(metlo: Installed) -> None:
    assert metlo.run(*RAN, environ=metlo.environ(METLO_STRICT="1")).returncode == 78
    assert metlo.run(*RAN, environ=metlo.environ(METLO_STRICT="0")).returncode == 0


def test_the_app_is_told(metlo: Installed) -> None:
    code = "import os; print(os.environ['METLO_STRICT'])"
    assert metlo.run("--strict", "python", "-c", code, environ=metlo.environ(**GOOD)).stdout == "1\n"


@pytest.mark.parametrize("package", ["wrapt", "requests", "flask"])
def test_a_package_that_cannot_be_imported_refuses(own: Installed, package: str) -> None:
    (own.site / package).mkdir()
    (own.site / package / "__init__.py").write_text("raise ImportError('half installed')")
    done = own.run("--strict", *RAN, environ=own.environ(**GOOD))
    assert (done.returncode, done.stdout) == (78, "")
    assert package in done.stderr.lower() and "pip install" in done.stderr


def test_an_interpreter_without_flask_refuses(metlo: Installed, tmp_path: Any) -> None:
    make_venv(tmp_path / "bare", [])
    python = str(tmp_path / "bare" / "bin" / "python")
    done = metlo.run("--strict", python, "-c", "print('ran')", environ=metlo.environ(**GOOD))
    assert (done.returncode, done.stdout) == (78, "")
    assert "%s -m pip install" % python in done.stderr


def test_what_cannot_be_asked_is_started(metlo: Installed) -> None:
    done = metlo.run("--strict", "sh", "-c", "echo ran", environ=metlo.environ(**GOOD))
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")


def test_switched_off_on_purpose_is_no_obstacle(metlo: Installed) -> None:
    done = metlo.run("--strict", *RAN, environ=metlo.environ(METLO_DISABLED="1"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")


def test_a_command_that_is_not_there_is_still_127(metlo: Installed) -> None:
    assert metlo.run("--strict", "no-such-command").returncode == 127


def test_the_env_file_that_was_named_counts(metlo: Installed, tmp_path: Any) -> None:
    (tmp_path / "settings").write_text("METLO_HOST=http://127.0.0.1:9\nMETLO_API_KEY=k\n")
    for option in (["--env-file", "settings"], ["--env-file=settings"]):
        done = metlo.run("--strict", *(option + RAN), cwd=str(tmp_path))
        assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")
    shown = run([metlo.command, "--env-file", "settings", "sh", "-c", "echo $METLO_ENV_FILE"], metlo.environ(),
                cwd=str(tmp_path))
    assert shown.stdout == "%s\n" % (tmp_path / "settings")
    shown = run([metlo.command, "--no-env-file", "sh", "-c", "echo $METLO_ENV_FILE"], metlo.environ())
    assert shown.stdout == "off\n"
