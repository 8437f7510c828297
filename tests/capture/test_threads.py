"""Eight threads at once: each request is reported once, with what belongs to it, and the counters add up."""

import collections
import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.capture.pairs import MARK, header
from tests.support.recorder import Recorder
from tests.support.serving import Server, clean_environ, instrumented

pytestmark = [pytest.mark.core, pytest.mark.timeout(600)]
FREE_THREADED = "t" in getattr(sys, "abiflags", "")
THREADS, EACH = 8, 2500 if FREE_THREADED else 200


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


def stats(port, end):
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/stats")
        now = json.loads(connection.getresponse().read())
        connection.close()
        if now["sent"] >= THREADS * EACH or time.monotonic() > end:
            return now


def test_each_request_is_reported_once_and_with_its_own(tmp_path):
    with Recorder() as recorder:
        environ = instrumented(clean_environ(tmp_path), recorder.environ())
        with Server("gunicorn-gthread", "many:app", environ) as server:
            with ThreadPoolExecutor(THREADS) as pool:
                answers = list(pool.map(lambda thread: ask_many(server.port, thread), range(THREADS)))
            recorder.wait_for(THREADS * EACH, 60)
            now = stats(server.port, time.monotonic() + 20)
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
