"""Credentials that stored responses gave to an identity: by its logins, and by what renewed its cookies; pure.

A run that logs in gets a session of its own, so the mask of its credential stands in no stored request. Those that its
user got before stand in stored responses, masked as in the requests that used them.
"""

from __future__ import annotations

import re
from typing import Iterable, NamedTuple, Optional, Sequence

from metlo_auto.collector.security_tests.identities import Identity
from metlo_auto.collector.security_tests.inputs import body_fields
from metlo_auto.collector.security_tests.logins import LoginFailed, headers_after
from metlo_auto.collector.security_tests.ownership import MASK, Callers, marks_of_identity, without_shared
from metlo_auto.collector.security_tests.values import Answer, Pairs

_SAME_FOR_ALL = re.compile(
    r"grant_?type|client_?id|scope|audience|tenant|realm|remember|submit|next|lang", re.IGNORECASE
)


class Call(NamedTuple):
    """A stored request and its response, in which secrets are masked."""

    method: str
    path: str
    headers: Pairs
    body: str
    answer: Answer


def with_stored_sessions(known: Callers, identities: Sequence[Identity], calls: Iterable[Call]) -> Callers:
    """`known` and the sessions that `calls`, the oldest first, gave to its identities."""
    found = known._replace(marks=dict(known.marks))
    for call in calls:
        if call.answer.status >= 400:
            continue
        identity = _logged_in(call, identities)
        given = _given(identity, call.answer) if identity is not None else ()
        name = identity.name if identity is not None else ""
        if identity is None and not MASK.search(call.body):  # else somebody may log in whose login is not known
            name = found.caller(call.headers)
            given = _renewed(found, name, call.answer)
        if name in found.marks and given:
            found.marks[name] |= marks_of_identity(given, found.names)
    return found._replace(marks=without_shared(found.marks))


def _logged_in(call: Call, identities: Sequence[Identity]) -> Optional[Identity]:
    """Whose login it was, None where that is nobody's or not clear."""
    names = [identity for identity in identities if _is_login_of(identity, call)]
    return names[0] if len(names) == 1 else None


def _is_login_of(identity: Identity, call: Call) -> bool:
    """Whether all that is not masked of what the identity's login sends was sent."""
    login = identity.login
    if login is None or (login.method, login.path.partition("?")[0]) != (call.method, call.path):
        return False
    stored = body_fields(call.body)
    shown = {
        name: value for name, value in body_fields(login.body).items()
        if name in stored and not MASK.search(stored[name]) and not _SAME_FOR_ALL.search(name)
    }  # fmt: skip
    return bool(shown) and all(stored[name] == value for name, value in shown.items())


def _given(identity: Identity, answer: Answer) -> Pairs:
    try:
        return headers_after(identity._replace(headers=()), answer)
    except LoginFailed:  # it did not succeed
        return ()


def _renewed(known: Callers, name: str, answer: Answer) -> Pairs:
    """The cookies that a response gave in place of those by which the caller was known."""
    own = {mark for mark, _ in known.marks.get(name, ())}
    pairs = (text.partition(";")[0].strip() for text in answer.all_headers("set-cookie"))
    kept = [pair for pair in pairs if f"cookie {pair.partition('=')[0]}" in own]
    return (("Cookie", "; ".join(kept)),) if kept else ()
