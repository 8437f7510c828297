"""Which kept request shows a finding: the newest whose own facts are those that the finding goes by."""

from __future__ import annotations

import time
from typing import Optional

from sqlalchemy import select
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis.aggregation import aggregate
from metlo_auto.collector.analysis.memory import Memory
from metlo_auto.collector.inventory.findings import CORS, TROUBLES, Finding
from metlo_auto.collector.inventory.queries import group
from metlo_auto.collector.store.inbox import Filed
from metlo_auto.collector.store.schema import samples

MOST = 200  # requests that are looked at
_BY_VALUE = {  # the fact's kind where its value is the finding's subject
    "anonymous-data": "anonymous",
    "secret-in-response": "secret",
    "credential-in-url": "credential in url",
    "reflected-input": "reflected",
    "bulk-personal-data": "bulk",
    "cookie-flags": "cookie flag",
}
_BY_PLACE = {"personal-in-url": "class", "personal-in-error": "in error"}  # and where it is section, path and value
_BY_KIND = {
    "failed-logins": "failed login",
    "anonymous-delete": "anonymous delete",
    "plain-http": "plain http",
    "shared-object": "object",
}
_VALUES = {
    **{name: ("trouble", said) for said, name in TROUBLES.items()},
    **{name: ("cors", said) for said, name in CORS.items()},
}


def newest(connection: Connection, finding: Finding) -> Optional[int]:
    """The number of the newest kept request that shows `finding`; None where none is kept any more."""
    s = samples.c
    asked = select(s.id, s.body, s.status).where(s.endpoint_id.in_(group(connection, finding.endpoint.id)))
    if finding.kind.name == "server-errors":
        asked = asked.where(s.status >= 500)
    for row in connection.execute(asked.order_by(s.id.desc()).limit(MOST)):
        if shows(bytes(row.body), finding.kind.name, finding.key.split("/", 2)[2]):
            return int(row.id)
    return None


def shows(trace: bytes, kind: str, subject: str) -> bool:
    """Whether one trace alone has what a finding of `kind` about `subject` goes by; any has where it is about all."""
    counted = aggregate([Filed(1, time.time(), 1, 1, b"[" + trace + b"]")], Memory()).facts
    for key, name, value in counted:
        if kind in _BY_VALUE:
            found = (name, value) == (_BY_VALUE[kind], subject)
        elif kind in _BY_PLACE:
            found = (name, f"{key.section}{key.path}/{value}") == (_BY_PLACE[kind], subject)
        elif kind in _VALUES:
            found = (name, value) == _VALUES[kind]
        elif kind == "new-field":
            found = key.section + key.path == subject
        else:
            found = name == _BY_KIND.get(kind, name)
        if found:
            return True
    return False
