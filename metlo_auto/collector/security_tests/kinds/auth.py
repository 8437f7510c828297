"""Broken authentication: a request that had credentials, again without, with garbled ones, with forged tokens."""

from __future__ import annotations

import base64
import json
from typing import Any, Iterator, Optional

from metlo_auto.collector.security_tests.compare import has_data, is_alike, is_refusal
from metlo_auto.collector.security_tests.content import content_of
from metlo_auto.collector.security_tests.kinds.personal import is_personal
from metlo_auto.collector.security_tests.probe import Baseline, Probe
from metlo_auto.collector.security_tests.results import Claim, Kind
from metlo_auto.collector.security_tests.values import ANONYMOUS, Answer, Pairs

KIND = Kind(
    "auth", "Broken authentication", "API2:2023 Broken Authentication", "CWE-306",
    "Check the caller's credentials before the view runs; verify the signature and the algorithm of tokens.",
)  # fmt: skip


def run(probe: Probe) -> Iterator[Claim]:
    base = None if probe.target.is_public else probe.accepted()
    if base is None or base.identity == ANONYMOUS or not has_data(base.answer):
        return
    for title, variant, credentials in _attempts(probe, base, probe.world.sessions.headers(base.identity)):
        test = probe.anonymous() if not credentials else probe.send_with(base.request, credentials)
        if gives_the_same(base.answer, test.answer, base.volatile):
            is_of_somebody = is_personal(probe, test.answer)
            if not credentials and not is_of_somebody and _is_page_or_words(test.answer):
                return  # the same for all, with nothing of anybody in it
            severity = "high" if is_of_somebody else "medium"
            evidence = f"{title} gets the response of {base.identity}: status {test.answer.status}, same data."
            yield Claim(f"Answers {_lower(title)}", severity, evidence, test, base.exchange, variant)
            return  # what follows needs no other proof


def _is_page_or_words(answer: Answer) -> bool:
    """Whether it is a page, or a list of words and numbers without names, such as the currencies that an app knows."""
    content = content_of(answer)
    return content.kind == "html" or content.kind == "json" and all(path == "[]" for path, _ in content.leaves)


def _lower(title: str) -> str:
    return title[0].lower() + title[1:]


def gives_the_same(base: Answer, test: Answer, volatile: "frozenset[str]" = frozenset()) -> bool:
    """Whether `test` gives what `base` gave: the same shape, and most of its values where it has any."""
    if is_refusal(test) or not is_alike(base, test):
        return False
    wanted = _stable_values(base, volatile)
    return not wanted or len(wanted & content_of(test).values) >= 0.5 * len(wanted)


def _stable_values(answer: Answer, volatile: "frozenset[str]") -> "frozenset[str]":
    content = content_of(answer)
    return content._replace(leaves=tuple(leaf for leaf in content.leaves if leaf[0] not in volatile)).values


def _attempts(probe: Probe, base: Baseline, headers: Pairs) -> Iterator[tuple[str, str, Pairs]]:
    """Title, variant and headers of each try."""
    yield "A caller without credentials", "none", ()
    garbled = tuple((name, _garbled(value)) for name, value in headers)
    if garbled != headers:
        yield "A caller with garbled credentials", "garbled", garbled
    for name, value in headers:
        wrong = list(_wrong(name, value))
        rest = _without_other_ways(probe, base, headers, (name, value)) if wrong else None
        if rest is not None:
            yield from ((title, variant, (*rest, (name, forged))) for title, variant, forged in wrong)


def _wrong(name: str, value: str) -> Iterator[tuple[str, str, str]]:
    """Title, variant and value of each try with one header."""
    token = value.rpartition(" ")[2] if name.lower() != "cookie" else ""
    yield from ((title, "token", value.replace(token, forged)) for title, forged in _forged(token))
    if name.lower() == "authorization" and " " in value:
        scheme = "Bearer" if value.lower().startswith("basic") else "Basic"
        yield "A caller with another scheme", "scheme", scheme + " eDp4"


def _without_other_ways(probe: Probe, base: Baseline, headers: Pairs, tried: "tuple[str, str]") -> Optional[Pairs]:
    """The other headers, where they alone do not sign the caller in; none of them where this one alone does."""
    rest = tuple(pair for pair in headers if pair != tried)

    def is_enough(credentials: Pairs) -> bool:
        return gives_the_same(base.answer, probe.send_with(base.request, credentials).answer, base.volatile)

    if not rest or not is_enough(rest):
        return rest
    return () if is_enough((tried,)) else None


def _garbled(value: str) -> str:
    """Every credential of a header with letters changed; the signature alone of a JWT."""
    if "=" in value and ";" in value or value.partition("=")[0].isidentifier() and "=" in value[:40]:
        return "; ".join(_garbled_pair(pair.strip()) for pair in value.split(";"))
    scheme, space, token = value.rpartition(" ")
    return scheme + space + _changed(token)


def _garbled_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return name + equals + _changed(value)


def _changed(token: str) -> str:
    begin = token.rfind(".") + 1 if _claims(token) is not None else 0
    return token[:begin] + "".join(_other(c) if at % 2 else c for at, c in enumerate(token[begin:]))


def _other(letter: str) -> str:
    return letter.swapcase() if letter.isalpha() else str((int(letter) + 5) % 10) if letter.isdecimal() else letter


def _claims(token: str) -> Optional[dict[str, Any]]:
    """The claims of a JWT, None for other tokens."""
    parts = token.split(".")
    try:
        found = json.loads(_decoded(parts[1])) if len(parts) == 3 else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _forged(token: str) -> Iterator[tuple[str, str]]:
    """JWTs that nobody signed: without an algorithm, and with other claims under the old signature."""
    claims = _claims(token)
    if claims is None:
        return
    head, body, signature = token.split(".")
    for algorithm in ("none", "None"):
        unsigned = _encoded({"alg": algorithm, "typ": "JWT"})
        yield "A token with alg none", f"{unsigned}.{body}."
    changed = _encoded({**claims, "metlo": "changed"})
    yield "A token with changed claims", f"{head}.{changed}.{signature}"
    if "exp" in claims:
        yield "A token that expired", f"{head}.{_encoded({**claims, 'exp': 1_000_000_000})}.{signature}"


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
