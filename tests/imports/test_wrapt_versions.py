"""From the oldest wrapt that is promised to the newest: apps are reported, each request once."""

import pathlib
from typing import Iterator

import pytest

from tests.support.installed import Installed, run
from tests.support.interpreters import interpreters
from tests.support.recorder import Recorder
from tests.support.venvs import app_venv

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # the first run installs them
FOUND = interpreters()
APP = """
import flask
class Mine(flask.Flask):
    def __init__(self, name, **more):
        super().__init__(name, **more)
for make in (flask.Flask, Mine):
    app = make("app")
    app.add_url_rule("/<name>", "name", lambda name: name)
    response = app.test_client().get("/" + make.__name__)
    response.get_data()
    response.close()
"""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as it:
        yield it


def bin_with(wrapt: str, python: str) -> pathlib.Path:
    if python not in FOUND:
        pytest.skip("no Python %s here, and wrapt %s runs on no newer one" % (python, wrapt))
    try:
        return app_venv("wrapt-" + wrapt, ["flask", "wrapt==" + wrapt], FOUND[python])
    except RuntimeError as error:
        pytest.skip("wrapt %s cannot be installed here: %s" % (wrapt, str(error)[-200:]))


@pytest.mark.parametrize("wrapt, python", [("1.11.0", "3.8"), ("1.12.1", "3.9"), ("1.14.0", "3.10"), ("1.17.0", "3.13")])
def test_apps_are_reported(metlo: Installed, recorder: Recorder, wrapt: str, python: str) -> None:
    folder = bin_with(wrapt, python)
    environ = metlo.environ(PATH="%s:/usr/bin:/bin" % folder, **recorder.environ())
    done = run([str(folder / "metlo-run"), "python", "-c", APP + "import wrapt; print(wrapt.__version__)"], environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, wrapt + "\n", "")
    assert sorted(trace["request"]["url"]["path"] for trace in recorder.wait_for(2)) == ["/Flask", "/Mine"]
