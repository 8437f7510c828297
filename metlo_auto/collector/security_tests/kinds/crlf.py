"""Header injection: a line break in an input that comes back in a header."""

from __future__ import annotations

from typing import Optional

from metlo_auto.collector.security_tests.inputs import Input
from metlo_auto.collector.security_tests.kinds.through_inputs import Hit, through_inputs
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Kind

KIND = Kind(
    "crlf", "Header injection", "API8:2023 Security Misconfiguration", "CWE-113",
    "Refuse line breaks in what becomes a header.",
)  # fmt: skip


def _added(probe: Probe, given: Input) -> Optional[Hit]:
    marker, echo = probe.echo(given)
    if given.where == "header" or not any(marker in value for _, value in echo.answer.headers):
        return None  # a line break in what never is in a header changes none
    name = "X-" + probe.word().capitalize()
    for ending in ("\r\n", "\n", "\r"):
        test = probe.send(given.sent(f"{given.value}{ending}{name}: {marker}"))
        if test.answer.header(name).startswith(marker):
            return Hit(test, f"A line break in {given.place} made the header {name}.")
    return None


run = through_inputs(KIND, "The {} can add headers", _added)
