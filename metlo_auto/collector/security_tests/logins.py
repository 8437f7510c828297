"""What the response to a login gives an identity: cookies, and headers made of what it says; pure."""

from __future__ import annotations

import json
import re
from typing import Mapping

from metlo_auto.collector.security_tests.identities import Identity, merged
from metlo_auto.collector.security_tests.inputs import leaves_with_pointers
from metlo_auto.collector.security_tests.values import Answer, Pairs


class LoginFailed(Exception):
    """An identity cannot sign in; the message says which, and what came back."""


def headers_after(identity: Identity, answer: Answer) -> Pairs:
    """The identity's headers and what its login's response adds to them. Raises LoginFailed."""
    assert identity.login is not None
    found = {name: _extracted(answer, where, identity.name) for name, where in identity.login.extract}
    headers = identity.headers
    for name, template in identity.login.put:
        headers = merged(headers, (name, _put(template, found)))
    for cookie in answer.all_headers("set-cookie"):
        headers = merged(headers, ("Cookie", cookie.partition(";")[0]))
    if headers == identity.headers:
        raise LoginFailed(f"{identity.name}'s login gave neither a cookie nor what extract and put name")
    return headers


def _put(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found.group(1), found.group()), template)


def _extracted(answer: Answer, where: str, name: str) -> str:
    """`json:data.token`, `header:X-Token`, `cookie:sid` or `regexp:token=(\\w+)`. Raises LoginFailed."""
    kind, _, rest = where.partition(":")
    value = ""
    if kind == "json":
        value = _in_json(answer.body, rest)
    elif kind == "header":
        value = answer.header(rest)
    elif kind == "cookie":
        pairs = (text.partition(";")[0].partition("=") for text in answer.all_headers("set-cookie"))
        value = next((text for given, _, text in pairs if given == rest), "")
    elif kind == "regexp":
        found = re.search(rest, answer.body)
        value = (found.group(found.lastindex or 0) if found else "") or ""
    if not value:
        raise LoginFailed(f"{name}'s login answered {answer.status} without {where}")
    return value


def _in_json(text: str, dotted: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    wanted = "/" + dotted.replace(".", "/")
    return next((str(leaf) for pointer, leaf in leaves_with_pointers(value) if pointer == wanted), "")
