"""Path traversal: a file that every machine has, asked for through each input."""

from __future__ import annotations

import re
from typing import Iterator, Optional

from metlo_auto.collector.security_tests.inputs import Input
from metlo_auto.collector.security_tests.kinds.texts import sounds_like_file
from metlo_auto.collector.security_tests.kinds.through_inputs import Hit, through_inputs
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Kind

KIND = Kind(
    "path", "Path traversal", "API8:2023 Security Misconfiguration", "CWE-22",
    "Resolve the path and check that it lies within the folder, or use flask.send_from_directory.",
)  # fmt: skip
_UP = "../" * 10
_PASSWD = re.compile(r"^\s*\"?(?:[^\n\"]{0,200}\")?root:[^:\n]*:0:0:", re.MULTILINE)


def _read(probe: Probe, given: Input) -> Optional[Hit]:
    if probe.base is None or _PASSWD.search(probe.base.answer.body):
        return None
    for payload in _payloads(given):
        test = probe.send(given.sent(payload))
        if _PASSWD.search(test.answer.body):
            return Hit(test, f"{payload} in {given.place} gives the file /etc/passwd.")
    return None


def _payloads(given: Input) -> Iterator[str]:
    """Two for any text; more for what is known to be a name of a file, where filters are likely."""
    yield _UP + "etc/passwd"
    if given.is_number:
        return
    if sounds_like_file(given) or given.where == "path":
        folder = given.value.rpartition("/")[0]
        yield "/etc/passwd"
        yield "....//" * 10 + "etc/passwd"
        yield "..%2f" * 10 + "etc%2fpasswd"
        if folder:
            yield f"{folder}/{_UP}etc/passwd"
        if given.value.startswith(("http:", "https:", "file:")):
            yield "file:///etc/passwd"


run = through_inputs(KIND, "The {} reaches any file", _read)
