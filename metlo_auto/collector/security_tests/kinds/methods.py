"""Methods that nobody declared, and TRACE; only OPTIONS is sent unless writes are allowed."""

from __future__ import annotations

from typing import Iterator

from metlo_auto.collector.security_tests.kinds.auth import gives_the_same
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind

KIND = Kind(
    "methods", "Undeclared methods", "API8:2023 Security Misconfiguration", "CWE-749",
    "Answer 405 to methods that the endpoint does not need.",
)  # fmt: skip
_UNUSUAL = ("PROPFIND", "METLO")


def run(probe: Probe) -> Iterator[Claim]:
    base = probe.base
    if base is None or probe.target.method != "GET":
        return
    if not probe.world.writes:
        probe.lack("other methods are sent with --allow-writes only")
        return
    secret = probe.word()
    trace = probe.send(base.request._replace(method="TRACE").with_header("X-Probe", secret))
    if trace.answer.is_success and secret in trace.answer.body:
        yield Claim("TRACE gives the request back", "medium", "A header that was sent stands in the response.", trace,
                    base.exchange, "TRACE")  # fmt: skip
    for method in _UNUSUAL:
        test = probe.send(base.request._replace(method=method))
        if (
            probe.is_accepted
            and test.answer.is_success
            and test.answer.body
            and gives_the_same(base.answer, test.answer)
        ):
            evidence = f"{method} is answered as GET is: checks that go by the method are passed by."
            yield Claim("Any method is answered", "low", evidence, test, base.exchange, "any")
            return
