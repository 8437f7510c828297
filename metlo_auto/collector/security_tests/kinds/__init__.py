"""What can be wrong: one module for each kind, with what it sends and what convinces it."""

from __future__ import annotations

from typing import NamedTuple, Optional

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
from metlo_auto.collector.security_tests.kinds.through_inputs import Run
from metlo_auto.collector.security_tests.results import Kind


class Runnable(NamedTuple):
    """`timed`: what needs a clock, run after all else."""

    kind: Kind
    run: Run
    timed: Optional[Run] = None


# In the order in which they run: what tells most for the fewest requests first, what looks at all responses last.
_IN_ORDER = (
    auth, bola, bfla, exposure, hidden, sqli, ssti, path, cmdi, ssrf, redirect, xss, crlf, nosqli, xxe, mass, graphql,
    methods, headers, errors, rate,
)  # fmt: skip
_TIMED = {"sqli": sqli.timed, "cmdi": cmdi.timed}
KINDS = {module.KIND.name: Runnable(module.KIND, module.run, _TIMED.get(module.KIND.name)) for module in _IN_ORDER}
LAST = ("headers", "errors")  # look at all answers of the run, and at what others claimed
