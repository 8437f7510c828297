"""Small real processes that end in every way: all that they submitted arrives once, and their status is their own."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.delivery.serving import ROOT, numbers_left
from tests.support.faulty_collector import FaultyCollector, way

pytestmark = pytest.mark.core

PRELUDE = """
import json, os, signal, sys, threading, time
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.delivery.settings import make_settings, make_trace
from metlo_auto.delivery import Delivery
def leave_numbers():
    (Path({tmp!r}) / ("stats-%d.json" % os.getpid())).write_text(json.dumps(delivery.stats()))
import atexit
atexit.register(leave_numbers)  # who comes first is called last
delivery = Delivery(make_settings({host!r}, Path({tmp!r}), **{options!r}))
def submit(*names):
    for name in names:
        delivery.submit(make_trace(name))
"""


def program(code, collector, tmp_path, **options):
    """The text of a program that runs `code` with a delivery of these options."""
    return PRELUDE.format(root=str(ROOT), host=collector.host, tmp=str(tmp_path), options=options) + code


def run(code, collector, tmp_path, **options):
    """The same, run to its end."""
    options.setdefault("shutdown_timeout", 20.0)  # this machine may be busy; a flush that works ends at once
    command = [sys.executable, "-W", "ignore", "-c", program(code, collector, tmp_path, **options)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


def inherit(collector, tmp_path):
    """Another process, which stays until what the first one left has arrived."""
    text = program("submit('heir'); sys.stdin.read()", collector, tmp_path)
    heir = subprocess.Popen([sys.executable, "-c", text], stdin=subprocess.PIPE)
    try:
        collector.wait_for([*range(100), "heir"], deadline=40)
    finally:
        heir.communicate()


ENDS = {
    "return": ("submit(*range(100))", 0),
    "sys.exit": ("submit(*range(100)); sys.exit(3)", 3),
    "an exception": ("submit(*range(100)); 1/0", 1),
    "SIGINT": (
        "submit(0); delivery.flush(20); submit(*range(1, 100)); os.kill(os.getpid(), signal.SIGINT); time.sleep(30)",
        -signal.SIGINT if sys.version_info >= (3, 8) else 1,
    ),
    "SIGINT before the first post": (
        "submit(*range(100)); os.kill(os.getpid(), signal.SIGINT); time.sleep(30)",
        -signal.SIGINT if sys.version_info >= (3, 8) else 1,
    ),
    "SIGTERM": ("submit(*range(100)); os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)", -signal.SIGTERM),
    "a trace from another thread": (
        "t = threading.Thread(target=submit, args=range(100)); t.start(); t.join(); sys.exit(0)",
        0,
    ),
    "a trace while it exits": (
        "import atexit; atexit.register(lambda: submit(*range(50, 100))); submit(*range(50))",
        0,
    ),
    "a handler of the app's, before us": (
        "signal.signal(signal.SIGTERM, lambda *a: sys.exit(7)); delivery = Delivery(delivery._settings);"
        "submit(*range(100)); os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)",
        7,
    ),
    "a handler of the app's, after us": (
        "submit(*range(100)); signal.signal(signal.SIGTERM, lambda *a: sys.exit(7));"
        "os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)",
        7,
    ),
    "an ignored SIGTERM": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); delivery = Delivery(delivery._settings);"
        "submit(*range(100)); os.kill(os.getpid(), signal.SIGTERM); sys.exit(5)",
        5,
    ),
    "a second SIGINT in the flush": (
        "submit(*range(100)); threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start(); sys.exit(4)",
        None,
    ),
    "os.fork": (
        "submit(*range(50)); pid = os.fork(); submit(*range(50, 75)) if pid == 0 else submit(*range(75, 100));"
        "sys.exit(0) if pid == 0 else os.waitpid(pid, 0)",
        0,
    ),
}


@pytest.mark.skipif(os.name != "posix", reason="signals and fork are POSIX")
@pytest.mark.parametrize("end", ENDS)
def test_all_arrives_once_whatever_the_end(end, tmp_path):
    code, status = ENDS[end]
    with FaultyCollector() as collector:
        done = run(code, collector, tmp_path)
        collector.wait_for(range(100))
        collector.assert_once(range(100))
    assert status in (None, done.returncode), done.stderr.decode()
    numbers = numbers_left(tmp_path)  # nothing where the process died of a signal
    assert numbers in ({}, {"captured": 100, "sent": 100, "spooled": 0, "dropped": 0})
    assert numbers or done.returncode < 0


def test_a_process_of_gevent_that_never_posted_delivers_at_its_end(tmp_path):
    """Its name lookups need a thread and an import, which may not be had any more then."""
    pytest.importorskip("gevent")
    with FaultyCollector() as collector:
        text = program("submit(*range(100))", collector, tmp_path, shutdown_timeout=20.0)
        patched = "from gevent import monkey; monkey.patch_all()\n" + text
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", patched], stderr=subprocess.PIPE, timeout=60)
        collector.wait_for(range(100))
        collector.assert_once(range(100))
    assert (done.returncode, done.stderr) == (0, b"")
    assert numbers_left(tmp_path)["sent"] == 100


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_children_deliver_at_their_end(method, tmp_path):
    code = """
def work():
    submit(*range(50))
if __name__ == '__main__':
    import multiprocessing
    submit(*range(50, 100))
    child = multiprocessing.get_context('%s').Process(target=work)
    child.start(); child.join(); sys.exit(child.exitcode)
"""
    file = tmp_path / "program.py"
    with FaultyCollector() as collector:
        file.write_text(program(code % method, collector, tmp_path, shutdown_timeout=20.0))
        done = subprocess.run([sys.executable, "-W", "ignore", str(file)], timeout=60, stderr=subprocess.PIPE)
        collector.wait_for(range(100))
        collector.assert_once(range(100))
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("end", ["return", "SIGTERM"])
def test_a_collector_that_hangs_holds_nobody_up_and_the_next_process_delivers(end, tmp_path):
    code, status = ENDS[end]
    with FaultyCollector(way("hang")) as collector:
        start = time.monotonic()
        done = run(code, collector, tmp_path, timeout=60.0, shutdown_timeout=4.0)
        seconds = time.monotonic() - start
        collector.fault = None
        numbers = numbers_left(tmp_path)
        inherit(collector, tmp_path)
        collector.assert_once([*range(100), "heir"])
    assert done.returncode == status
    assert seconds < 20, "a post hangs for 60 s"
    assert end != "return" or numbers["spooled"] == 100


SEVERAL = """
others = [Delivery(delivery._settings._replace(api_key=key), delivery._exits) for key in "ab"]
submit(*range(100))
for other in others:
    other.submit(make_trace("other"))
if END == "a child":
    import multiprocessing
    def work():
        submit("child")
        for other in others:
            other.submit(make_trace("child"))
    child = multiprocessing.get_context("fork").Process(target=work)
    for turn in [delivery, *others]:
        turn.flush(0)
    child.start(); child.join(); os._exit(0)
if END == "SIGTERM":
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(600):  # in one long sleep, Python 3.9 would now and then overlook the signal that came right before it
        time.sleep(0.1)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals and fork are POSIX")
@pytest.mark.parametrize("end", ["return", "SIGTERM", "a child"])
def test_several_deliveries_share_the_shutdown_time_however_the_process_ends(end, tmp_path):
    with FaultyCollector(way("hang")) as collector:
        start = time.monotonic()
        run("END = %r" % end + SEVERAL, collector, tmp_path, timeout=60.0, shutdown_timeout=8.0)
        seconds = time.monotonic() - start
    assert 7 < seconds < 15, "three of them, or the same twice, would take 15 s and more"


def test_a_name_lookup_that_hangs_holds_nobody_up(tmp_path):
    hang = "import socket; socket.getaddrinfo = lambda *a, **k: time.sleep(60);"
    with FaultyCollector() as collector:
        start = time.monotonic()
        done = run(hang + ENDS["return"][0], collector, tmp_path, shutdown_timeout=4.0)
        assert time.monotonic() - start < 20
        inherit(collector, tmp_path)
    assert done.returncode == 0
