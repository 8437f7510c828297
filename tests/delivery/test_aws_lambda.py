"""AWS Lambda's own runtime client, and what calls a Flask app there: each trace has left when the process is stopped."""

import json
import sys
import time
import types

import pytest

from metlo_auto.delivery.process import aws_lambda
from tests.support.faulty_collector import FaultyCollector, status
from tests.support.lambda_runtime import LambdaRuntime, event
from tests.support.recorder import Recorder
from tests.support.serving import clean_environ, instrumented
from tests.support.venvs import venv_if_made_for_it

pytestmark = [
    pytest.mark.slow, pytest.mark.timeout(600),  # the first run installs them
    pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime client is for Linux"),
]  # fmt: skip
APP = '''
from flask import Flask, jsonify, request

app = Flask("shop")


@app.route("/orders/<int:number>", methods=["GET", "POST"])
def order(number):
    return jsonify(number=number, sent=request.get_json(silent=True), a=request.args.getlist("a"))


@app.route("/stream")
def stream():
    return iter(["first ", "second"]), {"Content-Type": "text/plain"}


@app.route("/broken")
def broken():
    raise ValueError("of the app")
'''
HANDLERS = {
    "serverless-wsgi": "import serverless_wsgi\ndef handler(event, context):\n    return serverless_wsgi.handle_request(app, event, context)\n",
    "apig-wsgi": "from apig_wsgi import make_lambda_handler\nhandler = make_lambda_handler(app)\n",
    "aws-wsgi": "import awsgi\ndef handler(event, context):\n    return awsgi.response(app, event, context)\n",
    "mangum": "from a2wsgi import WSGIMiddleware\nfrom mangum import Mangum\nhandler = Mangum(WSGIMiddleware(app), lifespan='off')\n",
}
PACKAGES = ["awslambdaric", "serverless-wsgi", "apig-wsgi", "aws-wsgi", "mangum", "a2wsgi", "flask"]
REQUESTS = [  # path, method, body, query, status
    ("/orders/1", "GET", None, None, 200), ("/orders/2", "POST", '{"password": "hunter2"}', {"a": ["7"]}, 200),
    ("/stream", "GET", None, None, 200), ("/broken", "GET", None, None, 500), ("/nowhere", "GET", None, None, 404),
    ("/orders/3", "GET", None, None, 200),
]  # fmt: skip


def serve(kind, tmp_path, environ):
    python = venv_if_made_for_it("aws-lambda", PACKAGES) / "python"
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "function.py").write_text(APP + HANDLERS[kind])
    return LambdaRuntime([str(python), "-m", "awslambdaric"], "function.handler", environ, tmp_path)


def shown(result):
    """What the client gets, as API Gateway makes it of the handler's result; the four spell it differently."""
    return int(result["statusCode"]), result["body"]


def answered(kind, tmp_path, environ):
    with serve(kind, tmp_path, environ) as function:
        return [shown(function.invoke(event(*sent[:4]))) for sent in REQUESTS]


@pytest.mark.parametrize("kind", sorted(HANDLERS))
def test_each_trace_has_left_when_the_process_is_stopped(kind, tmp_path):
    bare = answered(kind, tmp_path / "bare", clean_environ(tmp_path))
    with Recorder(v2=True) as recorder:
        environ = instrumented(clean_environ(tmp_path, METLO_SPOOL_DIR="off"), recorder.environ())
        with serve(kind, tmp_path / "agent", environ) as function:
            for number, sent in enumerate(REQUESTS):
                assert shown(function.invoke(event(*sent[:4]))) == bare[number]
            function.kill()
            log = function.log.read_text()
        seen = recorder.wait_for(len(REQUESTS))  # nothing is left that could send more
        assert len(seen) == len(REQUESTS) == len(recorder.only_traces())
    assert [status for status, _ in bare] == [sent[4] for sent in REQUESTS]
    said = {}
    for trace in recorder.only_traces():
        path = trace["meta"].get("path") or trace["request"]["url"]["path"]
        said[path.replace("/prod", "")] = trace
    for (path, method, _, _, code), (_, body) in zip(REQUESTS, bare):
        trace = said[path]
        assert (trace["request"]["method"], trace["response"]["status"]) == (method, code)
        if path != "/orders/2":
            assert trace["response"]["body"] == body and "omitted" not in str(trace["meta"].get("responseBody"))
        assert trace["meta"]["source"] == "203.0.113.7"
    assert "hunter2" not in str(recorder.only_traces()) and "metlo" not in log.lower().replace("metlo: reporting to", "")
    assert json.loads(said["/orders/2"]["response"]["body"])["a"] == ["7"]


def numbers(collector):
    return sorted(int(path.rsplit("/", 1)[1]) for path in collector.paths)


def test_a_collector_that_is_away_costs_no_invocation_its_answer_and_no_trace(tmp_path):
    with FaultyCollector() as collector:
        collector.fault = lambda post: status(503)(post)
        environ = instrumented(clean_environ(tmp_path, METLO_SPOOL_DIR="off"),
                               {"METLO_HOST": collector.host, "METLO_API_KEY": "test-key"})
        with serve("apig-wsgi", tmp_path / "f", environ) as function:
            for number in range(3):
                assert shown(function.invoke(event("/orders/%d" % number)))[0] == 200
            function.stop()
            assert collector.posts and not collector.arrived
            collector.fault = None
            number = 3
            while len(numbers(collector)) < number and number < 60:  # once the pause after a failure is over
                assert shown(function.invoke(event("/orders/%d" % number)))[0] == 200
                number += 1
                function.stop()
                time.sleep(0.2)
            assert numbers(collector) == list(range(number))
            function.kill()
            assert "metlo: the collector" in function.log.read_text()


def test_an_invocation_with_little_time_left_is_not_held_up(tmp_path):
    with FaultyCollector() as collector:
        environ = instrumented(clean_environ(tmp_path, METLO_SPOOL_DIR="off"),
                               {"METLO_HOST": collector.host, "METLO_API_KEY": "test-key"})
        with serve("apig-wsgi", tmp_path / "f", environ) as function:
            assert shown(function.invoke(event("/orders/0"), seconds=0.9))[0] == 200
            function.stop()
            assert not collector.asked and not collector.posts
            assert shown(function.invoke(event("/orders/1")))[0] == 200
            function.kill()
            assert numbers(collector) == [0, 1]


def test_a_runtime_without_its_package_counts_too_and_none_is_patched_twice(monkeypatch):
    """Its invocations may have no deadline."""
    asked, worked = [], []

    class LambdaRuntimeClient:
        def wait_next_invocation(self):
            asked.append(len(worked))
            return "invocation %d" % len(asked)

    LambdaRuntimeClient.__module__ = "lambda_runtime_client"
    module = types.ModuleType("lambda_runtime_client")
    module.LambdaRuntimeClient = LambdaRuntimeClient
    monkeypatch.setattr(aws_lambda, "_works", [])
    assert not aws_lambda.is_runtime_here()
    aws_lambda.before_each_stop(lambda: worked.append("nowhere"))
    monkeypatch.setitem(sys.modules, "lambda_runtime_client", module)
    assert aws_lambda.is_runtime_here()
    aws_lambda.before_each_stop(lambda: worked.append("first"))
    aws_lambda.before_each_stop(lambda: [][0])  # whatever goes wrong, the next invocation comes
    client = LambdaRuntimeClient()
    assert [client.wait_next_invocation() for _ in range(2)] == ["invocation 1", "invocation 2"]
    assert worked == ["first", "first"] and asked == [1, 2]
