"""Eight threads at once: each request is reported once, with what belongs to it, and the counters add up."""

import collections
import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.capture.pairs import MARK, header
from tests.delivery.settings import adds_up
from tests.support.faulty_collector import FaultyCollector, way
from tests.support.recorder import Recorder
from tests.support.serving import Server, clean_environ, instrumented

pytestmark = [pytest.mark.core, pytest.mark.timeout(600)]
FREE_THREADED = "t" in getattr(sys, "abiflags", "")
THREADS, EACH = 8, 2500 if FREE_THREADED else 200
QUEUE, LARGEST = 1 << 20, 4096  # bytes; more than a trace here takes in the queue


def ask_many(port, thread):
    """The bodies of a thread's answers over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    answers = []
    for number in range(EACH):
        name = "%d-%d" % (thread, number)
        body = json.dumps({"name": name})
        connection.request("POST", "/thing/%s?n=%s" % (name, name), body, {"Content-Type": "application/json", MARK: name})
        answers.append(connection.getresponse().read())
    connection.close()
    return answers


def stats(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/stats")
    now = json.loads(connection.getresponse().read())
    connection.close()
    return now


def stats_when(port, seconds, arrived):
    """The counters once `arrived(counters, how often they were asked for before)`, or after so many seconds."""
    end, asked, now = time.monotonic() + seconds, 0, stats(port)
    while not arrived(now, asked) and time.monotonic() < end:
        time.sleep(0.05)
        asked, now = asked + 1, stats(port)
    return now, asked


def test_each_request_is_reported_once_and_with_its_own(tmp_path):
    with Recorder() as recorder:
        environ = instrumented(clean_environ(tmp_path), recorder.environ())
        with Server("gunicorn-gthread", "many:app", environ) as server:
            with ThreadPoolExecutor(THREADS) as pool:
                answers = list(pool.map(lambda thread: ask_many(server.port, thread), range(THREADS)))
            recorder.wait_for(THREADS * EACH, 60)
            now, _ = stats_when(server.port, 20, lambda now, _: now["sent"] >= THREADS * EACH)
        traces = [trace for trace in recorder.traces if header(trace["request"], MARK)]
    names = ["%d-%d" % (thread, number) for thread in range(THREADS) for number in range(EACH)]
    assert [json.loads(body)["name"] for some in answers for body in some] == names
    counts = collections.Counter(header(trace["request"], MARK) for trace in traces)
    assert counts == collections.Counter(names)
    assert len({trace["meta"]["traceId"] for trace in traces}) == len(names)
    for trace in traces:
        name = header(trace["request"], MARK)
        assert trace["request"]["url"]["path"] == "/thing/" + name
        assert trace["request"]["url"]["parameters"] == [{"name": "n", "value": name}]
        assert json.loads(trace["request"]["body"]) == json.loads(trace["response"]["body"]) == {"name": name}
    assert now["captured"] == now["sent"] + now["spooled"] + now["queued"] + sum(now["dropped"].values())
    assert now["internal_errors"] == 0 and not now["dropped"]


def ask_many_and_look(port, thread):
    """The same, with a look at the queue now and then; the bytes in it and how many looks there were."""
    seen = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for number in range(EACH):
        name = "%d-%d" % (thread, number)
        connection.request("POST", "/thing/%s?n=%s" % (name, name), json.dumps({"name": name}), {"Content-Type": "application/json"})
        assert json.loads(connection.getresponse().read()) == {"name": name}
        if number % 20 == thread:
            seen.append(stats(port)["queue_bytes"])
    connection.close()
    return seen


def test_the_queue_keeps_its_bound_where_the_collector_hangs_and_every_request_is_counted(tmp_path):
    with FaultyCollector(way("hang")) as collector:
        environ = instrumented(clean_environ(tmp_path), {
            "METLO_HOST": collector.host, "METLO_API_KEY": "test-key", "METLO_ENV_FILE": "off", "METLO_SPOOL_DIR": "off",
            "METLO_QUEUE_SIZE": str(QUEUE), "METLO_SHUTDOWN_TIMEOUT": "0.1", "PYTHONDEVMODE": "1", "PYTHONWARNINGS": "error"})
        with Server("gunicorn-gthread", "many:app", environ) as server:
            with ThreadPoolExecutor(THREADS) as pool:
                seen = [bytes_ for some in pool.map(lambda n: ask_many_and_look(server.port, n), range(THREADS)) for bytes_ in some]
            requests = THREADS * EACH + len(seen)
            now, looks = stats_when(server.port, 20, lambda now, looks: now["captured"] == requests + looks and adds_up(now))
    assert QUEUE - LARGEST < max(seen) <= QUEUE + THREADS * LARGEST
    assert now["captured"] == requests + looks and adds_up(now), now
    assert now["sent"] == now["spooled"] == now["internal_errors"] == 0 and set(now["dropped"]) == {"queue_full"}, now
