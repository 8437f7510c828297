"""Header injection: a line break in an input that comes back in a header."""

from __future__ import annotations

from typing import Iterator

from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind

KIND = Kind(
    "crlf", "Header injection", "API8:2023 Security Misconfiguration", "CWE-113",
    "Refuse line breaks in what becomes a header.",
)  # fmt: skip


def run(probe: Probe) -> Iterator[Claim]:
    if probe.base is None:
        return
    for given in probe.inputs():
        marker, echo = probe.echo(given)
        if given.where == "header" or not any(marker in value for _, value in echo.answer.headers):
            continue  # a line break in what never is in a header changes none
        name = "X-" + probe.word().capitalize()
        for ending in ("\r\n", "\n", "\r"):
            test = probe.send(given.sent(f"{given.value}{ending}{name}: {marker}"))
            if test.answer.header(name).startswith(marker):
                evidence = f"A line break in {given.place} made the header {name}."
                yield Claim(
                    f"The {given.place} can add headers", "high", evidence, test, probe.base.exchange, given.place
                )
                break
