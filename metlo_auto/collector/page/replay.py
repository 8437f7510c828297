"""A kept request as a command or a test that sends it again; pure, everything quoted since all of it is hostile.

Redacted values cannot be sent again: they become variables that the person fills in.
"""

from __future__ import annotations

import re
import shlex
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

_DROPPED = frozenset(("host", "content-length", "connection", "transfer-encoding", "accept-encoding", "expect"))
_REDACTED = re.compile(r"redacted(?:-[a-p]{12})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LOCAL = ("127.0.0.1", "localhost", "[::1]", "0.0.0.0")


class Call(NamedTuple):
    method: str
    url: str
    headers: list[tuple[str, str]]
    body: str
    status: int


def call(trace: dict[str, Any]) -> Call:
    """What `trace` sent; its shape has passed the contract, its values have not."""
    request = trace["request"]
    pairs = [(str(item["name"]), str(item.get("value", ""))) for item in request.get("headers") or ()]
    headers = [(_one_line(name), _one_line(value)) for name, value in pairs if name.lower() not in _DROPPED]
    return Call(
        method=str(request["method"]),
        url=_url(request["url"], {name.lower(): value for name, value in pairs}),
        headers=headers,
        body=str(request.get("body") or ""),
        status=int(trace["response"]["status"]),
    )


def _url(url: dict[str, Any], headers: dict[str, str]) -> str:
    host = re.sub(r"[^\w.:\[\]-]", "", str(url["host"]))
    forwarded = headers.get("x-forwarded-proto", "").partition(",")[0].strip()
    scheme = forwarded if forwarded in ("http", "https") else "http" if _is_plain(host) else "https"
    query = [
        (str(item.get("name", "")), str(item.get("value", "")))
        for item in url.get("parameters") or ()
        if isinstance(item, dict)
    ]
    path = quote(str(url["path"]), safe="/%:@!$'()*+,;=~-._", errors="replace")
    return f"{scheme}://{host}{path}" + (f"?{urlencode(query, errors='replace')}" if query else "")


def _is_plain(host: str) -> bool:
    return ":" in host.rpartition("]")[2] or host.startswith(_LOCAL)


def _one_line(text: str) -> str:
    return _CONTROL.sub(" ", text)


def as_curl(trace: dict[str, Any]) -> str:
    """A line for a POSIX shell."""
    sent = call(trace)
    lines = [f"curl --globoff --request {shlex.quote(sent.method)}", f"  --url {shlex.quote(sent.url)}"]
    for name, value in sent.headers:
        lines.append(f"  --header {_shell(f'{name}: {value}', name)}")
    if sent.body:
        lines.append(f"  --data-raw {shlex.quote(sent.body)}")
    return " \\\n".join(lines) + "\n"


def _shell(text: str, name: str) -> str:
    """Quoted for the shell; a redacted value becomes a variable that has to be set."""
    parts = [shlex.quote(part) if part else "" for part in _REDACTED.split(text)]
    return ('"${' + _variable(name) + ':?}"').join(parts)


def _variable(name: str) -> str:
    return re.sub(r"\W", "_", name, flags=re.ASCII).upper() or "VALUE"


def as_pytest(trace: dict[str, Any], template: str) -> str:
    """A test module for pytest and requests that expects the status that came back."""
    sent = call(trace)
    uses_environment = any(_REDACTED.search(value) for _, value in sent.headers)
    lines = ["import os\n\nimport requests" if uses_environment else "import requests", "", ""]
    lines.append(f"def test_{_name(sent.method, template)}():")
    lines.append("    response = requests.request(")
    lines.append(f"        {sent.method!r},")
    lines.append(f"        {sent.url!r},")
    if sent.headers:
        lines.append("        headers={")
        lines += [f"            {name!r}: {_python(name, value)}," for name, value in sent.headers]
        lines.append("        },")
    if sent.body:
        lines.append(f"        data={sent.body!r}.encode('utf-8', 'surrogatepass'),")
    lines += ["        timeout=10,", "        allow_redirects=False,", "    )"]
    lines.append(f"    assert response.status_code == {sent.status}")
    return "\n".join(lines) + "\n"


def _python(name: str, value: str) -> str:
    parts = _REDACTED.split(value)
    if len(parts) == 1:
        return repr(value)
    variable = f"os.environ[{_variable(name)!r}]"
    joined = f" + {variable} + ".join(repr(part) for part in parts)
    return joined.replace("'' + ", "").replace(" + ''", "")


def _name(method: str, template: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", f"{method} {template}".lower()).strip("_")[:80]
