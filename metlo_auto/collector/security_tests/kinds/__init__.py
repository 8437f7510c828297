"""What can be wrong: one module for each kind, with what it sends and what convinces it."""

from __future__ import annotations

from typing import Callable, Iterator, NamedTuple

from metlo_auto.collector.security_tests.kinds import (
    auth,
    bfla,
    bola,
    cmdi,
    crlf,
    errors,
    exposure,
    graphql,
    headers,
    hidden,
    mass,
    methods,
    nosqli,
    path,
    rate,
    redirect,
    sqli,
    ssrf,
    ssti,
    xss,
    xxe,
)
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind


class Runnable(NamedTuple):
    kind: Kind
    run: Callable[[Probe], Iterator[Claim]]


# In the order in which they run: what tells most for the fewest requests first, what looks at all responses last.
_IN_ORDER = (
    auth, bola, bfla, exposure, hidden, sqli, ssti, path, cmdi, ssrf, redirect, xss, crlf, nosqli, xxe, mass, graphql,
    methods, headers, errors, rate,
)  # fmt: skip
KINDS = {module.KIND.name: Runnable(module.KIND, module.run) for module in _IN_ORDER}
