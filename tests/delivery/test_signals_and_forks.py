"""Signals and forks at random moments of a busy process: nothing deadlocks, nothing arrives twice."""

import subprocess
import sys

import pytest

from tests.delivery.test_exits import program
from tests.support.faulty_collector import FaultyCollector

pytestmark = pytest.mark.slow

# The handler's last step is taken out, so that one process can be terminated two thousand times.
TERMINATED = """
import random
handler = signal.getsignal(signal.SIGTERM)
handled = []
class Stay(type(handler)):
    def _end(self, number):
        self.callbacks[0]()
        handled.append(number)
        self.ending = False
signal.signal(signal.SIGTERM, Stay(handler.callbacks[0]))
stop = False
def shoot():
    global stop
    for _ in range(2000):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(random.random() * 0.004)
    stop = True
delivery._settings = delivery._settings._replace(shutdown_timeout=0.02)
threading.Thread(target=shoot, daemon=True).start()
name = 0
while not stop:
    submit(name)
    name += 1
signal.signal(signal.SIGTERM, signal.SIG_DFL)
delivery._settings = delivery._settings._replace(shutdown_timeout=20.0)
delivery.flush(30)
stats = delivery.stats()
print(json.dumps([name, len(handled), stats]))
"""

FORKED = """
import random
stop = False
def busy(number):
    name = 0
    while not stop and name < 3000:
        submit("%d-%d" % (number, name))
        name += 1
        time.sleep(random.random() * 0.002)
def forks(number):
    for index in range(40):
        pid = os.fork()
        if pid == 0:
            import email.policy, wsgiref.headers, requests
            submit("child-%d-%d" % (number, index))
            delivery.end()
            os._exit(0)
        end = time.monotonic() + 60
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > end:
                os.kill(pid, 9)
                print("HUNG", number, index); sys.stdout.flush(); os._exit(1)
            time.sleep(0.001)
busies = [threading.Thread(target=busy, args=(n,), daemon=True) for n in range(2)]
forkers = [threading.Thread(target=forks, args=(n,)) for n in range(3)]
for thread in busies + forkers: thread.start()
for thread in forkers: thread.join()
stop = True
for thread in busies: thread.join()
"""


def run(code, collector, tmp_path, **options):
    command = [sys.executable, "-W", "ignore", "-c", program(code, collector, tmp_path, **options)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=110)


def test_two_thousand_sigterms_at_random_moments_never_deadlock(tmp_path):
    import json

    from tests.delivery.settings import adds_up

    with FaultyCollector() as collector:
        done = run(TERMINATED, collector, tmp_path, queue_size=256 << 20)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        submitted, handled, stats = json.loads(done.stdout.decode())
        assert handled >= 100  # signals that come while one is handled are nothing new
        assert stats["captured"] == submitted and adds_up(stats)
        # ends of 20 ms leave no time to ask what the collector is: what was not uploaded is in the spool
        assert max(collector.arrived.values(), default=1) == 1


def test_forks_from_any_thread_at_any_moment_never_hang_a_child(tmp_path):
    with FaultyCollector() as collector:
        done = run(FORKED, collector, tmp_path, shutdown_timeout=20.0)
        assert done.returncode == 0, (done.stdout + done.stderr).decode()[-2000:]
        children = {"child-%d-%d" % (number, index) for number in range(3) for index in range(40)}
        collector.wait_for(children)
        assert max(collector.arrived.values()) == 1
