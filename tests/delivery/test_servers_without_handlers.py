"""Servers whose loop runs no signal handler of Python's: SIGTERM ends them, whoever is imported first, and the log says what is lost."""

import signal

import pytest

from tests.delivery.serving import Server, environ
from tests.delivery.test_servers import PKG_RESOURCES
from tests.support.faulty_collector import FaultyCollector
from tests.support.venvs import app_venv

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # one is built here at first

SCRIPTS = {
    "fastwsgi": "import sys, fastwsgi\nfastwsgi.run(app, host='127.0.0.1', port=int(sys.argv[1]))\n",
    "pyruvate": "import sys, pyruvate\npyruvate.serve(app, '127.0.0.1:' + sys.argv[1], 1)\n",
}


def serve(kind, order, collector, tmp_path, **more):
    try:
        folder = app_venv(kind, [kind, "flask", PKG_RESOURCES])
    except RuntimeError as error:
        pytest.skip("%s cannot be installed here: %s" % (kind, str(error)[-200:]))
    app = "import os, sys\nsys.path.insert(0, os.getcwd())\nfrom counting import app\n"
    first = "import %s\n" % kind if order == "before Flask" else ""
    (tmp_path / "serve.py").write_text(first + app + SCRIPTS[kind])
    command = "{python} %s {port}" % (tmp_path / "serve.py")
    return Server(command, environ(collector.host, tmp_path, **more), tmp_path / "log", python=str(folder / "python"))


@pytest.mark.parametrize("order", ["before Flask", "after Flask"])
@pytest.mark.parametrize("kind", SCRIPTS)
def test_sigterm_ends_it_as_without_us(kind, order, tmp_path):
    with FaultyCollector() as collector:
        with serve(kind, order, collector, tmp_path) as server:
            server.hit(3)
            if kind == "fastwsgi":  # lets no thread of ours run: all of it is there though nothing else is asked
                server.hit(40)
                collector.wait_for_paths(server.answered)
            if kind == "pyruvate":  # its threads let ours run, and let go of a response with the next one
                collector.wait_until(lambda: set(server.answered[:-1]) <= set(collector.paths))
            assert server.end(deadline=10)[0] == -signal.SIGTERM
            assert server.said().count("%s runs no signal handler" % kind) == server.said().count("metlo:") == 1
