"""Processes that the app starts are armed as the app is, and those without Flask notice nothing."""

import http.client
import os
import pathlib
import signal
import subprocess
import textwrap
import time
from typing import Any, Dict, Iterator

import pytest

from tests.support.installed import Installed
from tests.support.recorder import Recorder

pytestmark = pytest.mark.core
APP = """
import sys

def serve(path):
    import flask
    app = flask.Flask("app")
    app.add_url_rule("/<name>", "name", lambda name: name)
    response = app.test_client().get("/" + path)
    response.get_data()
    response.close()
"""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as it:
        yield it


def write(folder: pathlib.Path, code: str) -> Dict[str, Any]:
    (folder / "served.py").write_text(APP)
    (folder / "main.py").write_text("import served\n" + textwrap.dedent(code))
    return {"cwd": str(folder)}


def paths(recorder: Recorder, n: int) -> Any:
    return sorted(trace["request"]["url"]["path"] for trace in recorder.wait_for(n))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(metlo: Installed, recorder: Recorder, tmp_path: pathlib.Path, method: str) -> None:
    options = write(tmp_path, """
        import multiprocessing
        if __name__ == "__main__":
            context = multiprocessing.get_context(%r)
            child = context.Process(target=served.serve, args=("child",))
            child.start()
            child.join()
            served.serve("parent")
            raise SystemExit(child.exitcode)
    """ % method)
    done = metlo.run("python", "main.py", environ=metlo.environ(**recorder.environ()), **options)
    assert (done.returncode, done.stderr) == (0, "")
    assert paths(recorder, 2) == ["/child", "/parent"]


def test_subprocess_and_its_own_subprocess(metlo: Installed, recorder: Recorder, tmp_path: pathlib.Path) -> None:
    options = write(tmp_path, """
        import subprocess, sys
        depth = int(sys.argv[1])
        served.serve(str(depth))
        if depth:
            subprocess.check_call([sys.executable, "main.py", str(depth - 1)])
    """)
    done = metlo.run("python", "main.py", "2", environ=metlo.environ(**recorder.environ()), **options)
    assert (done.returncode, done.stderr) == (0, "")
    assert paths(recorder, 3) == ["/0", "/1", "/2"]


def test_a_subprocess_with_an_empty_environment_runs(metlo: Installed, recorder: Recorder, tmp_path: pathlib.Path) -> None:
    options = write(tmp_path, """
        import subprocess, sys
        code = "import served; served.serve('child'); print('ran')"
        print(subprocess.check_output([sys.executable, "-c", code], env={}).decode())
    """)
    done = metlo.run("python", "main.py", environ=metlo.environ(**recorder.environ()), **options)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "ran", "")


def test_os_fork(metlo: Installed, recorder: Recorder, tmp_path: pathlib.Path) -> None:
    options = write(tmp_path, """
        import os
        import flask
        child = os.fork()
        served.serve("parent" if child else "child")
        if child:
            raise SystemExit(os.waitpid(child, 0)[1])
    """)
    done = metlo.run("python", "main.py", environ=metlo.environ(**recorder.environ()), **options)
    assert (done.returncode, done.stderr) == (0, "")
    assert paths(recorder, 2) == ["/child", "/parent"]


def get(port: int, path: str, until: float) -> str:
    """The body of the first answer that comes before the deadline `until`."""
    while True:
        # To the end: who asks again has two requests in line, since a reloader listens before its app can answer.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=max(until - time.monotonic(), 1))
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        except OSError:
            assert time.monotonic() < until, "nobody answers"
            time.sleep(0.05)
        finally:
            connection.close()


def test_the_reloader(metlo: Installed, recorder: Recorder, tmp_path: pathlib.Path) -> None:
    """Before and after a change of the file, each request is reported once."""
    import socket

    source = "import flask\napp = flask.Flask(__name__)\napp.add_url_rule('/<name>', 'n', lambda name: %r)\n"
    (tmp_path / "app.py").write_text(source % "before")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    environ = metlo.environ(**dict(recorder.environ(), FLASK_APP="app.py", FLASK_DEBUG="1"))
    command = [metlo.command, "python", "-m", "flask", "run", "--port", str(port)]
    with open(str(tmp_path / "log"), "w") as log, subprocess.Popen(
        command, env=environ, cwd=str(tmp_path), stdout=log, stderr=log, start_new_session=True
    ) as it:
        try:
            until = time.monotonic() + 60
            assert get(port, "/one", until) == "before"
            (tmp_path / "app.py").write_text(source % "after" + "# longer\n")
            again = time.monotonic() + 10
            while get(port, "/again", until) != "after":
                assert time.monotonic() < until, (tmp_path / "log").read_text()
                if time.monotonic() > again:  # Werkzeug 1 knows a file only as it was at its first look, a second later
                    (tmp_path / "app.py").touch()
                    again += 10
                time.sleep(0.2)
            get(port, "/last", until)
            wanted = {"/one", "/again", "/last"}
            while {trace["request"]["url"]["path"] for trace in recorder.traces} != wanted:
                assert time.monotonic() < until, (tmp_path / "log").read_text()
                time.sleep(0.05)
        finally:
            os.killpg(it.pid, signal.SIGKILL)
    for path in ("/one", "/last"):
        assert recorder.by_path(path) is not None


@pytest.mark.parametrize("code", [
    "import flask.app, importlib; importlib.reload(flask.app); importlib.reload(flask); served.serve('once')",
    "import flask, sys\nfor n in [n for n in sys.modules if n.split('.')[0] == 'flask']: del sys.modules[n]\nserved.serve('once')",
    "import flask.app, sys; del sys.modules['flask.app']; import flask.app; served.serve('once')",
    "import sys; sys.modules.pop('metlo_auto.auto'); import metlo_auto.auto; served.serve('once')",
    "import metlo_auto.auto, flask; metlo_auto.auto.arm(); metlo_auto.auto.arm(); served.serve('once')",
    "from flask.app import Flask; served.serve('once')",
])
def test_whatever_is_done_to_modules_a_request_is_reported_once(
    metlo: Installed, recorder: Recorder, tmp_path: pathlib.Path, code: str
) -> None:
    options = write(tmp_path, code + "\nserved.serve('last')\n")
    done = metlo.run("python", "main.py", environ=metlo.environ(**recorder.environ()), **options)
    assert (done.returncode, done.stderr) == (0, "")
    assert paths(recorder, 2) == ["/last", "/once"]


def test_flask_in_a_circle_of_imports(metlo: Installed, recorder: Recorder, tmp_path: pathlib.Path) -> None:
    (tmp_path / "one.py").write_text("import two\nimport flask\nmake = two.make\n")
    (tmp_path / "two.py").write_text("import one\nfrom flask import Flask\ndef make():\n    return Flask('two')\n")
    options = write(tmp_path, "import one\none.make()\nserved.serve('round')")
    done = metlo.run("python", "main.py", environ=metlo.environ(**recorder.environ()), **options)
    assert (done.returncode, done.stderr) == (0, "")
    assert paths(recorder, 1) == ["/round"]


def test_nothing_of_ours_but_the_hook_is_imported_ahead_of_flask(metlo: Installed) -> None:
    done = metlo.run("python", "-X", "importtime", "-c", "import flask",
                     environ=metlo.environ(METLO_HOST="http://127.0.0.1:9", METLO_API_KEY="k"))
    if "import time:" not in done.stderr:
        pytest.skip("-X importtime came with Python 3.7")
    order = [line.split("|")[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]
    # A module's line comes after those of what it imports: before werkzeug's there is nothing that Flask brought.
    ahead = {name for name in order[: order.index("werkzeug")] if "metlo" in name}
    small = {"metlo_auto.errors", "metlo_auto.version", "metlo_auto.config", "metlo_auto.config.booleans",
             "metlo_auto.clocks", "metlo_auto.imports"}
    if "metlo_auto.imports.eager_imports" in ahead:  # Python 3.15
        small.add("metlo_auto.imports.eager_imports")
    assert ahead == small | {"metlo_auto", "metlo_auto.imports.import_hook", "metlo_auto.auto"}
    assert order.index("werkzeug") < order.index("wrapt")
