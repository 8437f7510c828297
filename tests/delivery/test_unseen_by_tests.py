"""The app's own tests under metlo-run: nothing that they mock, freeze or record meets our posts, and all arrives.

Each is a process of its own, which holds what it asserts; what the collector got is asserted here.
"""

import glob
import http.server
import os
import re
import subprocess
import sys
import threading
import time

import pytest
import requests

from metlo_auto.delivery.transport.errors import place_of, reason
from tests.delivery.serving import environ
from tests.support.faulty_collector import FaultyCollector

APP = """
import flask, metlo_auto, os, sys, time, werkzeug.test
from time import sleep
from unittest import mock

UPSTREAM = sys.argv[1]
app = flask.Flask("app")

@app.route("/hit/<name>")
def hit(name):
    return name

class Real:  # where freezegun does not look
    clock = time.perf_counter

def ask(*names):
    for name in names:
        # not by a client, whose jar of cookies may ask the clock
        werkzeug.test.run_wsgi_app(app, werkzeug.test.create_environ("/hit/%s" % name), buffered=True)

def sent(number):
    end = Real.clock() + 40  # where the collector was unreachable, some tries may have to be waited for
    while metlo_auto.stats()["sent"] < number:
        assert Real.clock() < end, metlo_auto.stats()
        sleep(0.01)
"""


class Upstream(http.server.HTTPServer):
    """A service that the app asks."""

    class RequestHandlerClass(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "8")
            self.end_headers()
            self.wfile.write(b"upstream")

        def log_message(self, *args):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.RequestHandlerClass)
        self.url = "http://127.0.0.1:%d/asked" % self.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.shutdown()
        self.server_close()


def run(code, collector, tmp_path, upstream="-", **env):
    """The suite of an app; what it printed to stdout and to stderr."""
    (tmp_path / "suite.py").write_text(APP + code)
    done = subprocess.run(
        [sys.executable, "suite.py", upstream],
        env=environ(collector.host, tmp_path, **env),
        cwd=str(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


# Of each: what is around the app's test, and what the test asks of it in the end. The URL is nobody's.
LIBRARIES = {
    "responses": (
        "with responses.RequestsMock() as mocked: mocked.get(URL, body='mocked'); test(); assert len(mocked.calls) == 1"
    ),
    "requests_mock": (
        "with requests_mock.Mocker() as mocked: mocked.get(URL, text='mocked'); test(); assert mocked.call_count == 1"
    ),
    "pook": (
        "with pook.use(): pook.get(URL).reply(200).body('mocked'); test(); assert not pook.unmatched_requests(); assert pook.isdone()"
    ),
}

MOCKED = """
URL = "http://service.invalid/asked"

def test():
    ask("during")
    sent({before} + 1)
    assert requests.get(URL).text == "mocked"

if {before}:
    ask("before")
    sent(1)
{around}
ask("after")
"""


# Python 3.15 may be told to import everything late (PEP 810), and has another way to import for that.
IMPORTS = pytest.mark.parametrize("imports", ["normal", "all"] if sys.version_info >= (3, 15) else ["normal"])


@IMPORTS
@pytest.mark.parametrize("before", [0, 1], ids=["from the first post on", "between posts"])
@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_a_library_that_mocks_http_neither_refuses_nor_counts_our_posts(library, before, imports, tmp_path):
    pytest.importorskip(library)
    code = "import requests, %s" % library + MOCKED.format(before=before, around=LIBRARIES[library])
    with FaultyCollector() as collector:
        said = run(code, collector, tmp_path, PYTHON_LAZY_IMPORTS=imports)[1]
        collector.wait_for_paths(["/hit/" + name for name in ["during", "after", "before"][: 2 + before]])
    assert said == ""


CASSETTE = """
import requests, vcr
if {before}:
    ask("before")
    sent(1)
with vcr.use_cassette("cassette.yaml", record_mode="all"):
    ask("during")
    sent({before} + 1)
    assert requests.get(UPSTREAM).text == "upstream"
with vcr.use_cassette("cassette.yaml", record_mode="none"):
    ask("played")
    sent({before} + 2)
    assert requests.get(UPSTREAM).text == "upstream"
"""


@pytest.mark.parametrize("before", [0, 1], ids=["from the first post on", "between posts"])
def test_a_cassette_records_the_requests_of_the_app_and_none_of_our_posts(before, tmp_path):
    pytest.importorskip("vcr")
    with FaultyCollector() as collector, Upstream() as upstream:
        said = run(CASSETTE.format(before=before), collector, tmp_path, upstream.url)[1]
        collector.wait_for_paths(["/hit/" + name for name in ["during", "played", "before"][: 2 + before]])
    cassette = (tmp_path / "cassette.yaml").read_text()
    assert cassette.count("uri:") == 1 and upstream.url in cassette
    assert "test-key" not in cassette
    assert said == ""


MOCKS = [
    "requests.Session",
    "requests.Session.send",
    "requests.adapters.HTTPAdapter.send",
    "urllib3.PoolManager",
    "urllib3.connectionpool.HTTPConnectionPool.urlopen",
    "urllib3.connection.HTTPConnection.request",
    "urllib3.connection.HTTPConnection",
    "http.client.HTTPConnection",
    "http.client.HTTPConnection.request",
    "http.client.HTTPConnection.getresponse",
]

MOCK = """
import requests
with mock.patch("{name}") as mocked:
    ask("during")
    sent(1)
    assert not mocked.mock_calls
"""


@pytest.mark.core
@pytest.mark.parametrize("name", MOCKS)
def test_a_mock_in_the_place_of_what_sends_http_is_not_called_by_our_posts(name, tmp_path):
    with FaultyCollector() as collector:
        said = run(MOCK.format(name=name), collector, tmp_path)[1]
        collector.wait_for_paths(["/hit/during"])
    assert said == ""


CLOCKS = ["time.time", "time.monotonic", "time.perf_counter", "time.sleep", "time.strftime", "os.getpid", "os.urandom"]

COUNTED = """
with mock.patch("{name}", wraps={name}) as mocked:
    ask("first", "second")
    if "metlo_auto.agent" in sys.modules:
        sent(2)
    else:
        sleep(0.3)
    sleep(0.3)
    print(mocked.call_count)
"""


@pytest.mark.core
@pytest.mark.parametrize("name", CLOCKS)
def test_a_mock_of_a_clock_counts_what_it_counts_natively(name, tmp_path):
    code = COUNTED.format(name=name)
    with FaultyCollector() as collector:
        natively = run(code, collector, tmp_path, METLO_DISABLED="1")[0]
        assert run(code, collector, tmp_path) == (natively, "")
        collector.wait_for_paths(["/hit/first", "/hit/second"])


ANSWERS = """
with mock.patch("{name}", side_effect=[1, 2]):
    ask("during")
    sent(1)
    assert [{name}(), {name}()] == [1, 2]
ask("after")
"""


@pytest.mark.core
@pytest.mark.parametrize("name", ["time.time", "time.monotonic", "os.getpid"])
def test_the_answers_that_a_test_gives_to_a_clock_are_left_to_it(name, tmp_path):
    with FaultyCollector() as collector:
        said = run(ANSWERS.format(name=name), collector, tmp_path)[1]
        collector.wait_for_paths(["/hit/during", "/hit/after"])
    assert said == ""


FROZEN = {
    "it ends while the clock stands": """
import freezegun
frozen = freezegun.freeze_time("1999-12-31")
frozen.start()
ask(*range(10))
""",
    "all are sent while the clock stands": """
import freezegun
with freezegun.freeze_time("1999-12-31"):
    ask(*range(10))
    sent(10)
""",
    "the clock is moved": """
import freezegun
ask(0)
with freezegun.freeze_time("2050-01-01") as frozen:
    ask(*range(1, 5))
    frozen.move_to("1980-01-01")
    ask(*range(5, 9))
ask(9)
sent(10)
""",
    "Flask comes while the clock stands": """
import freezegun, subprocess
late = '''
import freezegun
with freezegun.freeze_time("1999-12-31"):
    exec(open("app.py").read())
    ask(*range(5))
ask(*range(5, 10))
sent(10)
'''
open("app.py", "w").write(open("suite.py").read().split("import freezegun")[0])
sys.exit(subprocess.call([sys.executable, "-c", late, "-"]))
""",
}


@pytest.mark.parametrize("code", FROZEN.values(), ids=list(FROZEN))
def test_with_the_clock_of_freezegun_nothing_is_lost_and_times_are_real(code, tmp_path):
    pytest.importorskip("freezegun")
    with FaultyCollector() as collector:
        said = run(code, collector, tmp_path)[1]
        collector.wait_for_paths(["/hit/%d" % number for number in range(10)])
        years = {trace["meta"]["requestTimestamp"][:4] for post in collector.posts for trace in post.traces}
    assert not years & {"1999", "2050", "1980"}
    assert said == ""


TRAVELS = """
import time_machine
with time_machine.travel("2050-01-01"):
    ask(*range(5))
    RESTART
with time_machine.travel("1980-01-01", tick=False):
    ask(*range(5, 10))
    sent(10)
ask(10)
sent(11)
with time_machine.travel("2050-01-01"):
    ask(11)
ask(12)
traveller = time_machine.travel("1980-01-01")
traveller.start()
ask(13)
"""


def test_whoever_travels_in_time_takes_nothing_along(tmp_path):
    pytest.importorskip("time_machine")
    with FaultyCollector() as collector:
        run(TRAVELS.replace("RESTART", "pass"), collector, tmp_path)
        collector.wait_for_paths(["/hit/%d" % number for number in range(14)])


def test_what_is_kept_for_a_collector_that_is_away_is_sent_after_a_travel_in_time(tmp_path):
    pytest.importorskip("time_machine")
    with FaultyCollector() as collector:
        collector.stop()
        threading.Timer(1.5, collector.start).start()
        run(TRAVELS.replace("RESTART", "sleep(0.5)"), collector, tmp_path)
        collector.wait_for_paths(["/hit/%d" % number for number in range(14)])


WITHOUT_THREADS = """
for number in range(5):
    ask(number)
    assert metlo_auto.stats()["sent"] == number + 1
    assert len(sys._current_frames()) == 1
"""


def test_under_libfaketime_a_trace_is_sent_without_a_thread(tmp_path):
    """Another library by its name: what the real one does to threads is a matter of chance."""
    libraries = glob.glob("/lib/*/libm.so.6")
    if not libraries:
        pytest.skip("no library of C where Debian has one")
    os.symlink(libraries[0], str(tmp_path / "libfaketime.so.1"))
    with FaultyCollector() as collector:
        assert run(WITHOUT_THREADS, collector, tmp_path, LD_PRELOAD=str(tmp_path / "libfaketime.so.1"))[1] == ""
        assert sorted(collector.paths) == ["/hit/%d" % number for number in range(5)]


COOPERATIVE = {
    "gevent": "import gevent; from gevent import monkey; monkey.patch_all(); spawn = gevent.spawn",
    "eventlet": "import eventlet; eventlet.monkey_patch(); spawn = eventlet.spawn",
}


@pytest.mark.parametrize("library", sorted(COOPERATIVE))
def test_greenlets_run_while_ours_sleep_also_where_a_test_mocks_the_sleep(library, tmp_path):
    pytest.importorskip(library)
    code = COOPERATIVE[library] + """
import metlo_auto.clocks
ran = []
spawn(ran.append, 1)
with mock.patch("time.sleep") as mocked:
    metlo_auto.clocks.sleep(0.01)
    assert ran == [1] and not mocked.called
"""
    with FaultyCollector() as collector:
        run(code, collector, tmp_path, PYTHONWARNINGS="ignore")


LOUD = """
import http.client, logging, requests
logging.basicConfig(level=logging.DEBUG)
logging.getLogger("urllib3").setLevel(logging.DEBUG)
http.client.HTTPConnection.debuglevel = 1
ask("first", "second")
sent(2)
sleep(5)
ask("third")
sent(3)
requests.get(UPSTREAM)
"""


def test_a_log_that_hears_everything_hears_nothing_of_our_posts(tmp_path):
    with FaultyCollector(idle=1.0) as collector, Upstream() as upstream:
        printed, said = run(LOUD, collector, tmp_path, upstream.url)
        collector.wait_for_paths(["/hit/first", "/hit/second", "/hit/third"])
        assert "GET /asked" in printed and "GET /asked" in said, "the app's own requests are told of"
        for ours in ("test-key", "log-request", "127.0.0.1:%d" % collector.port):
            assert ours not in printed + said
        assert printed.count("send:") == 1 and said.count("Starting new HTTP connection") == 1


QUOTING = """
import logging, socket
logging.basicConfig(level=logging.DEBUG)

class Refused({kind}):
    pass

def refuse(*args):
    raise Refused("not foreseen: POST /api/v1/log-request/batch, Authorization: test-key")

with mock.patch("socket.socket.connect", refuse):
    ask("refused")
    end = Real.clock() + 20
    while not metlo_auto.stats()["errors"]:
        assert Real.clock() < end
        sleep(0.01)
sent(1)
"""


@pytest.mark.core
@pytest.mark.parametrize("kind", ["RuntimeError", "OSError", "Exception"])
def test_whoever_refuses_a_post_and_quotes_it_is_named_and_not_quoted(kind, tmp_path):
    with FaultyCollector() as collector:
        said = run(QUOTING.format(kind=kind), collector, tmp_path)[1]
        collector.wait_for_paths(["/hit/refused"])
    assert "Refused); traces are kept on disk meanwhile" in said
    assert "test-key" not in said and "log-request" not in said and "Authorization" not in said


SPEECHLESS = """
with mock.patch("time.time", side_effect=[]), mock.patch("time.time_ns", side_effect=[], create=True):
    ask("first")
    end = Real.clock() + 20
    while not metlo_auto.stats()["errors"]:
        assert Real.clock() < end
        sleep(0.01)
    open("refused", "w").close()
ask("second")
sent(2)
"""


def start_after(collector, path):
    while not path.exists():
        time.sleep(0.02)
    collector.start()


@pytest.mark.core
def test_delivery_goes_on_where_the_log_cannot_be_told_of_a_trouble(tmp_path):
    with FaultyCollector() as collector:
        collector.stop()
        threading.Thread(target=start_after, args=(collector, tmp_path / "refused"), daemon=True).start()
        said = run(SPEECHLESS, collector, tmp_path)[1]
        collector.wait_for_paths(["/hit/first", "/hit/second"])
    assert "Traceback" not in said


@pytest.mark.core
@pytest.mark.parametrize(
    "text, said",
    [
        ("Max retries exceeded, headers {'Authorization': 'key-1'}", "Max retries exceeded, headers {'Authorization': '***'}"),
        ("<urllib3.connection.HTTPConnection object at 0x7f>: refused", "refused"),
        ("Failed to parse: http://user:pass@proxy:1", "Failed to parse: http://***@proxy:1"),
        ("two\nlines", "two lines"),
    ],
)
def test_the_words_for_a_failed_post_carry_no_secret(text, said):
    error = requests.exceptions.ConnectionError(requests.exceptions.ConnectionError(text))
    assert reason(error, "key-1") == "ConnectionError: " + said


@pytest.mark.core
def test_an_error_of_ours_is_named_by_its_place():
    try:
        raise KeyError("captured")
    except KeyError as error:
        assert re.match(r"KeyError at test_unseen_by_tests\.py:\d+$", place_of(error))
