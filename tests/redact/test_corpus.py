"""Credentials wherever real services carry them leave neither whole nor in part; what only looks like one stays readable."""

import base64
import json
import os
import re
from urllib.parse import quote

import pytest

pytest.importorskip("waitress", reason="waitress is not installed")

from tests.support.recorder import Recorder  # noqa: E402
from tests.support.serving import Server, clean_environ, instrumented, request  # noqa: E402

from .corpus import EXPECTED, HARMLESS, S  # noqa: E402
from .exchanges import content, left, redactor, spelt  # noqa: E402

REDACTED, SCHEMA = redactor(), redactor("schema")
PART = S[:8]
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}=*")
# The cookie's value is a secret whatever it is; the path beside it is asked for.
COUNTED = [(place, text, left(None, place, text).count(S)) for place, text in HARMLESS]


def unpacked(text):
    """The text, and what base64 in it stands for."""
    packed = [found.replace("-", "+").replace("_", "/").rstrip("=") for found in BASE64.findall(text)]
    return text + "".join(base64.b64decode(one[: len(one) // 4 * 4]).decode("latin-1") for one in packed)


@pytest.mark.parametrize("place, text", EXPECTED)
def test_a_credential_does_not_leave(place, text):
    assert PART not in unpacked(left(REDACTED, place, text))


@pytest.mark.parametrize("place, text, times", COUNTED)
def test_what_is_no_credential_stays_readable(place, text, times):
    assert left(REDACTED, place, text).count(S) == times


@pytest.mark.parametrize("place, text", EXPECTED + HARMLESS)
def test_no_value_leaves_by_schema(place, text):
    assert place.startswith("route /auth") or PART not in left(SCHEMA, place, text)


def test_a_mode_is_off():
    assert redactor("none") is None


def asked(number, place, text):
    """The request that makes the case happen."""
    kind, _, name = place.partition(" ")
    text = spelt(text)
    if kind == "header":
        return request("GET", "/echo", b"", {name: text})
    if kind == "answer":
        return request("GET", "/answer/%d" % number)
    if kind == "query":
        return request("GET", "/echo?" + text)
    if kind == "route":
        return request("GET", quote(text))
    content_type, data = content(place, text)
    return request("POST", "/echo", data, {"Content-Type": content_type})


def readable(tmp_path, hidden="", **settings):
    """The cases whose secret is in what the collector got, and all that it got; `hidden`: a module that the app lacks."""
    cases = EXPECTED + HARMLESS
    with Recorder() as recorder:
        environ = instrumented(clean_environ(tmp_path), dict(recorder.environ(**settings), METLO_WORKERS="1"))
        if hidden:
            folder = tmp_path / "hidden"
            folder.mkdir()
            (folder / (hidden + ".py")).write_text("raise ImportError")
            environ["PYTHONPATH"] += os.pathsep + str(folder)
        with Server("waitress", "corpus_app:app", environ, cwd=__file__.rsplit("/", 1)[0]) as server:
            for number, (place, text) in enumerate(cases):
                server.ask(asked(number, place, text))
            server.ask(request("GET", "/done", b"", {"Referer": "https://shop.example/reset/" + S}))
            server.ask(request("GET", "/reset/" + S))
            server.ask(request("POST", "/reset/" + S))
            server.ask(request("GET", "/reset/" + S + "/"))
            server.ask(request("GET", "/v1/sessions/1"))
            traces = recorder.wait_for(len(cases) + 5)
    # One after the other over one connection each: they come in order.
    return [(cases[at] if at < len(cases) else at) for at, trace in enumerate(traces) if PART in json.dumps(trace)], traces


@pytest.mark.slow
@pytest.mark.parametrize("hidden", ["", "orjson"])
def test_no_credential_reaches_the_collector(tmp_path, hidden):
    places, traces = readable(tmp_path, hidden)
    assert [place for place in places if place not in HARMLESS] == []
    assert len(places) >= len([times for *_, times in COUNTED if times]) - 6


@pytest.mark.slow
def test_no_value_reaches_the_collector_by_schema(tmp_path):
    places, traces = readable(tmp_path, METLO_REDACT="schema")
    assert [place for place in places if place[0] != "route /auth/§/<int:n>"] == []
    assert all(trace["request"]["url"]["path"] for trace in traces)


@pytest.mark.slow
def test_with_redact_none_all_of_it_does(tmp_path):
    assert len(readable(tmp_path, METLO_REDACT="none")[0]) > len(EXPECTED)
