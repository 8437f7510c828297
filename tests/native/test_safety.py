"""Whatever happens to the compiled way, the app is unharmed, it is counted, and the pure way takes over."""

import json
import os
import subprocess
import sys
import threading

import pytest

native = pytest.importorskip("metlo_auto_native", reason="the compiled way is not installed: pip install ./native")
from metlo_auto.config.settings import load  # noqa: E402
from metlo_auto.native import find_native  # noqa: E402
from tests.native.both_ways import Exchange, Way  # noqa: E402

ROUTE = ("/orders", "orders", {})
JSON = [("Content-Type", "application/json"), ("Content-Length", "11")]
ENVIRON = {
    "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": "/orders", "QUERY_STRING": "", "SERVER_NAME": "srv", "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "10.0.0.1", "HTTP_HOST": "a.example", "CONTENT_TYPE": "application/json",
    "CONTENT_LENGTH": "8", "HTTP_AUTHORIZATION": "Bearer abc", "HTTP_COOKIE": "session=abc",
}


def order(number=1):
    body = b'{"a":%3d}' % number
    return Exchange(dict(ENVIRON, CONTENT_LENGTH=str(len(body))), body, [-1], "200 OK", JSON, [b'{"ok"', b":true}"], ROUTE)


def in_a_child(work):
    """What `work` returns, of a forked child: what it breaks is broken there alone."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writes, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads, "rb") as answers:
        answer = answers.read()
    os.waitpid(child, 0)
    return json.loads(answer.decode())


@pytest.mark.parametrize("place", range(1, 18), ids=lambda place: "step %d" % place)
def test_a_panic_is_counted_and_all_that_follows_is_pure(place, capfd):
    def work():
        pure, compiled = Way("off"), Way("auto")
        for way in (pure, compiled):
            way.report(order())
        native.fail_in(place)
        same = [compiled.report(order(number)) == pure.report(order(number)) for number in range(5)]
        return same, compiled.agent.stats(), native.panics(), compiled.agent.guard.errors

    same, stats, panics, errors = in_a_child(work)
    assert all(same) and panics == 1 and errors == 0
    assert stats["native"] + sum(stats["native_declined"].values()) == 6
    assert stats["native"] <= 2 and stats["native_declined"]["panic"] >= 3
    assert capfd.readouterr() == ("", "")


def test_an_error_of_what_it_asks_is_counted_and_the_pure_way_takes_over():
    pure, compiled = Way("off"), Way("auto")
    compiled.report(order())
    pure.report(order())
    broken = compiled.agent._native._redactor
    # The cookie's name is new, so its rule is asked for.
    made = order(2)
    made.environ["HTTP_COOKIE"] = "another=abc"
    original, calls = type(broken).cookie_rule, []

    def fails(self, name):
        calls.append(name)
        raise ValueError("broken")

    type(broken).cookie_rule = fails
    try:
        assert compiled.report(made) == pure.report(made) and calls
    finally:
        type(broken).cookie_rule = original
    assert compiled.agent.stats()["native_declined"] == {"first": 1, "error": 1}


def test_a_server_that_quits_in_the_middle_gets_its_exception_and_the_trace_goes_out():
    way, told = Way("auto"), []
    submit = way.queue.submit

    def quits(trace, route=None, announcement=None):
        if len(told) == 1:
            told.append(2)
            raise SystemExit(0)
        told.append(1)
        return submit(trace, route, announcement)

    way.queue.submit = quits
    way.report(order())
    with pytest.raises(SystemExit):
        way.report(order(2))
    assert len(way.queue.taken) == 2 and way.agent.guard.errors == 0


def test_a_forked_child_writes_its_own_traces():
    compiled = Way("auto")
    for number in range(3):
        compiled.report(order(number))

    def work():
        before = compiled.agent.stats()["native"]
        for number in range(3):
            assert compiled.report(order(number))
        return before, compiled.agent.stats()["native"]

    assert in_a_child(work) == [2, 5]


def test_threads_get_each_its_own_trace():
    shared, lost = Way("auto"), []

    def run(number):
        mine = Way("auto", shared.agent)
        for _ in range(200):
            mine.exchange = order(number)
            mine.exchange.serve(mine.wsgi_app)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(8):
        assert sum(b'\\"a\\":%3d}' % number in trace for trace, _, _ in shared.queue.taken) == 200
    assert not lost and shared.agent.stats()["native"] > 1500


def run_python(code, *options, **environ):
    done = subprocess.run([sys.executable, *options, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
                          env=dict(os.environ, PYTHONPATH=os.getcwd(), **environ))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr


def test_off_leaves_it_unimported():
    assert find_native("off") == ("METLO_NATIVE=off", None)
    said, _ = run_python("import sys; from metlo_auto.native import find_native; find_native('off'); print('metlo_auto_native' in sys.modules)")
    assert said == "False"
    assert load({"METLO_NATIVE": "OFF", "METLO_ENV_FILE": "off"}, None).settings.native == "off"


def test_another_version_of_it_is_not_used(monkeypatch):
    monkeypatch.setattr(native, "INTERFACE", 0)
    assert find_native("auto") == ("another version of it is installed", None)


def test_without_it_everything_is_pure(monkeypatch):
    monkeypatch.setitem(sys.modules, "metlo_auto_native", None)
    assert find_native("auto") == ("not installed", None)
    way = Way("auto")
    assert len(way.report(order())) == 1 and way.agent.stats()["native_declined"] == {}


SECOND = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        print("none"); sys.exit()
import metlo_auto_native
code = "from metlo_auto.native import find_native; import sys; sys.stdout.write(find_native('auto').state); sys.stdout.flush()"
made = interpreters.create()
(interpreters.exec if hasattr(interpreters, "exec") else interpreters.run_string)(made, code)
"""


def test_a_second_interpreter_of_the_process_does_without():
    said, _ = run_python(SECOND)
    if said == "none":
        pytest.skip("this Python has no second interpreters")
    assert said == "does not load here"


DEVELOPMENT = """
import gc
from tests.native.test_safety import Way, order
from tests.native.both_ways import exchange, seeded
way = Way("auto")
for seed in range(300):
    way.report(exchange(seeded(seed)))
    way.report(order(seed))
gc.collect()
print(way.agent.stats()["native"] > 200, way.agent.guard.errors)
"""


def test_python_development_mode_says_nothing():
    said, complaints = run_python(DEVELOPMENT, "-X", "dev", "-W", "error::ResourceWarning")
    assert said == "True 0" and complaints == ""


GREENLETS = """
from gevent import monkey
monkey.patch_all()
import gevent, io
from tests.native.test_safety import ENVIRON, JSON, ROUTE, Way
from tests.native.both_ways import Exchange

class Slow(io.BytesIO):
    def read(self, *args):
        gevent.sleep(0.001)
        return io.BytesIO.read(self, *args)

def pieces(number):
    for piece in (b'{"n":', b"%5d" % number, b"}"):
        gevent.sleep(0.001)
        yield piece

shared = Way("auto")
class Request:
    route = ROUTE
    def __init__(self, number):
        self.number, self.body = number, b'{"a":%5d}' % number
    def answer(self, environ, start_response):
        environ["wsgi.input"].read(4)
        environ["wsgi.input"].read(20)
        start_response("200 OK", list(JSON))
        return pieces(self.number)

def run(number):
    way = Way("auto", shared.agent)
    way.exchange = Request(number)
    result = way.wsgi_app(dict(ENVIRON, CONTENT_LENGTH="11", **{"wsgi.input": Slow(way.exchange.body)}), lambda *args: None)
    for _ in result:
        gevent.sleep(0)
    result.close()

jobs = [gevent.spawn(run, number) for number in range(200)]
gevent.joinall(jobs)
for job in jobs:
    job.get()
traces = [trace for trace, _, _ in shared.queue.taken]
print(all(sum(b'\\\\"a\\\\":%5d}' % n in trace and b'\\\\"n\\\\":%5d}' % n in trace for trace in traces) == 1 for n in range(200)),
      shared.agent.stats()["native"])
"""


def test_greenlets_that_take_turns_within_a_request_get_each_its_own_trace():
    pytest.importorskip("gevent")
    assert run_python(GREENLETS)[0] == "True 199"
