"""Server side request forgery: the address of a listener of ours in each input that could be a URL."""

from __future__ import annotations

from typing import Optional
from urllib.parse import urlsplit

from metlo_auto.collector.security_tests.inputs import Input
from metlo_auto.collector.security_tests.kinds.texts import sounds_like_url
from metlo_auto.collector.security_tests.kinds.through_inputs import Hit, through_inputs
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Kind

KIND = Kind(
    "ssrf", "Server side request forgery", "API7:2023 Server Side Request Forgery", "CWE-918",
    "Fetch from hosts of a list only, and check the address that a name resolves to.",
)  # fmt: skip


def _fetched(probe: Probe, given: Input) -> Optional[Hit]:
    if given.is_number or given.where == "header" and not sounds_like_url(given):
        return None
    listener = probe.world.listener
    for number in range(len(_payloads(given, "", "", ""))):
        token = probe.word()
        payload = _payloads(given, listener.url_for(token), listener.address, token)[number]
        test = probe.send(given.sent(payload))
        if listener.was_asked(token):
            return Hit(test, f"{payload} in {given.place} made the app ask our listener.")
    return None


def _payloads(given: Input, url: str, address: str, token: str) -> list[str]:
    """The plain address for all; what passes by careless checks of hosts where a URL was seen."""
    found = [url]
    there = urlsplit(given.value).netloc
    if there:
        found += [
            f"http://{there}@{address}/{token}",
            f"http://{address}/{token}?{there}",
            f"http://{address}/{token}#{there}",
        ]
    if sounds_like_url(given) and "://" not in given.value:
        found.append(f"{address}/{token}")
    return found


run = through_inputs(KIND, "The app asks whatever the {} names", _fetched)
