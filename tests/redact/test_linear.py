"""Eight times the text costs about eight times the time, whatever the text: never 64 times."""

import itertools
import json
import time

import pytest

from metlo_auto.redact import Redactor, schema

from .hostile import KINDS, PIECES, grown

REDACTOR = Redactor("an API key", fields=["größe"])
SMALL, GROWTH = 8000, 8
QUADRATIC = GROWTH * GROWTH
BOUNDARY = "multipart/form-data; boundary=b"


def everything(text):
    for kind in KINDS:
        REDACTOR.body(text, kind, BOUNDARY)
    REDACTOR.body(text, "text", "text/csv")
    REDACTOR.query(text)
    REDACTOR.argument("q", text)
    for header in ("Referer", "Cookie", "Set-Cookie", "Authorization", "WWW-Authenticate", "Sec-WebSocket-Protocol"):
        REDACTOR.header(header, text)
    REDACTOR.is_secret(text)
    REDACTOR.paths.masked_by_any("/" + text, ["/reset/<token>/<path:rest>/x", "/<mine:token>/<path:p>"])
    for kind in ("json", "form", "multipart", "xml", "text"):
        schema.body(text, kind)


def cost(text):
    begun = time.process_time()
    everything(text)
    return time.process_time() - begun


def growth(piece):
    """How much more the long text costs; the least of some tries, since others may use the machine too."""
    small, large = grown(piece, SMALL), grown(piece, SMALL * GROWTH)
    least = QUADRATIC * 2.0
    for _ in range(4):
        least = min(least, cost(large) / max(min(cost(small), cost(small)), 1e-4))
        if least < QUADRATIC / 3:
            break
    return least


@pytest.mark.parametrize("name", sorted(PIECES))
def test_the_cost_of_redaction_grows_with_the_text(name):
    assert growth(PIECES[name]) < QUADRATIC / 3


def test_the_cost_of_many_different_names_grows_with_their_number():
    def document(names):
        spelt = ("".join(pair) for pair in itertools.product(*((char, char + "-", char + "_") for char in "password")))
        return json.dumps(dict.fromkeys(itertools.islice(spelt, names), "x"))

    small, large = document(2100), document(2100 * GROWTH)  # both more than are remembered, or the few cost less each
    assert min(cost(large) / max(min(cost(small), cost(small)), 1e-4) for _ in range(2)) < QUADRATIC / 3


EARLIER = ["escaped quotes", "keys without end", "percent runs", "opened tags", "only backslashes after a name"]
LARGE = EARLIER + list(PIECES)[list(PIECES).index("jwt beginnings") :]  # all searches but those for names in plain places


def large(name, size):
    """A body of that size and its kind: well-formed JSON of the pieces that are members of a list."""
    piece = PIECES[name]
    if piece.endswith(", ") and piece[0] in "[{":
        return "[" + piece * (size // len(piece)) + '{"token": 1}]', "json"
    return grown(piece, size), "text"


@pytest.mark.slow
@pytest.mark.timeout(1200)  # processor time is what counts: other programs may use the machine
@pytest.mark.parametrize("name", sorted(PIECES))
def test_the_cost_of_what_is_begun_and_never_ends_grows_with_the_text(name):
    def masked(size):
        begun = time.process_time()
        for kind in ("text", "xml", "json"):
            REDACTOR.body("%s token %s%s" % (PIECES[name], PIECES[name], "a " * (size // 2)), kind)
        return time.process_time() - begun

    assert min(masked(SMALL * GROWTH) / max(masked(SMALL), 1e-3) for _ in range(3)) < QUADRATIC / 3


@pytest.mark.timeout(1200)  # as above
@pytest.mark.parametrize("name", LARGE)
def test_ten_megabytes_of_hostile_text_cost_what_their_size_costs(name):
    def of(size):
        text, kind = large(name, size)
        begun = time.process_time()
        REDACTOR.body(text, kind, "text/csv" if name == "rows" else "")
        return time.process_time() - begun

    assert any(of(10 ** 7) < max(of(10 ** 7 // GROWTH), 0.05) * QUADRATIC / 3 for _ in range(3))
