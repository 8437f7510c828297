"""What a response says beyond what the caller sent: sensitive values and secrets without echoes; pure."""

# ruff: noqa: SIM905 - long lists of words read best as text

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Iterator, NamedTuple, Sequence
from urllib.parse import parse_qsl, unquote

from metlo_auto.collector.analysis import sensitive
from metlo_auto.collector.analysis.credentials import words
from metlo_auto.collector.analysis.observation import Observation
from metlo_auto.collector.analysis.sensitive.names import SECRET, plain
from metlo_auto.collector.analysis.shapes import Leaf, Place, places

_QUOTED = re.compile(r'"((?:[^"\\]|\\.){4,400})"|(?<![\w.])(-?\d{5,20})(?![\w.])')
SHORTEST = 4  # characters of a value whose return is an echo
INSIDE = 6  # and of one that is searched for inside other texts
MOST_TEXTS = 200
MOST_BODY = 50_000  # characters
MANY_RECORDS = 100  # items of one list with personal data
_SHORT_NAMES = {"pin": re.compile(r"\d{4}|redacted")}  # six digits are a postcode in India
_PLACEHOLDER = re.compile(
    r"[*•●.#-]+|[xX*]{3,}|<[^<>]*>|null|none|true|false|n/?a|hidden|masked|\[?(?:filtered|hidden)\]?", re.I
)
_NO_VALUES = frozenset(
    [
        "errors",
        "error",
        "properties",
        "messages",
        "validation",
        "fields",
        "schema",
        "required",
        "policy",
        "detail",
        "details",
        "help",
    ]
)
_CREATED = frozenset(
    [
        "secret",
        "clientsecret",
        "apikey",
        "secretkey",
        "apisecret",
        "accesskey",
        "totpsecret",
        "mfasecret",
        "encryptionkey",
        "signingkey",
    ]
)


class Leak(NamedTuple):
    """`n` values of a class, or of a secret's name where `name` is "secret", at `path` of a response."""

    path: str
    name: str
    n: int


def request_texts(seen: Observation) -> frozenset[str]:
    """The texts that the request itself holds, lower case: path, query, body."""
    request = seen.trace["request"]
    found = {unquote(step) for step in seen.path.split("/")}
    listed = request["url"].get("parameters")
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict):
            found.add(str(item.get("value", ""))[:400])
    body = request.get("body")
    if isinstance(body, str) and body:
        found.update(_body_texts(body[:MOST_BODY]))
    kept = sorted(text.lower() for text in found if len(text) >= SHORTEST)
    return frozenset(kept[:MOST_TEXTS])


def repeated_texts(seen: Observation) -> frozenset[str]:
    """Those of `request_texts` of which the response's body, or a header of it, may repeat one; mostly none."""
    response = seen.trace["response"]
    values = [str(item.get("value", "")) for item in response.get("headers") or ()]
    text = "\n".join([str(response.get("body") or ""), *values]).lower()
    said = request_texts(seen)
    if not text.isascii() or "\\" in text or "&" in text or "%" in text:  # escapes may hide them
        return said
    return frozenset(each for each in said if each in text)


def _body_texts(body: str) -> Iterator[str]:
    if "=" in body and body[:1] not in "{[":
        yield from (value for _, value in parse_qsl(body)[:MOST_TEXTS])
        return
    for number, match in enumerate(_QUOTED.finditer(body)):
        if number > MOST_TEXTS:
            return
        yield match.group(1) or match.group(2)


def without_echoes(value: Any, texts: frozenset[str], depth: int = 0) -> tuple[Any, bool]:
    """`value` without the leaves that repeat one of `texts`, and whether there were any."""
    if isinstance(value, dict) and depth < 16:
        pairs = [(key, without_echoes(inner, texts, depth + 1)) for key, inner in value.items()]
        return {key: pruned for key, (pruned, _) in pairs}, any(found for _, (_, found) in pairs)
    if isinstance(value, list) and depth < 16:
        items = [without_echoes(inner, texts, depth + 1) for inner in value[:500]]
        return [pruned for pruned, _ in items], any(found for _, found in items)
    if isinstance(value, (str, int, float)) and not isinstance(value, bool) and _is_echo(str(value), texts):
        return None, True
    return value, False


def _is_echo(text: str, texts: frozenset[str]) -> bool:
    if len(text) < SHORTEST:
        return False
    lower = text.lower()
    return lower in texts or len(text) <= 2_000 and any(len(said) >= INSIDE and said in lower for said in texts)


def leaks(value: Any) -> Iterator[Leak]:
    """Every class and secret in `value`, place by place."""
    root = Place("")
    root.add(value)
    listed = list(places(root))
    for path, place in listed:
        counts: dict[str, int] = {}
        for leaf, n in place.leaves.items():
            for name in sensitive.detect(place.name, leaf):
                if not sensitive.is_nobodys(name, leaf):
                    counts[name] = counts.get(name, 0) + n
        for name, n in counts.items():
            yield Leak(path, name, n)
    for path, n in secrets(listed):
        yield Leak(path, "secret", n)


def secrets(listed: Sequence[tuple[str, Place]], method: str = "GET") -> Iterator[tuple[str, int]]:
    """Places of a response whose name says that the value should not have left the server."""
    for path, place in listed:
        name = _secret_name(place.name)
        if not name or method == "POST" and name in _CREATED:  # a new key is told once, to its owner
            continue
        if any(_NO_VALUES.intersection(words(step)) for step in path.split("/")[:-1]):
            continue
        texts = sum(n for leaf, n in place.leaves.items() if _is_secret(name, leaf))
        if texts:
            yield path, texts


@lru_cache(maxsize=8192)
def _secret_name(name: str) -> str:
    """The name as it is known, "" for one of no secret."""
    known = plain(name)
    return known if known in SECRET else ""


def _is_secret(name: str, leaf: Leaf) -> bool:
    text = str(leaf).strip()
    if not text or _PLACEHOLDER.fullmatch(text) or text.count(" ") > 2:
        return False
    form = _SHORT_NAMES.get(name)
    return form is None or bool(form.fullmatch(text))


def bulk(value: Any) -> dict[str, int]:
    """Personal classes and in how many items of the longest list they stand; {} where the list is short."""
    longest = _longest_list(value)
    if len(longest) < MANY_RECORDS:
        return {}
    counts: dict[str, int] = {}
    for item in longest[:500]:
        for name in {name for name in _classes(item) if sensitive.BY_NAME[name].personal}:
            counts[name] = counts.get(name, 0) + 1
    return {name: n for name, n in counts.items() if n >= MANY_RECORDS}


def _longest_list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    lists = [inner for inner in value.values() if isinstance(inner, list)] if isinstance(value, dict) else []
    return max(lists, key=len, default=[])


def _classes(item: Any, name: str = "", depth: int = 0) -> Iterator[str]:
    if isinstance(item, dict) and depth < 4:
        for key, inner in item.items():
            yield from _classes(inner, key, depth + 1)
    elif isinstance(item, list) and depth < 4:
        for inner in item[:20]:
            yield from _classes(inner, name, depth + 1)
    elif isinstance(item, (str, int, float)) and not isinstance(item, bool):
        yield from (found for found in sensitive.detect(name, item) if not sensitive.is_nobodys(found, item))
