"""A process that forks: where only threads of ours would be the cause, no fork is warned of or refused.

From Python 3.12 on `os.fork` warns of threads; 3.15 raises that where warnings are errors.
"""

import os
import subprocess
import sys

import pytest

from tests.delivery.serving import ROOT, Server, environ
from tests.delivery.test_exits import program
from tests.support.faulty_collector import FaultyCollector, way

pytestmark = pytest.mark.core

# Before 3.15 an error would only be swallowed.
STRICTLY = "error" if sys.version_info >= (3, 15) else "always"
WARNING = "multi-threaded"

FORKS = """
import warnings
warnings.simplefilter({strictly!r}, DeprecationWarning)
def child(name):
    submit(name)
    delivery.end()
def by_os(name):
    pid = os.fork()
    if pid == 0:
        child(name)
        os._exit(0)
    return lambda: os.waitpid(pid, 0)
def by_multiprocessing(name):
    import multiprocessing
    process = multiprocessing.get_context("fork").Process(target=child, args=(name,))
    process.start()
    return process.join
for index in range(30):
    submit("parent-%d" % index)
    if index % 3 == 0:
        time.sleep(0.02 * (index % 7))  # threads are in the middle of all they do
    {by}("child-%d" % index)()
"""
IDS = ["%s-%d" % (kind, index) for kind in ("parent", "child") for index in range(30)]


WAITS_FOR_THE_SPOOL = """
submit("last")
end = time.monotonic() + 60
while list(Path(delivery._settings.spool_dir).glob("*/*.batch*")) and time.monotonic() < end:
    time.sleep(0.05)
"""


def assert_not_warned(text):
    """A busy machine may take longer for a response than a fork waits: where that is no error it is warned of then."""
    assert text.count(WARNING) <= (0 if STRICTLY == "error" else 3), text[-2000:]


# Python 3.15 may be told to import everything late (PEP 810): in a forked child for example.
IMPORTS = pytest.mark.parametrize("imports", ["normal", "all"] if sys.version_info >= (3, 15) else ["normal"])


def run(code, collector, tmp_path, by, imports="normal", **options):
    code = program(code.format(strictly=STRICTLY, by=by), collector, tmp_path, **options)
    env = dict(os.environ, PYTHON_LAZY_IMPORTS=imports)
    if imports == "all":
        code = "import sys; sys.path.insert(0, %r); import metlo_auto.auto; metlo_auto.auto\n" % str(ROOT) + code
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=110, env=env
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done


@IMPORTS
@pytest.mark.parametrize("by", ["by_os", "by_multiprocessing"])
def test_thirty_forks_are_not_warned_of_and_every_process_reports(by, imports, tmp_path):
    with FaultyCollector() as collector:
        done = run(FORKS, collector, tmp_path, by, imports, shutdown_timeout=20.0)
        assert_not_warned(done.stderr.decode())
        collector.wait_for(IDS)
        assert max(collector.arrived.values()) == 1


@pytest.mark.parametrize("trouble", ["hangs", "is away"])
def test_a_collector_that_does_not_answer_makes_no_fork_fail_and_nothing_is_lost(trouble, tmp_path):
    with FaultyCollector(way("hang")) as collector:
        if trouble == "is away":
            collector.stop()
        done = run(FORKS, collector, tmp_path, "by_os", shutdown_timeout=0.5)
        if STRICTLY == "error" or trouble == "is away":  # else nothing is broken off for a warning
            assert_not_warned(done.stderr.decode())
        collector.fault = None
        if trouble == "is away":
            collector.start()
        run(WAITS_FOR_THE_SPOOL, collector, tmp_path, "", shutdown_timeout=20.0)
        collector.wait_for([*IDS, "last"])
        assert max(collector.arrived.values()) == 1


FORKING_VIEW = """
import os, sys, warnings
from flask import Flask
from wsgiref.simple_server import WSGIRequestHandler, make_server
app = Flask(__name__)
class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass
@app.route("/hit/<name>")
def hit(name):
    pid = os.fork()
    if pid == 0:
        os._exit(7)
    return str(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))
warnings.simplefilter("{strictly}", DeprecationWarning)
make_server("127.0.0.1", {{port}}, app, handler_class=Quiet).serve_forever()
"""


def serve(command, collector, tmp_path, **more):
    env = dict(environ(collector.host, tmp_path), METLO_SPOOL_DIR="off", METLO_SHUTDOWN_TIMEOUT="20", **more)
    return Server(command, env, tmp_path / "log")


@IMPORTS
def test_a_view_that_forks_is_answered_and_reported_each_time(imports, tmp_path):
    (tmp_path / "forking.py").write_text(FORKING_VIEW.format(strictly=STRICTLY).format(port="int(sys.argv[1])"))
    with FaultyCollector() as collector:
        command = "{python} %s {port}" % (tmp_path / "forking.py")
        with serve(command, collector, tmp_path, PYTHON_LAZY_IMPORTS=imports) as server:
            server.hit(60)
            assert len(server.answered) == 61
            collector.wait_for_paths(server.answered)
            assert_not_warned(server.said())


@IMPORTS
@pytest.mark.parametrize("kind", ["werkzeug", "wsgiref"])
def test_a_server_that_forks_for_each_request_is_not_warned(kind, imports, tmp_path):
    with FaultyCollector() as collector:
        with serve("{python} forking_counting.py %s {port}" % kind, collector, tmp_path,
                   PYTHONWARNINGS=STRICTLY + "::DeprecationWarning", PYTHON_LAZY_IMPORTS=imports) as server:  # fmt: skip
            server.hit(30)
            assert len(server.answered) == 31
            collector.wait_for_paths(server.answered)
            assert_not_warned(server.said())


def test_an_app_with_threads_of_its_own_is_warned_as_ever(tmp_path):
    code = FORKS.replace("range(30)", "range(1)") + "\nos._exit(0)"
    code = "import threading; threading.Thread(target=threading.Event().wait).start()\n" + code
    if STRICTLY == "error":
        code = code.replace("{strictly!r}", "'always'")
    with FaultyCollector() as collector:
        done = run(code, collector, tmp_path, "by_os")
        assert (WARNING in done.stderr.decode()) == (sys.version_info >= (3, 12))


def test_what_waits_when_threads_rest_is_sent_at_the_exit(tmp_path):
    """Python 3.13 starts none after a fork, and none at the exit."""
    code = "submit('before')\nos.waitpid(os.fork() or os._exit(0), 0)"
    with FaultyCollector() as collector:
        run(code, collector, tmp_path, "", shutdown_timeout=20.0, spool_dir=None)
        collector.wait_for(["before"])
        assert collector.arrived["before"] == 1
