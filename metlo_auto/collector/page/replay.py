"""A kept request as a command or a test that sends it again; pure, everything quoted since all of it is hostile.

What was redacted, and what is masked on the page, becomes a variable that the person fills in. Code is put together
from literals (`repr`, `shlex.quote`) and variables alone.
"""

from __future__ import annotations

import re
import shlex
from typing import Any, NamedTuple, Sequence

from metlo_auto.collector.page.replay_parts import Piece, Variable, Variables, body_pieces, url_pieces, value_pieces

_DROPPED = frozenset(("host", "content-length", "connection", "transfer-encoding", "accept-encoding", "expect"))
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_KEPT = "BODY_FILE"


class Call(NamedTuple):
    method: str
    url: Sequence[Piece]
    headers: list[tuple[str, Sequence[Piece]]]
    body: Sequence[Piece]
    file: str  # the variable that names the file with the body, where none was kept
    status: int
    remarks: list[str]

    @property
    def pieces(self) -> list[Piece]:
        return [*self.url, *(piece for _, value in self.headers for piece in value), *self.body]


def call(trace: dict[str, Any], revealed: bool) -> Call:
    """What `trace` sent; its shape has passed the contract, its values have not."""
    request = trace["request"]
    pairs = [(str(item["name"]), str(item.get("value", ""))) for item in request.get("headers") or ()]
    variables = Variables(revealed)
    odd = [name for name, _ in pairs if not _TOKEN.fullmatch(name)]
    remarks = [f"header {name[:60]!r} cannot be sent and is left out" for name in odd]
    media = next((value for name, value in pairs if name.lower() == "content-type"), "")
    body = str(request.get("body") or "")
    is_whole, remark = _wholeness(trace)
    remarks += [remark] if remark else []
    status = int(trace["response"]["status"])
    made = Call(
        method=str(request["method"]),
        url=url_pieces(request["url"], {name.lower(): value for name, value in pairs}, variables),
        headers=_headers(pairs, variables),
        body=body_pieces(body, media, variables) if is_whole else [],
        file="" if is_whole else _NOT_KEPT,
        status=status,
        remarks=remarks,
    )
    if status in (401, 403) and any(isinstance(piece, Variable) for piece in made.pieces):
        made.remarks.append(f"it was refused with status {status}: valid credentials will be answered otherwise")
    return made


def _wholeness(trace: dict[str, Any]) -> tuple[bool, str]:
    """Whether the request's body can be sent as it was kept, and what to know of it."""
    meta = trace.get("meta")
    kept = meta.get("requestBody") if isinstance(meta, dict) else None
    if not isinstance(kept, dict) or not kept.get("omitted"):
        return True, ""
    if kept["omitted"] == "file":
        return True, "contents of uploaded files were not kept: the copy sends the other parts"
    return False, f"the body was not kept whole: put it into the file that ${_NOT_KEPT} names"


def _headers(pairs: list[tuple[str, str]], variables: Variables) -> list[tuple[str, Sequence[Piece]]]:
    """Each name once, as clients of HTTP send it; several values are joined."""
    joined: dict[str, tuple[str, str]] = {}
    for name, value in pairs:
        key = name.lower()
        if key in _DROPPED or not _TOKEN.fullmatch(name):
            continue
        value = _CONTROL.sub(" ", value).strip()
        before = joined.get(key)
        mark = "; " if key == "cookie" else ", "
        joined[key] = (before[0], before[1] + mark + value) if before else (name, value)
    return [(name, value_pieces(name, value, variables)) for name, value in joined.values()]


def as_curl(trace: dict[str, Any], revealed: bool = False) -> str:
    """A command for a POSIX shell."""
    sent = call(trace, revealed)
    how = "--head" if sent.method == "HEAD" else f"--request {shlex.quote(sent.method)}"
    lines = [f"curl --globoff {how}", f"  --url {_shell(sent.url)}"]
    if any(isinstance(piece, str) and "/%2E" in piece for piece in sent.url):
        lines.append("  --path-as-is")
    for name, value in sent.headers:
        empty = not value or value == [""]
        lines.append(f"  --header {shlex.quote(name + ';') if empty else _shell([name + ': ', *value])}")
    if sent.body or sent.file:
        if not any(name.lower() == "content-type" for name, _ in sent.headers):
            lines.append("  --header 'Content-Type:'")  # else curl says that it is a form
        lines.append(f'  --data-binary "@${{{sent.file}:?}}"' if sent.file else f"  --data-raw {_shell(sent.body)}")
    return _remarks(sent) + " \\\n".join(lines) + "\n"


def _remarks(sent: Call) -> str:
    return "".join(f"# {_CONTROL.sub(' ', remark)}\n" for remark in sent.remarks)


def _shell(pieces: Sequence[Piece]) -> str:
    """Literals in single quotes; a variable has to be set, or the shell says which one is not."""
    texts = []
    for piece in pieces:
        if isinstance(piece, Variable):
            quote = '\\"' if piece.is_json else ""
            texts.append(f'"{quote}${{{piece.name}:?}}{quote}"')
        elif piece:
            texts.append(shlex.quote(piece.encode("utf-8", "replace").decode()))  # a terminal takes no lone surrogate
    return "".join(texts) or "''"


def as_pytest(trace: dict[str, Any], template: str, revealed: bool = False) -> str:
    """A test module for pytest and requests that expects the status that came back."""
    sent = call(trace, revealed)
    code = [_remarks(sent).rstrip("\n")] if sent.remarks else []
    code += [f"import {name}" for name in _imports(sent)]
    code += ["", "import requests", "", "", f"def test_{_name(sent.method, template)}():"]
    code += ["    response = requests.request(", f"        {sent.method!r},", f"        {_python(sent.url)},"]
    if sent.headers:
        code.append("        headers={")
        code += [f"            {name!r}: {_header(value)}," for name, value in sent.headers]
        code.append("        },")
    if sent.file:
        code.append(f"        data=pathlib.Path(os.environ[{sent.file!r}]).read_bytes(),")
    elif sent.body:
        code.append(f"        data=({_python(sent.body)}).encode('utf-8', 'surrogatepass'),")
    code += ["        timeout=10,", "        allow_redirects=False,", "    )"]
    code.append(f"    assert response.status_code == {sent.status}")
    return "\n".join(code).lstrip("\n") + "\n"


def _imports(sent: Call) -> list[str]:
    variables = [piece for piece in sent.pieces if isinstance(piece, Variable)]
    found = {"os"} if variables or sent.file else set()
    found |= {"json"} if any(piece.is_json for piece in variables) else set()
    found |= {"urllib.parse"} if any(piece.is_quoted for piece in variables) else set()
    return sorted(found | ({"pathlib"} if sent.file else set()))


def _python(pieces: Sequence[Piece]) -> str:
    """An expression of the whole text."""
    return " + ".join(_expression(piece) for piece in pieces if piece != "") or "''"


def _expression(piece: Piece) -> str:
    if not isinstance(piece, Variable):
        return repr(piece)
    value = f"os.environ[{piece.name!r}]"
    if piece.is_json:
        return f"json.dumps({value})"
    return f"urllib.parse.quote({value}, safe='')" if piece.is_quoted else value


def _header(pieces: Sequence[Piece]) -> str:
    """requests sends text in Latin-1; what has no place there goes as bytes."""
    text = _python(pieces)
    plain = all(piece.isascii() for piece in pieces if isinstance(piece, str))
    return text if plain else f"({text}).encode('utf-8', 'surrogatepass')"


def _name(method: str, template: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", f"{method} {template}".lower()).strip("_")[:80]
