"""Apps that close every descriptor, as daemons do: nothing of ours goes into, or closes, what has their numbers then."""

import os

import pytest

from metlo_auto.delivery.spool.locks import Locks
from tests.delivery.serving import numbers_left
from tests.delivery.test_exits import run
from tests.support.faulty_collector import FaultyCollector

pytestmark = [pytest.mark.core, pytest.mark.skipif("sys.platform == 'win32'", reason="numbers of descriptors are POSIX")]

BEGIN = """
import socket
submit(*range(50)); delivery.flush(20)
time.sleep(0.2)  # so that nobody is just looking into the spool
os.closerange(3, 256)
"""

# What has our numbers afterwards; each says at the end what came of it.
AFTERWARDS = {
    "nothing": "check = lambda: None",
    "files": """
files = [open(%(tmp)r + "/%%d" %% number, "w+") for number in range(30)]
def check():
    for file in files:
        file.seek(0); file.write("mine"); file.flush(); file.seek(0)
        assert file.read() == "mine", "something else came into it"
""",
    "sockets": """
pairs = [socket.socketpair() for _ in range(15)]
def check():
    for one, other in pairs:
        for a, b in ((one, other), (other, one)):
            b.settimeout(10); a.sendall(b"mine")
            assert b.recv(65536) == b"mine", "something else came into it"
""",
}
ENDS = {
    "goes on": "submit(*range(50, 100)); delivery.flush(20); check()",
    "ends": "atexit.register(check); submit(*range(50, 100))",
    "ends, idle": "atexit.register(check); submit(*range(50, 100)); delivery.flush(20)",
    "forks": "pid = os.fork(); submit(*range(50, 100)) if pid == 0 else os.waitpid(pid, 0); check()",
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("what", AFTERWARDS)
def test_an_app_that_closes_all_descriptors_keeps_what_it_opens_then(what, end, tmp_path):
    code = BEGIN + AFTERWARDS[what].replace("%(tmp)r", repr(str(tmp_path))).replace("%%", "%") + "\n" + ENDS[end]
    with FaultyCollector() as collector:
        done = run(code, collector, tmp_path)
        assert (done.returncode, done.stderr.decode()) == (0, "")
        collector.wait_for(range(100))
        collector.assert_once(range(100))
    assert numbers_left(tmp_path)["captured"] >= 50


def test_a_lock_whose_file_the_app_has_closed_is_lost_and_may_be_taken_again(tmp_path):
    locks, path, handles = Locks(), str(tmp_path / "lock"), []

    def open_file():
        handles.append(os.open(path, os.O_RDWR | os.O_CREAT))
        return handles[-1]

    assert locks.take(path, open_file) and locks.has(path)
    os.close(handles[0])
    with open(os.devnull) as others:
        assert others.fileno() == handles[0] and not locks.has(path)
        locks.give_back(path)
        assert os.fstat(others.fileno())  # still open
        assert locks.take(path, open_file) and locks.has(path)
        locks.give_back(path)
