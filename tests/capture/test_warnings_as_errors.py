"""Python's development mode with every warning an error (`-X dev -W error`): the app answers and is reported as ever."""

import json
import sys

import pytest

pytest.register_assert_rewrite("tests.capture.pairs")

from tests.capture.pairs import pair_of  # noqa: E402

pytestmark = pytest.mark.core
ASKED = [
    ("GET", "/hello", b"", {}),
    ("GET", "/users/7?verbose=1", b"", {}),
    ("POST", "/echo?as=json", b'{"name": "x", "password": "y"}', {"Content-Type": "application/json"}),
    ("POST", "/echo?as=form", b"a=1&b=2", {"Content-Type": "application/x-www-form-urlencoded"}),
    ("POST", "/echo?as=part", b"0123456789", {"Content-Type": "text/plain"}),
    ("POST", "/echo?as=lines", b"one\ntwo", {"Content-Type": "text/plain"}),
    ("POST", "/echo?as=iterate", b"one\ntwo", {"Content-Type": "text/plain"}),
    ("GET", "/typed?name=gzip", b"", {}),
    ("GET", "/stream", b"", {}),
    ("GET", "/file", b"", {}),
    ("GET", "/crash", b"", {}),
]


def warned(server):
    return [line for line in server.log.splitlines() if "Warning" in line]


WAITRESS_WARNS = pytest.mark.skipif(sys.version_info < (3, 8), reason="the waitress of these Pythons warns of its own defaults")


@pytest.mark.parametrize("kind", ["gunicorn-gthread", pytest.param("waitress", marks=WAITRESS_WARNS), "flask-run"])
def test_no_warning_and_no_difference(kind, tmp_path):
    with pair_of(kind, "everything:app", tmp_path, PYTHONDEVMODE="1", PYTHONWARNINGS="error") as pair:
        statuses = []
        for method, target, body, headers in ASKED:
            answer, trace = pair.ask(method, target, body, headers)
            statuses.append(answer.status)
            assert trace["response"]["status"] == answer.status
            assert trace["request"]["url"]["path"] == target.partition("?")[0]
            if "as=json" in target:
                assert json.loads(trace["request"]["body"]) == {"name": "x", "password": "redacted"}
        assert statuses == [200] * 10 + [500]
    assert warned(pair.seen) == warned(pair.bare)
