"""Cross site scripting: markup in each input that comes back in HTML; a parser says whether a browser would run it."""

from __future__ import annotations

import re
from typing import Iterator, Optional

from metlo_auto.collector.security_tests.content import is_html
from metlo_auto.collector.security_tests.elements import elements_of
from metlo_auto.collector.security_tests.inputs import Input
from metlo_auto.collector.security_tests.kinds.through_inputs import Hit, through_inputs
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Kind
from metlo_auto.collector.security_tests.values import Answer

KIND = Kind(
    "xss", "Cross site scripting", "API8:2023 Security Misconfiguration", "CWE-79",
    "Let the template engine escape the value, for the place that it stands in.",
)  # fmt: skip


def _ran(probe: Probe, given: Input) -> Optional[Hit]:
    marker, echo = probe.echo(given)
    if given.where == "header" or not is_html(echo.answer) or marker.lower() not in echo.answer.body.lower():
        return None
    for payload in _payloads(given.value, marker):
        test = probe.send(given.sent(payload))
        where = runs(test.answer, marker)
        if where:
            severity, note = ("low", "; its CSP forbids that") if forbids_scripts(test.answer) else ("high", "")
            if severity == "high" and given.where == "cookie":
                severity = "medium"  # somebody has to set it first
            evidence = f"Markup in {given.place} came back unescaped; a browser runs it {where}{note}."
            return Hit(test, evidence, severity)
    return None


def _payloads(value: str, marker: str) -> Iterator[str]:
    yield f"{value}{marker}'\"></title></textarea></script><svg onload={marker}()>"
    yield f'{value}{marker}" onfocus={marker}() x="'
    yield f"{value}{marker}' onfocus={marker}() x='"
    yield f"javascript:{marker}()"
    yield f"{value}{marker}';{marker}()//"
    yield f'{value}{marker}";{marker}()//'


def runs(answer: Answer, marker: str) -> Optional[str]:
    """Where a browser would run `marker()`, None where nowhere."""
    if 300 <= answer.status < 400 and answer.header("location"):
        return None  # no browser shows the page of a redirect
    if not is_html(answer) or marker.lower() not in answer.body.lower():
        return None
    if "attachment" in answer.header("content-disposition").lower():
        return None
    call = (marker + "()").lower()
    for element in elements_of(answer.body):
        for attribute, value in element.attributes.items():
            if attribute.startswith("on") and value.lower().strip().startswith(call):
                return f"in the attribute {attribute}"
            is_address = attribute in ("href", "src", "action", "formaction")
            if is_address and re.match(rf"\s*javascript:{call[:-2]}", value, re.IGNORECASE):
                return f"in the attribute {attribute}"
        if element.tag == "script" and _leaves_its_string(element.text, marker):
            return "in a script"
    return None


def _leaves_its_string(script: str, marker: str) -> bool:
    """Whether a quote of ours ends the string of a script that our text stands in."""
    for quote in "'\"":
        at = script.find(f"{marker}{quote};{marker}()//")
        if at >= 0 and _opened(script[:at]) == quote:
            return True
    return False


def _opened(script: str) -> str:
    """The quote of the string that is open at the end of `script`, "" for none."""
    opened = ""
    at = 0
    while at < len(script):
        letter = script[at]
        if letter == "\\" and opened:
            at += 1
        elif opened:
            opened = "" if letter == opened else opened
        elif letter in "'\"`":
            opened = letter
        at += 1
    return opened


def forbids_scripts(answer: Answer) -> bool:
    """Whether a policy of the response forbids scripts that stand in the page."""
    for policy in answer.all_headers("content-security-policy"):
        rules = {words[0]: words[1:] for words in (part.lower().split() for part in policy.split(";")) if words}
        sources = rules.get("script-src", rules.get("default-src"))
        if sources is not None and "'unsafe-inline'" not in sources:
            return True
    return False


run = through_inputs(KIND, "The {} is a part of the page", _ran)
