"""The answers of the wire contract, over real HTTP."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
import requests

from tests.collector.collector_support import Collector, trace

LIMIT = 2_097_152
V1, V2 = "/api/v1/log-request/", "/api/v2/log-request/"


def _padded(size: int) -> bytes:
    """A batch of one trace that is exactly `size` bytes long."""
    bare = json.dumps([trace(response_body="")]).encode()
    return json.dumps([trace(response_body="x" * (size - len(bare)))]).encode()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_version_page_needs_no_key(shared: Collector, version: str) -> None:
    assert requests.get(shared.url + "/api/" + version, timeout=10).status_code == 200


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_verify_says_ok_to_the_key_and_nothing_else(shared: Collector, version: str) -> None:
    address = f"{shared.url}/api/{version}/verify"
    good = requests.get(address, headers={"Authorization": shared.key}, timeout=10)
    assert (good.status_code, good.text) == (200, "OK")
    assert good.headers["Content-Type"].startswith("text/plain")
    assert good.headers["X-Metlo-Collector"].endswith("; routes")
    for key in ("", "wrong", "Bearer " + shared.key, shared.key[:-1]):
        bad = requests.get(address, headers={"Authorization": key}, timeout=10)
        assert (bad.status_code, bad.text) == (401, "Client unauthorized")


@pytest.mark.parametrize("path", [V1, V2])
def test_single_and_batch_are_answered_ok_as_text(shared: Collector, path: str) -> None:
    for name, body in (("single", trace()), ("batch", [trace(), trace()])):
        answer = shared.post(path + name, body)
        assert (answer.status_code, answer.text) == (200, "OK")
        assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_wrong_key_stores_nothing(collector: Collector) -> None:
    answer = collector.post(V1 + "batch", [trace()], key="wrong")
    assert (answer.status_code, answer.text) == (401, "Client unauthorized")
    assert collector.status()["accepted_traces"] == 0


def test_the_body_is_parsed_before_the_key_is_checked(shared: Collector) -> None:
    assert shared.post(V1 + "batch", b"[{", key="wrong").status_code == 400


def test_the_limit_is_exact_before_and_after_inflation(shared: Collector) -> None:
    fits, over = _padded(LIMIT), _padded(LIMIT + 1)
    assert (len(fits), len(over)) == (LIMIT, LIMIT + 1)
    assert shared.post(V1 + "batch", fits).status_code == 200
    assert shared.post(V1 + "batch", gzip.compress(fits), Content_Encoding="gzip").status_code == 200
    for body, encoding in (
        (over, "identity"),
        (gzip.compress(over), "gzip"),
        (zlib.compress(over), "deflate"),
    ):
        answer = shared.post(V1 + "batch", body, Content_Encoding=encoding)
        assert answer.status_code == 413
        assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("encoding, pack", [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_bodies_are_inflated(shared: Collector, encoding: str, pack) -> None:
    body = pack(json.dumps([trace()]).encode())
    assert shared.post(V1 + "batch", body, Content_Encoding=encoding).text == "OK"


@pytest.mark.parametrize(
    "encoding, body, status",
    [
        ("br", b"x", 415),
        ("zstd", b"x", 415),
        ("gzip", b"not gzip", 400),
        ("gzip", gzip.compress(b"[]", mtime=0)[:-3], 400),
        ("deflate", b"\x00\x01", 400),
    ],
)
def test_encodings_that_cannot_be_undone(shared: Collector, encoding: str, body: bytes, status: int) -> None:
    assert shared.post(V1 + "batch", body, Content_Encoding=encoding).status_code == status


@pytest.mark.parametrize("kind", ["text/plain", "application/x-ndjson", ""])
def test_other_content_types_are_500_on_v1_and_dropped_on_v2(collector: Collector, kind: str) -> None:
    assert collector.post(V1 + "batch", [trace()], Content_Type=kind).status_code == 500
    answer = collector.post(V2 + "batch", [trace()], Content_Type=kind)
    assert (answer.status_code, answer.text) == (200, "OK")
    assert collector.status()["accepted_traces"] == 0


def test_a_charset_parameter_changes_nothing(shared: Collector) -> None:
    assert shared.post(V1 + "batch", [trace()], Content_Type="application/json; charset=UTF-8").text == "OK"


@pytest.mark.parametrize("body", [b"[", b"[NaN]", b"{'a': 1}", b"[1,]", b'"text"', b"12", b"[" * 100_000])
def test_what_is_not_json_is_400(shared: Collector, body: bytes) -> None:
    assert shared.post(V1 + "batch", body).status_code == 400


def test_lone_surrogates_and_nul_are_accepted(collector: Collector) -> None:
    hostile = trace(response_body="PLACE")
    text = json.dumps([hostile]).replace("PLACE", "\\ud800 \\u0000")
    assert collector.post(V1 + "batch", text.encode()).text == "OK"
    collector.settled(1)
    [kept] = collector.get("/api/local/traces")
    assert kept["response"]["body"] == "\ud800 \0"


def _without(*path: str) -> dict:
    broken = trace()
    place = broken
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return broken


@pytest.mark.parametrize(
    "broken",
    [
        None,
        7,
        _without("request"),
        _without("response"),
        _without("request", "url"),
        _without("request", "url", "path"),
        trace(request_headers=[{"value": "no name"}]),
        trace(response_headers=[None]),
    ],
)
def test_a_shape_error_refuses_the_whole_v1_batch(collector: Collector, broken: object) -> None:
    assert collector.batch([trace(), broken, trace()]).status_code == 500
    assert collector.status()["accepted_traces"] == 0


def test_a_v1_batch_is_an_array(shared: Collector) -> None:
    assert shared.batch({"requests": [trace()]}).status_code == 500
    assert shared.post(V1 + "single", [trace()]).status_code == 500


BAD_PATHS = ["", "no/slash", "/a\\b", "/a?b", "/a<b", "/a>b", "/a&b", "/a=b", "//", "/a//b/", "/a/b//"]
GOOD_PATHS = ["/", "/a/", "/a//b", "/a b", "/a;b:c@d,e{f}", "/%3F%26", "/é/日本"]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_bad_path_is_400_and_keeps_what_stood_before_it(collector: Collector, path: str) -> None:
    answer = collector.batch([trace("/one"), trace("/two"), trace(path), trace("/four")])
    assert answer.status_code == 400
    assert path in answer.text
    status = collector.settled(2)
    assert status["accepted_traces"] == status["applied_traces"] == 2
    assert {e["route"] for e in collector.get("/api/local/endpoints")} == {"/one", "/two"}


def test_v2_skips_just_the_trace_with_the_bad_path(collector: Collector) -> None:
    batch = [trace(path) for path in [*GOOD_PATHS, *BAD_PATHS]]
    assert collector.post(V2 + "batch", batch).text == "OK"
    status = collector.settled(len(batch))
    assert (status["applied_traces"], status["set_aside_traces"]) == (len(GOOD_PATHS), len(BAD_PATHS))


def test_good_paths_are_taken(shared: Collector) -> None:
    assert shared.batch([trace(path) for path in GOOD_PATHS]).text == "OK"


@pytest.mark.parametrize("broken", [trace(method="BREW"), trace(status="200"), _without("response", "status")])
def test_what_metlo_answers_200_and_loses_is_set_aside(collector: Collector, broken: dict) -> None:
    assert collector.batch([trace(), broken, trace()]).text == "OK"
    status = collector.settled(3)
    assert (status["applied_traces"], status["set_aside_traces"], status["lost_traces"]) == (2, 1, 0)


def test_an_unknown_address_is_404_with_the_key_and_401_without(shared: Collector) -> None:
    assert shared.post("/api/v1/nothing", {}).status_code == 404
    assert shared.post("/api/v1/nothing", {}, key="wrong").status_code == 401


def test_a_chunked_post_is_taken(shared: Collector) -> None:
    pieces = iter([b"[", json.dumps(trace()).encode(), b"]"])
    headers = {"Authorization": shared.key, "Content-Type": "application/json"}
    answer = requests.post(shared.url + V1 + "batch", data=pieces, headers=headers, timeout=10)
    assert answer.text == "OK"
