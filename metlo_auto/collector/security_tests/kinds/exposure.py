"""Excessive exposure: answers that hold secrets of others, hashes of passwords, tokens and keys."""

from __future__ import annotations

from typing import Iterator

from metlo_auto.collector.security_tests.kinds.personal import secrets, shown
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind

KIND = Kind(
    "exposure", "Secrets in responses", "API3:2023 Broken Object Property Level Authorization", "CWE-200",
    "Leave the field out of the response, and replace the secrets that were already sent.",
)  # fmt: skip
_FOR_OWNER = ("a token", "a secret by its name", "a provider's key")


def run(probe: Probe) -> Iterator[Claim]:
    base = probe.accepted()
    if base is None:
        return
    own = {
        text
        for name, value in probe.world.sessions.headers(base.identity)
        for text in (value, value.rpartition(" ")[2])
    }
    said = {item.value for item in probe.inputs()}
    reported = set()
    for path, value, what in secrets(base.answer):
        is_own = any(value in text for text in own) or value in said
        if path in reported or is_own or what in _FOR_OWNER and _is_for_its_owner(probe, path):
            continue
        reported.add(path)
        evidence = f"The field {path} holds {what} ({shown(value)})."
        yield Claim(f"The response holds {what}", "high", evidence, base.exchange, None, path)


def _is_for_its_owner(probe: Probe, path: str) -> bool:
    """Whether one object of the caller's own, such as its API key, is what the endpoint is for."""
    base = probe.base
    assert base is not None
    words = ("key", "token", "secret", "credential")
    return base.identity != "" and "[]" not in path and any(word in probe.target.route.lower() for word in words)
