"""What the check says of the command, its Python, its settings and the spool."""

import json
import os
import pathlib
import socket
import sys
from typing import Any, Dict

import pytest

from tests.doctor.conftest import found
from tests.support.installed import BOOTSTRAP, Installed, make_venv
from tests.support.interpreters import interpreters
from tests.support.recorder import Recorder

pytestmark = pytest.mark.core


def check(metlo: Installed, *argv: str, environ: Any, **more: Any) -> Any:
    return metlo.run("--check", "--json", *argv, environ=environ, **more)


def only_failure(done: Any, name: str, *words: str) -> None:
    failed = [finding for finding in json.loads(done.stdout)["findings"] if finding["status"] == "failed"]
    assert done.returncode == 1 and [finding["check"] for finding in failed] == [name], failed
    said = failed[0]["said"] + " -> " + failed[0]["fix"]
    assert all(word in said for word in words), said


def test_text_for_people_names_version_settings_and_steps(
    metlo: Installed, recorder: Recorder, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "app.py").write_text("import flask\napp = flask.Flask('shop')\nif __name__ == '__main__': app.run()\n")
    environ = metlo.environ(**dict(recorder.environ(), METLO_WORKERS="2"))
    done = metlo.run("--check", "python", "app.py", environ=environ, cwd=str(tmp_path))
    assert done.returncode == 0, done.stdout
    for part in ("metlo-auto 0.", "METLO_WORKERS", "(environment)", BOOTSTRAP, "flask ", "requests ",
                 "the collector answers and takes the key", "Traces will arrive."):
        assert part in done.stdout
    assert recorder.key not in done.stdout


def test_json_for_machines(metlo: Installed, recorder: Recorder) -> None:
    document = json.loads(check(metlo, environ=metlo.environ(**recorder.environ())).stdout)
    assert sorted(document) == ["findings", "ok", "settings", "version"] and document["ok"] is True
    assert document["settings"]["METLO_HOST"] == {"value": recorder.host, "source": "environment"}
    assert {"bootstrap", "interpreter", "flask", "metlo_auto", "spool", "tcp", "verify"} <= {
        finding["check"] for finding in document["findings"]}
    assert all(sorted(f) == ["check", "fix", "said", "seconds", "status"] for f in document["findings"])


def test_the_key_is_masked_wherever_it_comes_from(metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder) -> None:
    recorder.key = "metlo-secret-key-0123456789"
    (tmp_path / ".env").write_text("METLO_HOST=%s\nMETLO_API_KEY=%s\n" % (recorder.host, recorder.key))
    done = check(metlo, environ=metlo.environ(METLO_ENV_FILE=None), cwd=str(tmp_path))
    settings = json.loads(done.stdout)["settings"]
    assert done.returncode == 0 and recorder.key not in done.stdout
    assert settings["METLO_API_KEY"] == {"value": "********6789", "source": "%s, line 2" % (tmp_path / ".env")}
    assert str(tmp_path / ".env") in found(done, "env_file")[0]["said"]


def test_missing_settings(metlo: Installed) -> None:
    only_failure(check(metlo, environ=metlo.environ()), "settings", "METLO_HOST", "METLO_API_KEY", "--local")


@pytest.mark.parametrize("setting, value, name, words", [
    ("METLO_DISABLED", "yes", "disabled", ("METLO_DISABLED", "switches reporting off")),
    ("METLO_SAMPLE_RATE", "0", "sample_rate", ("METLO_SAMPLE_RATE", "1.0")),
    ("METLO_IGNORE_PATHS", "/x,/*", "ignore_paths", ("METLO_IGNORE_PATHS", "every path")),
])
def test_settings_that_keep_traces_away(
    metlo: Installed, recorder: Recorder, setting: str, value: str, name: str, words: Any
) -> None:
    environ = metlo.environ(**dict(recorder.environ(), **{setting: value}))
    only_failure(check(metlo, environ=environ), name, *words)


def test_a_lower_rate_and_a_mistyped_setting_are_notes(metlo: Installed, recorder: Recorder) -> None:
    environ = metlo.environ(**dict(recorder.environ(), METLO_SAMPLE_RATE="0.25", METLO_WORKER="3"))
    done = check(metlo, environ=environ)
    assert done.returncode == 0
    assert "25 %" in found(done, "sample_rate")[0]["said"]
    assert "METLO_WORKERS" in found(done, "settings")[0]["said"]


def test_a_python_without_flask(metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder) -> None:
    make_venv(tmp_path / "bare", [str(pathlib.Path(BOOTSTRAP).parents[1])])
    python = str(tmp_path / "bare" / "bin" / "python")
    done = check(metlo, python, environ=metlo.environ(**recorder.environ()))
    flask = found(done, "flask")[0]
    assert flask["status"] == "failed" and "%s -m pip install flask" % python in flask["fix"]
    assert found(done, "requests")[0]["status"] == "failed"


def test_another_venv_without_metlo_auto_is_lent_it(metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder) -> None:
    import sysconfig

    make_venv(tmp_path / "theirs", [sysconfig.get_paths()["purelib"]])
    python = str(tmp_path / "theirs" / "bin" / "python")
    done = check(metlo, python, "app.py", environ=metlo.environ(**recorder.environ()))
    if "metlo_auto" in os.listdir(sysconfig.get_paths()["purelib"]):
        pytest.skip("metlo_auto is in that folder too")
    assert done.returncode == 0, done.stdout
    assert "-m pip install metlo-auto==" in found(done, "metlo_auto")[0]["said"]


def test_a_python_of_another_version_wants_an_installation_of_its_own(
    tmp_path: pathlib.Path, recorder: Recorder
) -> None:
    import sysconfig

    mine = "%d.%d" % sys.version_info[:2]
    others = [python for version, python in interpreters().items() if version not in (mine, "2.7")]
    if not others:
        pytest.skip("no other Python here")
    ours = Installed(tmp_path / "ours", sees=[sysconfig.get_paths()["purelib"]])
    (ours.site / "metlo_auto").symlink_to(pathlib.Path(BOOTSTRAP).parent)
    done = check(ours, others[0], environ=ours.environ(**recorder.environ()))
    seen = found(done, "metlo_auto")[0]
    assert done.returncode == 1 and seen["status"] == "failed"
    assert "%s -m pip install metlo-auto==" % others[0] in seen["fix"]


def test_a_broken_package_of_the_app(own: Installed, recorder: Recorder) -> None:
    (own.site / "wrapt").mkdir()
    (own.site / "wrapt" / "__init__.py").write_text("raise SystemExit('half installed')")
    done = check(own, environ=own.environ(**recorder.environ()))
    only_failure(done, "wrapt", "half installed", "%s -m pip install --force-reinstall wrapt" % own.python)


def test_a_command_that_hides_us(metlo: Installed, recorder: Recorder) -> None:
    done = check(metlo, "python", "-I", "app.py", environ=metlo.environ(**recorder.environ()))
    only_failure(done, "hidden", "-I")


def test_a_sitecustomize_that_is_always_first(own: Installed, recorder: Recorder) -> None:
    """An interpreter whose own start imports a sitecustomize before PYTHONPATH is looked at."""
    (own.site / "aaa.pth").write_text("import sys; sys.modules['sitecustomize'] = sys\n")
    done = check(own, environ=own.environ(**recorder.environ()))
    only_failure(done, "metlo_auto", "not loaded", "import metlo_auto.auto")


def test_a_script_tells_its_interpreter(metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder) -> None:
    environ = metlo.environ(**recorder.environ())
    long_way = "#!/bin/sh\n'''exec' \"%s\" \"$0\" \"$@\"\n' '''\n" % metlo.python  # as pip writes it
    for text in ("#!%s\n" % metlo.python, "#!/usr/bin/env python\n", long_way):
        (tmp_path / "serve").write_text(text)
        (tmp_path / "serve").chmod(0o755)
        done = check(metlo, str(tmp_path / "serve"), "app:app", environ=environ)
        assert metlo.python in found(done, "interpreter")[0]["said"], done.stdout


def test_a_program_in_a_venv_runs_on_the_python_beside_it(own: Installed, recorder: Recorder) -> None:
    (own.bin / "uwsgi").symlink_to("/bin/true")
    done = check(own, "uwsgi", "--module", "app:app", environ=own.environ(**recorder.environ()))
    assert done.returncode == 0 and own.python in found(done, "interpreter")[0]["said"]


def test_a_command_that_is_no_python_is_a_note(metlo: Installed, recorder: Recorder) -> None:
    done = check(metlo, "sh", "-c", "true", environ=metlo.environ(**recorder.environ()))
    assert done.returncode == 0 and found(done, "interpreter")[0]["status"] == "warning"


def test_a_command_that_is_not_there(metlo: Installed, recorder: Recorder) -> None:
    done = check(metlo, "no-such-command", environ=metlo.environ(**recorder.environ()))
    only_failure(done, "command", "no-such-command: command not found")


def test_an_interpreter_that_does_not_answer(metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder) -> None:
    (tmp_path / "python").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "python").chmod(0o755)
    done = check(metlo, str(tmp_path / "python"), environ=metlo.environ(**recorder.environ()))
    only_failure(done, "interpreter", "does not run", "status 3")


def test_a_sitecustomize_that_prints_is_no_trouble(own: Installed, tmp_path: pathlib.Path, recorder: Recorder) -> None:
    (own.site / "sitecustomize.py").write_text("import sys; sys.stdout.write('hello'); sys.stdout.flush()")
    done = own.run("--check", "python", environ=own.environ(**recorder.environ()))
    assert done.returncode == 0 and "ok    Python %d.%d" % sys.version_info[:2] in done.stdout


def test_other_agents_are_named(own: Installed, recorder: Recorder) -> None:
    (own.site / "ddtrace").mkdir()
    (own.site / "ddtrace" / "__init__.py").write_text("")
    (own.site / "agent.pth").write_text("import ddtrace\n")  # Debian's Pythons have a sitecustomize of their own
    done = check(own, environ=own.environ(**recorder.environ()))
    assert done.returncode == 0 and "ddtrace" in found(done, "agents")[0]["said"]


def spool(metlo: Installed, recorder: Recorder, folder: str) -> Dict[str, Any]:
    done = check(metlo, environ=metlo.environ(**dict(recorder.environ(), METLO_SPOOL_DIR=folder)))
    assert done.returncode == 0
    return dict(found(done, "spool")[0])


def test_a_spool_that_cannot_be_used_is_a_note(metlo: Installed, recorder: Recorder, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    seen = spool(metlo, recorder, str(tmp_path / "file" / "below"))
    assert seen["status"] == "warning" and "memory only" in seen["said"] and "METLO_SPOOL_DIR" in seen["fix"]


def test_a_spool_that_is_not_there_is_not_made(metlo: Installed, recorder: Recorder, tmp_path: pathlib.Path) -> None:
    assert spool(metlo, recorder, str(tmp_path / "new"))["status"] == "ok"
    assert not (tmp_path / "new").exists()


APP = """
import flask
app = flask.Flask("app")
app.add_url_rule("/", "root", lambda: "hello")
for _ in range(2):
    response = app.test_client().get("/")
    response.get_data()
    response.close()
"""


def test_what_waits_in_the_spool_is_counted(metlo: Installed, tmp_path: pathlib.Path) -> None:
    with socket.socket() as reserved:  # bound and not listening: nobody takes the traces
        reserved.bind(("127.0.0.1", 0))
        host = "http://127.0.0.1:%d" % reserved.getsockname()[1]
        environ = metlo.environ(METLO_HOST=host, METLO_API_KEY="k", METLO_SPOOL_DIR=str(tmp_path / "state" / "spool"))
        assert metlo.run("python", "-c", APP, environ=environ).returncode == 0
        done = check(metlo, "python", environ=environ)
    assert "2 traces wait" in found(done, "spool")[0]["said"]


def test_local_checks_the_embedded_collector(metlo: Installed, tmp_path: pathlib.Path) -> None:
    pytest.importorskip("sqlalchemy", reason="the embedded collector is not installed here")
    environ = metlo.environ(HOME=str(tmp_path), METLO_COLLECTOR_DATA_DIR=str(tmp_path / "collector"))
    done = metlo.run("--local", "--check", "--json", "python", environ=environ)
    assert done.returncode == 0, done.stdout
    assert found(done, "verify")[0]["status"] == "ok"


@pytest.mark.skipif(sys.version_info < (3, 15), reason="lazy imports came with 3.15")
def test_lazy_imports_are_told(metlo: Installed, recorder: Recorder) -> None:
    done = check(metlo, "python", environ=metlo.environ(PYTHON_LAZY_IMPORTS="all", **recorder.environ()))
    assert done.returncode == 0 and "metlo-run works" in found(done, "lazy_imports")[0]["said"]


def test_modules_of_the_check_are_not_taken_for_the_apps(own: Installed, recorder: Recorder) -> None:
    """The app's own `report` is not ours; with and without a safe path."""
    (own.site / "report.py").write_text("")
    (own.site / "flask").mkdir()
    (own.site / "flask" / "__init__.py").write_text("import report; raise ImportError(report.__file__)")
    for safe in (None, "1"):
        done = check(own, environ=own.environ(PYTHONSAFEPATH=safe, **recorder.environ()))
        assert str(own.site / "report.py") in found(done, "flask")[0]["said"]


def test_the_probe_starts_nothing(own: Installed, recorder: Recorder, tmp_path: pathlib.Path) -> None:
    """No trace, no spool, no refusal by METLO_STRICT comes from looking."""
    environ = own.environ(**dict(recorder.environ(), METLO_SPOOL_DIR=str(tmp_path / "spool"), METLO_STRICT="1"))
    assert check(own, "python", environ=environ).returncode == 0
    assert recorder.posts == [] and not (tmp_path / "spool").exists()
