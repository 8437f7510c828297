"""uWSGI, which runs no fork hooks, perhaps no threads and perhaps no exit hooks: all is delivered all the same."""

import os
import signal
import time

import pytest

from tests.delivery.serving import Server, environ, numbers_left
from tests.support.faulty_collector import FaultyCollector
from tests.support.venvs import app_venv

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # it is built here at first

UWSGI = "{bin}/uwsgi --http-socket 127.0.0.1:{port} --need-app --wsgi-file counting.py --callable app "
IDLE = 0.5  # seconds until the workers are; uWSGI runs no exit hooks of one that is busy with its last request
WAYS = {
    "prefork": "--master -p 2",
    "lazy": "--master -p 2 --lazy-apps",
    "threads": "--master -p 2 --threads 4",
    "skip-atexit": "--master -p 2 --enable-threads --skip-atexit",
    "skip-atexit without threads": "--master -p 2 --skip-atexit",
    "gevent": "--master -p 2 --gevent 20 --gevent-monkey-patch",
    "alone": "",
}


@pytest.fixture(scope="module", params=["2.0.31", "2.0.24"])
def uwsgi(request):
    """The bin folder of an environment with this uWSGI, built here."""
    try:
        return app_venv("uwsgi-" + request.param, ["uwsgi==" + request.param, "flask", "gevent", "setuptools"])
    except RuntimeError as error:
        pytest.skip("uWSGI cannot be built here: %s" % str(error)[-200:])


@pytest.mark.parametrize("way", WAYS)
def test_all_is_delivered_by_the_end_and_over_a_reload(way, uwsgi, tmp_path):
    with FaultyCollector() as collector:
        command = UWSGI.replace("{bin}", str(uwsgi)) + WAYS[way]
        env = environ(collector.host, tmp_path, METLO_SHUTDOWN_TIMEOUT="20")
        with Server(command, env, tmp_path / "log") as server:
            server.hit(30)
            untold = "skip" in way or way == "gevent"  # of the end
            if way != "alone":
                if untold:
                    collector.wait_for_paths(server.answered)
                time.sleep(IDLE)
                server.process.send_signal(signal.SIGHUP)
                time.sleep(2)  # the old workers still answer while they are replaced
                server.wait_until_it_answers()
                server.hit(30)
            if untold:
                collector.wait_for_paths(server.answered)
            time.sleep(IDLE)
            server.end(signal.SIGINT)
            collector.wait_for_paths(server.answered)
            numbers = numbers_left(tmp_path)
            assert numbers["sent"] == numbers["captured"]
            assert untold or numbers["captured"] == len(server.answered)


def test_a_second_signal_does_not_cut_the_flush_short(uwsgi, tmp_path):
    with FaultyCollector(lambda post: time.sleep(1.5)) as collector:
        command = UWSGI.replace("{bin}", str(uwsgi)) + "--master -p 2 --enable-threads"
        env = environ(collector.host, tmp_path, METLO_SHUTDOWN_TIMEOUT="20", METLO_TIMEOUT="20")  # posts stand in line
        with Server(command, dict(env, METLO_SPOOL_DIR="off"), tmp_path / "log") as server:
            server.hit(30)
            time.sleep(IDLE)
            server.process.send_signal(signal.SIGINT)
            time.sleep(0.5)
            arrived = len(collector.paths)
            os.killpg(server.process.pid, signal.SIGTERM)
            server.process.wait(60)
            assert arrived < len(server.answered) == len(collector.paths), server.said()


def test_a_signal_after_the_flush_does_not_end_the_worker_anew(uwsgi, tmp_path):
    (tmp_path / "counting.py").write_text(
        "import atexit, os, signal\n"
        "@atexit.register\n"
        "def after_the_flush():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"  # at its next instruction, unless it is kept out
        "    os.write(2, b'the exit hook of the app is through\\n')\n"
        "from flask import Flask\n"
        "app = Flask(__name__)\n"
        "app.route('/hit/<name>')(lambda name: name)\n"
    )
    with FaultyCollector() as collector:
        command = UWSGI.replace("{bin}", str(uwsgi)) + "--master -p 1 --enable-threads"
        with Server(command, environ(collector.host, tmp_path), tmp_path / "log", cwd=tmp_path) as server:
            server.hit(3)
            time.sleep(IDLE)
            server.end(signal.SIGINT)
            assert "the exit hook of the app is through" in server.said()
            collector.wait_for_paths(server.answered)


def test_a_hook_of_the_app_is_still_called(uwsgi, tmp_path):
    (tmp_path / "counting.py").write_text(
        "import sys, uwsgi\n"
        "uwsgi.after_req_hook = lambda: sys.stderr.write('the hook of the app\\n')\n"
        "from flask import Flask\n"
        "app = Flask(__name__)\n"
        "app.route('/hit/<name>')(lambda name: name)\n"
    )
    with FaultyCollector() as collector:
        command = UWSGI.replace("{bin}", str(uwsgi)) + "--master -p 1"
        with Server(command, environ(collector.host, tmp_path), tmp_path / "log", cwd=tmp_path) as server:
            server.hit(3)
            collector.wait_for_paths(server.answered)
            assert server.said().count("the hook of the app") == len(server.answered)
