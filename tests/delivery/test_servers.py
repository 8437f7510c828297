"""Every server, ended in every usual way: each request that got an answer arrives exactly once, and the end is prompt."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from metlo_auto.delivery.process.servers import DEAF
from metlo_auto.delivery.spool.folders import all_folders
from tests.delivery.serving import APPS, SERVERS, Server, environ, numbers_left, wait_until_left
from tests.support.faulty_collector import FaultyCollector, way
from tests.support.venvs import app_venv

pytestmark = pytest.mark.slow

NEEDS = {
    "twist": "twisted.web",
    "tornado": "tornado",
    "granian": "granian.__main__",  # those for Python 3.7 have a command only
    "uvicorn": "uvicorn",
    "hypercorn": "hypercorn",
    "eventlet": "eventlet",
    "gunicorn asgi": "gunicorn.workers.gasgi",  # new in 25
    "gunicorn dirty": "gunicorn.dirty",
    "gunicorn": "gunicorn",
    "gevent": "gevent",
    "waitress": "waitress",
    "cheroot": "cheroot",
    "flask run": "flask.cli",
    "rocket3": "rocket3",
    "netius": "netius",
    "aiohttp-wsgi": "aiohttp_wsgi",
}
BUILT = ("bjoern", *DEAF)  # in environments of their own: pip builds them, where it can
PKG_RESOURCES = "setuptools<81"  # which fastwsgi imports, and which no Python from 3.12 on brings along
GUNICORNS = [name for name in SERVERS if name.startswith("gunicorn")]
FORKING = ["app.run processes=4", "wsgiref ForkingMixIn"]  # a process for each request, which may outlive the server
ONE_MAY_DIE = "hypercorn"  # when the first of its two processes has ended by itself, it sends SIGTERM to the other
KEEPS_THE_LAST = "pyruvate"  # lets go of a response with the next request
BUSY = 8.0  # seconds that a busy machine may make of the difference between two ends; to flush may take 20
HELD_UP = 4  # seconds of the shutdown time where the collector hangs; less than gevent's worker gets to end
BUSY_TOGETHER = 3.5  # seconds; between two ends at the same moment


def is_there(module):
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:  # not even what it is in
        return False


@pytest.fixture
def serve(tmp_path):
    """Starts a server of SERVERS that reports to a collector."""

    def start(kind, collector, **more):
        for word, module in NEEDS.items():
            if word in kind and not is_there(module):
                pytest.skip("needs " + module)
        if "asgi" in SERVERS[kind]:
            pytest.importorskip("a2wsgi")
        more.setdefault("METLO_SHUTDOWN_TIMEOUT", "20")  # this machine may be busy; a flush that works ends at once
        python = built(kind, [kind, "flask", PKG_RESOURCES]) if kind in BUILT else sys.executable
        return Server(SERVERS[kind], environ(collector.host, tmp_path, **more), tmp_path / "log", python=python)

    return start


def built(name, requirements):
    """The interpreter of an environment with a server that pip has to build."""
    try:
        return str(app_venv(name, requirements) / "python")
    except RuntimeError as error:
        pytest.skip("%s cannot be built here: %s" % (name, str(error)[-200:]))


ENDINGS = [(kind, number) for kind in SERVERS for number in (signal.SIGTERM, signal.SIGINT)]
ENDINGS.remove(("flask run --reload", signal.SIGTERM))  # the reloader kills its child with SIGKILL then
if sys.version_info < (3, 7):
    ENDINGS.remove(("flask run --reload", signal.SIGINT))  # subprocess.call does there


def reported(server, kind):
    """Which of the requests that got an answer are reported without a further one."""
    return server.answered[:-1] if kind == KEEPS_THE_LAST else server.answered


def ended(server, kind, number):
    """As Server.end."""
    if kind == "gunicorn gthread" or (kind, number) == ("wsgiref", signal.SIGINT):
        # a handler of the one may wait for a lock that it interrupts, the other swallows it in a request, without us too
        time.sleep(0.2)
    try:
        return server.end(number)
    except subprocess.TimeoutExpired:
        if number != signal.SIGINT or kind not in ("cheroot", "gunicorn gthread"):
            raise
        pytest.skip("%s now and then does not end by itself on SIGINT, without any agent too" % kind)


# one of each kind that runs wherever the agent does
CORE = ["gunicorn sync -w 2", "gunicorn gthread", "gunicorn gevent", "waitress", "flask run"]
IN_CORE = [(kind, signal.SIGTERM) for kind in CORE]


@pytest.mark.parametrize(
    "kind, number",
    [pytest.param(*pair, marks=[pytest.mark.core] if pair in IN_CORE else [], id="%s %d" % pair) for pair in ENDINGS],
)
def test_all_is_delivered_when_it_ends_right_after_the_last_answer(kind, number, serve, tmp_path):
    with FaultyCollector() as collector, serve(kind, collector) as server:
        collector.wait_for_paths(reported(server, kind))  # an import of requests at the exit would change the status of ^C
        server.hit(40)
        if kind in DEAF:  # they end at once
            collector.wait_for_paths(reported(server, kind))
        status, seconds = ended(server, kind, number)
        collector.wait_for_paths(server.answered if number == signal.SIGINT else reported(server, kind))
        if kind in FORKING:
            wait_until_left(tmp_path, len(server.answered))
        numbers = numbers_left(tmp_path)
    if kind in FORKING:  # on a busy machine one child spools and another sends
        numbers["sent"] += numbers.pop("spooled")
    assert numbers["sent"] == numbers["captured"]
    assert numbers["spooled"] == numbers["dropped"] == 0
    if kind in GUNICORNS or numbers and kind != ONE_MAY_DIE:  # others may die of the signal, as without us
        assert numbers["captured"] == len(server.answered)
    with FaultyCollector() as collector, serve(kind, collector, METLO_DISABLED="1") as bare:
        bare.hit(40)
        bare_status, bare_seconds = ended(bare, kind, number)
    # aiohttp-wsgi ends on ^C now with the one and now with the other, without us too
    assert status == bare_status or (kind, number) == ("aiohttp-wsgi", signal.SIGINT) and {status, bare_status} == {0, -2}
    assert seconds <= bare_seconds + BUSY


@pytest.mark.parametrize("turn", range(6))
def test_a_request_that_sigterm_interrupts_after_its_answer_is_delivered(turn, serve, tmp_path):
    """One thread answers and gets the signal: what comes after the last byte is never reached."""
    with FaultyCollector() as collector, serve("wsgiref", collector) as server:
        server.hit(1)
        server.hit(1)
        assert server.end()[0] == -signal.SIGTERM
        collector.wait_for_paths(server.answered)


@pytest.mark.parametrize("kind", GUNICORNS)
def test_all_is_delivered_after_sigquit(kind, serve, tmp_path):
    with FaultyCollector() as collector, serve(kind, collector) as server:
        server.hit(40)
        ended(server, kind, signal.SIGQUIT)
        collector.wait_for_paths(server.answered)
        assert numbers_left(tmp_path)["sent"] == len(server.answered)


def resets_over_a_reload(kind):
    """Whether a worker that is told to end closes connections that it accepted and did not read, without us too."""
    if kind != "gunicorn gthread":
        return False
    import gunicorn

    return gunicorn.version_info < (24,)


@pytest.mark.parametrize("kind", GUNICORNS)
def test_all_is_delivered_over_a_reload(kind, serve, tmp_path):
    with FaultyCollector() as collector, serve(kind, collector) as server:
        server.hit(40)
        server.process.send_signal(signal.SIGHUP)
        server.wait_until_it_answers()
        for _ in range(40):
            if resets_over_a_reload(kind):
                server.wait_until_it_answers()
            else:
                server.hit(1)
        server.end(deadline=60)  # a worker that is being started may not hear it, and is killed after 5 s, as without us
        collector.wait_for_paths(server.answered)
        assert numbers_left(tmp_path)["sent"] == len(server.answered)


def both_end(servers, number=signal.SIGTERM):
    """Ends them at the same moment; (exit status, seconds) of each."""
    with ThreadPoolExecutor(len(servers)) as pool:
        return list(pool.map(lambda server: server.end(number, deadline=60), servers))


def in_turn(kind):
    """How many of its processes the server ends one after the other, each only when the one before it has ended."""
    if kind == "uvicorn":
        from uvicorn.supervisors.multiprocess import Multiprocess

        return 1 if hasattr(Multiprocess, "terminate_all") else 2  # before 0.30 both of its workers
    return 1


@pytest.mark.timeout(360)
@pytest.mark.parametrize("kind", [kind for kind in SERVERS if "--reload" not in kind])
def test_a_collector_that_hangs_holds_the_end_up_for_the_shutdown_time_once(kind, serve, tmp_path):
    """However many workers, hooks, signals and parents there are; of three times the first that no busy machine drew out counts."""
    longer = []
    while not longer or longer[-1] > in_turn(kind) * HELD_UP + BUSY_TOGETHER:
        assert len(longer) < 3, ("twice the time, or 60 s", longer)
        longer.append(held_up(kind, serve, tmp_path))


def held_up(kind, serve, tmp_path):
    """How many seconds longer than without the agent it took to end; all that was answered has arrived."""
    with FaultyCollector(way("hang")) as collector:
        options = {"METLO_TIMEOUT": "60", "METLO_SHUTDOWN_TIMEOUT": str(HELD_UP)}
        with serve(kind, collector, **options) as server, serve(kind, collector, METLO_DISABLED="1") as bare:
            server.hit(20)
            bare.hit(20)
            if kind in DEAF:
                wait_until_spooled(tmp_path, len(reported(server, kind)))
            (status, seconds), (bare_status, bare_seconds) = both_end([server, bare])
            if kind in FORKING:
                wait_until_left(tmp_path, len(server.answered))
        assert status == bare_status
        collector.fault = None
        numbers = numbers_left(tmp_path)
        assert not numbers or numbers["spooled"] == numbers["captured"]
        if kind in GUNICORNS or numbers and kind != ONE_MAY_DIE:
            assert numbers["captured"] == len(server.answered)
        with serve(kind, collector) as heir:  # the spool that was left behind
            heir.hit(20 if kind in DEAF else 1)  # with a request fastwsgi sends a few of them at most
            collector.wait_for_paths(reported(server, kind) + reported(heir, kind))
        return seconds - bare_seconds


def wait_until_spooled(tmp_path, traces, deadline=30.0):
    end = time.monotonic() + deadline
    while sum(folder.traces for folder in all_folders(str(tmp_path / "spool"))) < traces:
        assert time.monotonic() < end, all_folders(str(tmp_path / "spool"))
        time.sleep(0.01)


def celery_works(names, collector, tmp_path, **more):
    """A Celery worker has done tasks of these names, was told to end, and has ended."""
    pytest.importorskip("celery")
    (tmp_path / "broker").mkdir()
    env = environ(collector.host, tmp_path, CELERY_FOLDER=str(tmp_path / "broker"), **more)
    send = "import sys, tasks; [tasks.call.delay(name) for name in sys.argv[1:]]"
    subprocess.run([sys.executable, "-c", send, *names], env=env, cwd=str(APPS), check=True, timeout=60)
    command = [sys.executable, "-m", "celery", "-A", "tasks:celery", "worker", "-c", "2", "--loglevel", "INFO"]
    with open(str(tmp_path / "log"), "wb") as log:
        worker = subprocess.Popen(command, env=env, cwd=str(APPS), stdout=log, stderr=log, start_new_session=True)
    try:
        end = time.monotonic() + 60
        while (tmp_path / "log").read_text().count("succeeded") < len(names):
            assert time.monotonic() < end, (tmp_path / "log").read_text()
            time.sleep(0.01)
        worker.terminate()
        worker.wait(30)
    finally:
        try:
            os.killpg(worker.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        worker.wait()


TASKS = ["task%d" % number for number in range(40)]


def test_a_celery_worker_that_calls_the_app_delivers_at_its_end(tmp_path):
    with FaultyCollector() as collector:
        celery_works(TASKS, collector, tmp_path, METLO_SHUTDOWN_TIMEOUT="20")
        collector.wait_for_paths(["/hit/" + name for name in TASKS])
    numbers = numbers_left(tmp_path)
    assert numbers == {"captured": len(TASKS), "sent": len(TASKS), "spooled": 0, "dropped": 0}


def test_a_celery_worker_leaves_in_the_spool_what_a_collector_that_hangs_did_not_take(tmp_path):
    with FaultyCollector(way("hang")) as collector:
        celery_works(TASKS, collector, tmp_path, METLO_TIMEOUT="60", METLO_SHUTDOWN_TIMEOUT="4")
    numbers = numbers_left(tmp_path)
    assert numbers == {"captured": len(TASKS), "sent": 0, "spooled": len(TASKS), "dropped": 0}
