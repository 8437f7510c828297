"""Open redirects: another site in an input that says where to go next."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Iterator, Optional
from urllib.parse import urljoin, urlsplit

from metlo_auto.collector.security_tests.content import is_html
from metlo_auto.collector.security_tests.inputs import Input
from metlo_auto.collector.security_tests.kinds.texts import sounds_like_url
from metlo_auto.collector.security_tests.kinds.through_inputs import Hit, through_inputs
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Kind
from metlo_auto.collector.security_tests.values import Answer

KIND = Kind(
    "redirect", "Open redirect", "API8:2023 Security Misconfiguration", "CWE-601",
    "Redirect to paths of your own, or to hosts from a list.",
)  # fmt: skip


def _led(probe: Probe, given: Input) -> Optional[Hit]:
    marker, echo = probe.echo(given)
    if given.where == "header" or not (marker in _places(echo.answer) or _may_redirect(probe, given)):
        return None
    host = probe.word() + ".example"
    for payload in _payloads(given, host, probe.world.origin.netloc):
        test = probe.send(given.sent(payload))
        if _leads_to(test.answer, probe.world.origin.url + given.request.path, host):
            return Hit(test, f"{payload} in {given.place} leads a browser to {host}.", "medium")
    return None


def _may_redirect(probe: Probe, given: Input) -> bool:
    """A value that is refused unless it is a whole URL never shows up with a marker behind it."""
    assert probe.base is not None
    is_redirect = 300 <= probe.base.answer.status < 400
    return sounds_like_url(given) and (is_redirect or any(300 <= e.answer.status < 400 for e in probe.exchanges))


def _payloads(given: Input, host: str, own: str) -> Iterator[str]:
    yield f"https://{host}/"
    yield f"//{host}/"
    yield f"/\\{host}/"
    yield f"https://{own}@{host}/"
    yield f"https:{host}/"
    there = urlsplit(given.value).netloc
    if there:
        yield f"https://{there}.{host}/"
        yield f"https://{host}/{there}"


def _places(answer: Answer) -> str:
    return "\n".join([answer.header("location"), answer.header("refresh"), _refreshed(answer) or ""])


def _leads_to(answer: Answer, url: str, host: str) -> bool:
    """Whether a browser goes to `host`, as it reads URLs: backslashes are slashes, missing ones are added."""
    targets = [answer.header("location") if 300 <= answer.status < 400 else "", _after_url(answer.header("refresh"))]
    return any(target and _host(url, target) == host for target in [*targets, _refreshed(answer) or ""])


def _host(url: str, target: str) -> str:
    cleaned = re.sub(r"[\t\r\n]", "", target.strip()).replace("\\", "/")
    cleaned = re.sub(r"^(https?):/*(?=[^/])", r"\1://", cleaned, flags=re.IGNORECASE)
    cleaned = re.sub(r"^//+", "//", cleaned)
    try:
        return urlsplit(urljoin(url, cleaned)).hostname or ""
    except ValueError:
        return ""


def _after_url(text: str) -> str:
    found = re.search(r"url\s*=\s*['\"]?([^'\"]+)", text, re.IGNORECASE)
    return found.group(1) if found else ""


def _refreshed(answer: Answer) -> Optional[str]:
    """Where a page's meta element sends the browser."""
    if not is_html(answer) or "refresh" not in answer.body.lower():
        return None
    reader = _Refresh()
    reader.feed(answer.body)
    return reader.target


class _Refresh(HTMLParser):
    target: Optional[str] = None

    def handle_starttag(self, tag: str, attrs: "list[tuple[str, Optional[str]]]") -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh" and self.target is None:
            self.target = _after_url(given.get("content", ""))


run = through_inputs(KIND, "The {} leads to any site", _led)
