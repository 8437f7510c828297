"""What the measurements are made of: CPU books, the sink, percentiles, wrk's script."""

import http.client
import math
import pathlib
import socket
import subprocess
import sys
import threading

import pytest

if sys.version_info < (3, 9) or not sys.platform.startswith("linux"):
    pytest.skip("scripts/bench is for Linux and Python 3.9", allow_module_level=True)
SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
sys.path.append(str(SCRIPTS))

from benchmarks import cpu, hotpath, latency, paced, report, workloads, wrk  # noqa: E402
from benchmarks.spread import spread  # noqa: E402

BURN = "import time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True)\ninput()"


def burning(program):
    return subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_usage_counts_what_a_process_has_burnt():
    with burning(BURN) as process:
        process.stdout.readline()
        total = cpu.usage(process.pid).total
        process.communicate(b"\n")
    assert total >= 0.3


def test_usage_counts_children_and_threads_that_ended():
    program = ("import subprocess, sys, threading\n"
               "burn = 'import time\\nwhile time.process_time() < 0.2: pass'\n"
               "subprocess.run([sys.executable, '-c', burn])\n"
               "import time\n"
               "def spin():\n    end = time.thread_time() + 0.2\n    while time.thread_time() < end: pass\n"
               "thread = threading.Thread(target=spin); thread.start(); thread.join()\n"
               "print('done', flush=True)\ninput()")
    with burning(program) as process:
        process.stdout.readline()
        total = cpu.usage(process.pid).total
        process.communicate(b"\n")
    assert total >= 0.38  # children are told in hundredths of a second


def test_between_tells_the_first_threads_apart():
    before = cpu.Usage(1.0, {(7, 7): 0.5, (7, 8): 0.5})
    after = cpu.Usage(4.0, {(7, 7): 1.5, (7, 8): 2.0, (9, 9): 0.5})
    assert cpu.between(before, after) == (3.0, 1.5)


def test_spread_is_the_median_and_the_middle_half():
    assert spread([1.0, 2.0, 3.0, 4.0, 100.0]) == (3.0, 2.0, 4.0)
    assert spread([5.0]) == (5.0, 5.0, 5.0)
    assert math.isnan(spread([]).median)


def test_waits_are_percentiles_in_milliseconds():
    found = latency.waits([n / 1000 for n in range(1000)])
    assert (round(found.p50), round(found.p99), round(found.p999), found.requests) == (500, 990, 999, 1000)


def test_a_paced_request_is_a_whole_http_request():
    raw = latency.raw(workloads.WORKLOADS["json"])
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /orders HTTP/1.1\r\n")
    assert b"Content-Length: %d" % len(body) in head


@pytest.mark.parametrize("pieces,last", [
    ([b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"], 0),
    ([b"HTTP/1.1 200 OK\r\ncontent-length:3\r\n", b"\r\n", b"ab", b"c"], 3),
    ([b"HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n"], 0),
    ([b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nContent-Length: 1\r\n\r\n", b"abc", b""], 2),  # its end is that of the connection
    ([b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na", b""], 1),
])
def test_a_client_waits_for_the_last_byte_and_not_for_the_end_of_the_connection(pieces, last):
    client = paced.Waiting(None, b"", 0.0)
    assert [client.came(piece) for piece in pieces].index(True) == last


def test_an_app_that_stalls_has_thousands_waiting_and_each_is_timed():
    # more than stand in the server's queue, who must not hold the others up: it reads them one by one to their end
    wanted, came = 1500, threading.Event()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(500)

        def answer():
            came.wait()
            while True:
                with listener.accept()[0] as connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK")
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(65536)

        threading.Thread(target=answer, daemon=True).start()
        code = ("import json, sys; sys.path.insert(0, %r); from benchmarks import paced; paced.allow_many()\n"
                "print(len(paced.run(%d, 1e6, %d / 1e6, b'x' * 16)))") % (
                    str(SCRIPTS), listener.getsockname()[1], wanted)
        running = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        threading.Timer(3.0, came.set).start()
        assert int(running.communicate(timeout=60)[0]) > 1200


def test_an_app_that_never_answers_is_given_up():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(10)
        with pytest.raises(TimeoutError, match="requests were not answered"):
            paced.run(listener.getsockname()[1], 100.0, 0.1, b"x", patience=0.2)


@pytest.mark.parametrize("text", ["plain", "]]", "]=]", 'quotes " and \\ and \n'])
def test_lua_strings_end_where_they_should(text):
    quoted = wrk._lua(text)
    opening = quoted[: quoted.index("[", 1) + 1]
    closing = opening.replace("[", "]")
    assert quoted == opening + text + closing and closing not in text


def test_sized_bodies_are_as_long_as_asked():
    for size in (1 << 10, 64 << 10, 1 << 20):
        assert 0.9 * size <= len(workloads.sized(size, 0).body) <= size


def test_a_profile_names_our_function_and_what_it_called():
    lines = ["a (gunicorn/x.py:1);edge.<locals>.wsgi_app (metlo_auto/capture/edge.py:5);view (app.py:3) 6",
             "a (gunicorn/x.py:1);finish (metlo_auto/capture/recording.py:9);dumps (json/__init__.py:3) 3",
             "a (gunicorn/x.py:1);finish (metlo_auto/capture/recording.py:8) 1"]
    found = hotpath._counted(lines, 100.0)
    assert found.itself == {"finish (metlo_auto/capture/recording.py) > dumps (json/__init__.py)": 30.0,
                            "finish (metlo_auto/capture/recording.py)": 10.0}
    assert found.whole["edge.<locals>.wsgi_app (metlo_auto/capture/edge.py)"] == 60.0


def test_tables_align():
    assert report.table(("", "n"), [["a", "1"], ["bb", "22"]]).splitlines() == ["     n", "--  --", "a    1", "bb  22"]


@pytest.fixture
def sink():
    process = subprocess.Popen([sys.executable, str(SCRIPTS / "benchmarks" / "sink.py")], stdout=subprocess.PIPE)
    connection = http.client.HTTPConnection("127.0.0.1", int(process.stdout.readline()), timeout=20)
    yield connection
    connection.close()
    process.kill()
    process.wait()
    process.stdout.close()


def asked(connection, method, path, body=None, headers=None, **options):
    connection.request(method, path, body, headers or {}, **options)
    return connection.getresponse().read()


def test_the_sink_counts_traces_over_one_connection(sink):
    batch = b'[{"meta":{"metloSource":"python/flask"}},{"meta": {"metloSource": "python/flask"}}]'
    assert asked(sink, "POST", "/api/v1/log-request/batch", batch) == b"OK"
    assert asked(sink, "POST", "/api/v1/log-request/single", iter([batch[:30], batch[30:]]), encode_chunked=True) == b"OK"
    assert asked(sink, "GET", "/count") == b'{"traces": 4, "posts": 2, "bytes": %d, "connections": 1}' % (2 * len(batch))
    assert asked(sink, "GET", "/last") == batch


def test_the_sink_does_not_count_a_mark_inside_of_a_body(sink):
    asked(sink, "POST", "/api/v1/log-request/batch", br'[{"body":"\"metloSource\":1","meta":{"metloSource":"python/flask"}}]')
    assert b'"traces": 1,' in asked(sink, "GET", "/count")


def test_the_sink_takes_a_large_body_in_many_pieces(sink):
    body = b'[{"metloSource":"' + b"x" * 5_000_000 + b'"}]'
    asked(sink, "POST", "/api/v1/log-request/batch", body)
    assert b'"traces": 1,' in asked(sink, "GET", "/count")


def test_private_memory_of_a_process_that_keeps_50_mb():
    with burning("kept = b'x' * 50_000_000\nprint('done', flush=True)\ninput()") as process:
        process.stdout.readline()
        assert 50 <= cpu.private_memory(process.pid) < 120
        process.communicate(b"\n")
