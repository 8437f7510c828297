"""`meta.traceparent`: the distributed trace that a request belongs to, by OpenTelemetry's span or its own header."""

import sys

import pytest
from flask import Flask

from tests.capture.test_what_went_out import Seen, Server, environ, flask_app

HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def asked(app, **more):
    seen = Seen(app)
    Server().run(app, environ("/one", **more))
    return seen.only["traceparent"]


@pytest.mark.core
@pytest.mark.parametrize("sent,told", [
    (HEADER, HEADER), (HEADER.replace("00-", "cc-", 1) + "-later", HEADER.replace("00-", "cc-", 1)),
    (HEADER.upper(), None), (HEADER[:-1], None), ("ff" + HEADER[2:], None), ("", None), (42, None), (HEADER + "0", None),
    ("00-%s-b7ad6b7169203331-01" % ("0" * 32), None), ("00-0af7651916cd43dd8448eb211c80319c-%s-01" % ("0" * 16), None),
])
def test_a_header_is_told_where_it_is_one(sent, told):
    assert asked(flask_app("app", one="1"), HTTP_TRACEPARENT=sent) == told


@pytest.mark.core
def test_without_any_there_is_none():
    assert asked(flask_app("app", one="1")) is None


def test_the_span_of_opentelemetry_counts_before_the_header():
    trace = pytest.importorskip("opentelemetry.trace")
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    tracer, spans = sdk.TracerProvider().get_tracer("test"), []

    class Traced(Flask):
        def full_dispatch_request(self):
            spans.append(tracer.start_span("request"))
            token = trace.context_api.attach(trace.set_span_in_context(spans[0]))
            self.teardown_appcontext_funcs.append(lambda error: trace.context_api.detach(token))
            return Flask.full_dispatch_request(self)
    app = Traced("app")
    app.add_url_rule("/one", "one", lambda: "1")
    told = asked(app, HTTP_TRACEPARENT=HEADER)
    context = spans[0].get_span_context()
    assert told == "00-%032x-%016x-%02x" % (context.trace_id, context.span_id, context.trace_flags)


def test_a_span_that_is_none_leaves_the_header():
    pytest.importorskip("opentelemetry.trace")
    assert asked(flask_app("app", one="1"), HTTP_TRACEPARENT=HEADER) == HEADER


@pytest.mark.core
@pytest.mark.parametrize("library", [object(), type("Broken", (), {"get_current_span": staticmethod(lambda: 1 / 0)})])
def test_a_library_that_is_not_as_it_should_be_costs_nothing_of_the_trace(library, monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", library)
    app = flask_app("app", one="1")
    seen = Seen(app)
    Server().run(app, environ("/one", HTTP_TRACEPARENT=HEADER))
    assert (seen.only["traceparent"], seen.only["route"]) == (HEADER, "/one")
