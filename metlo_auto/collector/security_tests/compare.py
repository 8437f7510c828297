"""Whether answers are alike, refuse, or hold somebody's data; pure."""

from __future__ import annotations

import difflib
import html
import json
import re
from collections import Counter
from functools import lru_cache
from typing import Any, Iterable, NamedTuple
from urllib.parse import quote, quote_plus, urlsplit

from metlo_auto.collector.security_tests.content import BLANK, Content, content_of, parsed_json
from metlo_auto.collector.security_tests.values import Answer

_REFUSING = frozenset((400, 401, 402, 403, 404, 405, 406, 407, 409, 410, 412, 415, 419, 422, 423, 428, 429, 440, 451))
_ERROR_KEYS = frozenset(("error", "errors", "fault", "exception", "error_code", "errorcode", "error_message"))
_GOOD_KEYS = frozenset(("success", "ok", "succeeded", "authorized", "authenticated", "allowed"))
_BAD_WORDS = frozenset(("error", "fail", "failed", "failure", "denied", "forbidden", "unauthorized", "unauthenticated"))
_SAYS_NO = re.compile(
    r"\b(not (be )?(allowed|authori[sz]ed|permitted|found|logged|signed)|denied|forbidden|unauthori[sz]ed|permission"
    r"|no access|may not|must (be )?(log|sign)|(log|sign) ?in\b|login required|authenticat|does not exist|no such)",
    re.IGNORECASE,
)
# What has to stand in a text or a page that says so, or asks for a password; &# may spell anything.
_MAY_REFUSE = re.compile(
    r"password|(?<!\w)(?:(?:not?|may|must)(?!\w)|log|sign|denied|forbidden|unauthori|permission|authenticat|does)|&#",
    re.IGNORECASE,
)
_LOGIN_PATH = re.compile(r"log[-_]?in|sign[-_]?in|auth|sso|session|account/?$", re.IGNORECASE)


def is_refusal(answer: Answer) -> bool:
    """Whether the response gives nothing: a status that refuses, a login, an error that is called 200, no response."""
    if answer.status in _REFUSING or answer.status >= 500 or answer.status == 0:
        return True
    if 300 <= answer.status < 400:
        return answer.status != 304 and is_login_redirect(answer)
    return _refuses(answer.body, answer.media_type)


@lru_cache(maxsize=4096)
def _refuses(body: str, media_type: str) -> bool:
    value = parsed_json(body.lstrip(BLANK))  # its leaves are not needed
    if value is not None:
        return isinstance(value, dict) and _says_error(value)
    if _MAY_REFUSE.search(body) is None:  # reading a page takes longer than all else that is done with it
        return False
    content = content_of(Answer(200, (("Content-Type", media_type),), body))
    return is_login_page(content) or says_no(content)


def is_login_redirect(answer: Answer) -> bool:
    return bool(_LOGIN_PATH.search(urlsplit(answer.header("location")).path))


def is_login_page(content: Content) -> bool:
    """Whether a page asks who it is for: one that can sign its reader out knows it, and asks for a new password."""
    return content.kind == "html" and content.has_password_field and not content.has_sign_out


def says_no(content: Content) -> bool:
    """Whether a text or a page of status 200 says that it refuses."""
    text = " ".join(str(leaf) for _, leaf in content.leaves)
    return len(text) < 400 and bool(_SAYS_NO.search(text))


def _says_error(value: "dict[str, Any]") -> bool:
    lowered = {str(name).lower(): item for name, item in value.items()}
    if any(lowered.get(name) for name in _ERROR_KEYS) or any(lowered.get(name) is False for name in _GOOD_KEYS):
        return True
    for name in ("status", "result", "state", "type", "title", "code"):
        item = lowered.get(name)
        if isinstance(item, str) and item.lower() in _BAD_WORDS:
            return True
        if isinstance(item, int) and not isinstance(item, bool) and name in ("status", "code") and 400 <= item < 600:
            return True
    message = next((lowered[name] for name in ("message", "detail", "msg", "reason") if name in lowered), "")
    return len(lowered) <= 4 and isinstance(message, str) and bool(_SAYS_NO.search(message))


def is_alike(first: Answer, second: Answer) -> bool:
    """Whether two answers have the same shape: status class, kind, and nearly the same places."""
    if first.status // 100 != second.status // 100:
        return False
    one, other = content_of(first), content_of(second)
    if one.kind != other.kind:
        return False
    if not one.shape and not other.shape:
        return True
    return len(one.shape & other.shape) >= 0.8 * len(one.shape | other.shape)


def has_data(answer: Answer) -> bool:
    """Whether a response says more than that all is well, or where to go."""
    if not answer.is_success:
        return False
    content = content_of(answer)
    if content.kind == "json":
        return any(is_data(path, leaf) for path, leaf in content.leaves)
    if content.kind == "text":
        return len(content.leaves) >= 4
    return content.kind == "html" and len(content.leaves) >= 4


_NO_DATA = re.compile(r"(^|[._\[\]])(status|state|version|ok|healthy?|message|msg|uptime|time|timestamp|service|env|"
                      r"environment|build|commit|ready|alive|ping|name)$", re.IGNORECASE)  # fmt: skip


def is_data(path: str, leaf: Any) -> bool:
    """Whether a leaf is a value, rather than a flag or what a health check says."""
    if leaf is None or isinstance(leaf, bool) or leaf == "":
        return False
    return not ("[]" not in path and "." not in path and _NO_DATA.search(path))


_BETWEEN = "\0"  # values where they are searched as one text


class Reading(NamedTuple):
    """A response made ready to be compared: what varies by itself and what the request said is taken out."""

    status: int
    kind: str
    parts: "Counter[tuple[str, str]]"
    text: str


def reading(answer: Answer, volatile: "frozenset[str]" = frozenset(), said: Iterable[str] = ()) -> Reading:
    """`volatile`: places to leave out; `said`: texts that the request put into it."""
    content = content_of(answer)
    if content.kind in ("json", "html"):
        parts, texts = _parts(answer.body, answer.media_type)
        words = tuple([word for word in _spelt(said, texts) if word in texts and _is_of_one(word, parts)])
        return Reading(answer.status, content.kind, _parts_without(answer.body, answer.media_type, volatile, words), "")
    text = _without(_spelt(said, answer.body), answer.body) if "" not in volatile else ""
    return Reading(answer.status, content.kind, Counter(), text)


def _is_of_one(word: str, parts: "Counter[tuple[str, str]]") -> bool:
    """Whether a word that stands in the values as one text stands in one of them."""
    return _BETWEEN not in word or any(word in text for _, text in parts)


def _without(words: Iterable[str], text: str) -> str:
    """`text` with each of `words` taken out, one after another."""
    for word in words:
        text = text.replace(word, "")
    return text


@lru_cache(maxsize=1024)  # most responses to payloads are equal, and each is compared with the same baseline
def _parts_without(
    body: str, media_type: str, volatile: "frozenset[str]", words: "tuple[str, ...]"
) -> "Counter[tuple[str, str]]":
    parts, _ = _parts(body, media_type)
    if not words and (not volatile or volatile.isdisjoint(path for path, _ in parts)):
        return parts
    leaves = content_of(Answer(200, (("Content-Type", media_type),), body)).leaves
    return Counter((path, _without(words, str(leaf))) for path, leaf in leaves if path not in volatile)


@lru_cache(maxsize=1024)
def _parts(body: str, media_type: str) -> "tuple[Counter[tuple[str, str]], str]":
    """The leaves of a response and how often each is there, which is not to be changed, and all of their values."""
    leaves = content_of(Answer(200, (("Content-Type", media_type),), body)).leaves
    found = Counter([(path, str(leaf)) for path, leaf in leaves])
    return found, _BETWEEN.join(text for _, text in found)


def _spelt(texts: Iterable[str], found_in: str) -> "list[str]":
    """All spellings of `texts`, the longest first; none where none of them stands in `found_in`."""
    given = [text for text in texts if text and core(text) in found_in]
    return sorted({word for text in given for word in spellings(text)}, key=len, reverse=True)


@lru_cache(maxsize=4096)
def core(text: str) -> str:
    """The longest run of letters and digits of `text`, which no spelling changes; "" for none."""
    return max(re.findall("[0-9A-Za-z]+", text), key=len, default="")


@lru_cache(maxsize=4096)
def spellings(text: str) -> "frozenset[str]":
    return frozenset([text, html.escape(text), html.escape(text, quote=False), quote(text), quote(text, safe=""),
            quote_plus(text), json.dumps(text)[1:-1], html.escape(text).replace("&#x27;", "&#39;")])  # fmt: skip


def is_same(first: Reading, second: Reading) -> bool:
    """Whether two answers say the same."""
    if (first.status, first.kind) != (second.status, second.kind):
        return False
    if first.parts or second.parts:
        return dict.__eq__(first.parts, second.parts)  # none of them counts to 0
    if first.text == second.text:
        return True
    if not first.text or not second.text or len(first.text) > 100_000:
        return False
    return difflib.SequenceMatcher(None, first.text, second.text, autojunk=False).quick_ratio() > 0.98


def volatile_places(first: Answer, second: Answer) -> "frozenset[str]":
    """The places in which two answers to the same request differ; "" for text that does."""
    if first.body == second.body and first.media_type == second.media_type:
        return frozenset()
    if content_of(first).kind not in ("json", "html"):
        return frozenset([""]) if first.body != second.body else frozenset()
    mine, theirs = (_parts(answer.body, answer.media_type)[0] for answer in (first, second))
    return frozenset(path for path, _ in ((mine - theirs) + (theirs - mine)))
