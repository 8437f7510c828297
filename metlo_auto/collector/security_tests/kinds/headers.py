"""Headers of responses: cookies of sessions, CORS, caching of sensitive data, content types, HSTS."""

from __future__ import annotations

import re
from typing import Iterator

from metlo_auto.collector.security_tests.kinds.personal import is_sensitive
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind
from metlo_auto.collector.security_tests.values import ANONYMOUS, Answer, Exchange

KIND = Kind(
    "headers", "Headers of responses", "API8:2023 Security Misconfiguration", "CWE-693",
    "Set the flag or header that is named, on all responses of this kind.",
)  # fmt: skip
_SESSION = re.compile(r"sess|sid\b|token|auth|jwt|login|remember|identity", re.IGNORECASE)
_VALUE = re.compile(r"^([^=;]+)=[^;]*")
VALUE_LEFT_OUT = r"\1=…"
_NO_SESSION = re.compile(r"csrf|xsrf", re.IGNORECASE)


def run(probe: Probe) -> Iterator[Claim]:
    yield from _cookies(probe)
    if probe.accepted() is None:
        return
    yield from _cors(probe)
    yield from _caching(probe)
    yield from _sniffing(probe)
    yield from _transport(probe)


def _cookies(probe: Probe) -> Iterator[Claim]:
    """Of the responses of this run, and of stored ones: a login is seldom asked again."""
    live = [(exchange.answer, exchange) for exchange in probe.exchanges if exchange.answer.status < 400]
    stored = [
        (s.answer, Exchange(0, s.caller, s.request, s.answer)) for s in probe.target.samples if s.answer.status < 400
    ]
    for answer, exchange in live + stored:
        for cookie in answer.all_headers("set-cookie"):
            name = cookie.partition("=")[0].strip()
            if not _SESSION.search(name) or _NO_SESSION.search(name) or _is_deleted(cookie):
                continue
            missing = _missing_flags(cookie, probe.world.is_https)
            if missing and probe.world.setter_of(name, probe):
                severity = "medium" if "HttpOnly" in missing or "Secure" in missing else "low"
                title = f"The session cookie {name} lacks {' and '.join(missing)}"
                shown = f"Set-Cookie: {_VALUE.sub(VALUE_LEFT_OUT, cookie)}"
                yield Claim(title, severity, shown, _without_value(exchange), None, f"cookie {name}")


def _is_deleted(cookie: str) -> bool:
    value = cookie.partition("=")[2].partition(";")[0].strip('"')
    return not value or re.search(r"max-age=0\b|expires=thu, 01.jan.1970", cookie, re.IGNORECASE) is not None


def _without_value(exchange: Exchange) -> Exchange:
    headers = tuple(
        (name, _VALUE.sub(VALUE_LEFT_OUT, value) if name.lower() == "set-cookie" else value)
        for name, value in exchange.answer.headers
    )
    return exchange._replace(answer=exchange.answer._replace(headers=headers))


def _missing_flags(cookie: str, is_https: bool) -> list[str]:
    """Secure is asked for over https alone: on plain http no browser would keep such a cookie."""
    flags = {part.partition("=")[0].strip().lower(): part.partition("=")[2].strip() for part in cookie.split(";")[1:]}
    missing = [] if "httponly" in flags else ["HttpOnly"]
    if is_https and "secure" not in flags or flags.get("samesite", "").lower() == "none" and "secure" not in flags:
        missing.append("Secure")
    return missing + ([] if "samesite" in flags else ["SameSite"])


def _cors(probe: Probe) -> Iterator[Claim]:
    base = probe.base
    assert base is not None
    origin = f"https://{probe.word()}.example"
    test = probe.send(base.request.with_header("Origin", origin))
    allowed = test.answer.header("access-control-allow-origin")
    with_credentials = test.answer.header("access-control-allow-credentials").lower() == "true"
    if allowed == origin and with_credentials:
        title = "Any origin may read the response with the visitor's credentials"
        evidence = f"Origin {origin} came back in Access-Control-Allow-Origin, with Allow-Credentials: true."
        yield Claim(title, "high" if base.identity != ANONYMOUS else "medium", evidence, test, base.exchange, "cors")


def _caching(probe: Probe) -> Iterator[Claim]:
    base = probe.base
    assert base is not None
    control = base.answer.header("cache-control").lower()
    may_be_shared = re.search(r"\bpublic\b|s-maxage=[1-9]", control) and "no-store" not in control
    if may_be_shared and base.identity != ANONYMOUS and not probe.target.is_public and is_sensitive(base.answer):
        evidence = f"Cache-Control: {control}, on a response with sensitive data for {base.identity}."
        yield Claim(
            "Sensitive data may be kept by caches that many share", "medium", evidence, base.exchange, None, "cache"
        )


def _sniffing(probe: Probe) -> Iterator[Claim]:
    """Only where a browser would guess: without a type, or for plain text that has markup."""
    base = probe.base
    assert base is not None
    is_open = base.answer.header("x-content-type-options").lower() != "nosniff"
    if (
        is_open
        and base.answer.media_type in ("", "text/plain")
        and _has_markup(base.answer)
        and probe.world.once("sniff")
    ):
        title = "A browser may take the response for HTML"
        evidence = "It has markup, no type of its own, and no X-Content-Type-Options: nosniff."
        yield Claim(title, "low", evidence, base.exchange, None, "nosniff")


def _has_markup(answer: Answer) -> bool:
    return re.search(r"<(script|html|body|iframe|svg|a|img)\b", answer.body[:2000], re.IGNORECASE) is not None


def _transport(probe: Probe) -> Iterator[Claim]:
    base = probe.base
    assert base is not None
    if probe.world.is_https and not base.answer.header("strict-transport-security") and probe.world.once("hsts"):
        evidence = "Responses over https have no Strict-Transport-Security."
        yield Claim("A browser may be led back to http", "low", evidence, base.exchange, None, "hsts")
