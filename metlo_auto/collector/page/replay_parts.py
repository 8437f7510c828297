"""A request's address, headers and body as literals and variables; pure, knows neither shell nor Python."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any, NamedTuple, Sequence, Union
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from metlo_auto.collector.analysis import masking
from metlo_auto.collector.inventory.masked_trace import MOST_PATH, masked_steps

_LOCAL = ("127.0.0.1", "localhost", "[::1]", "0.0.0.0")
_WORD = re.compile(r"[A-Z][A-Z0-9_]{0,40}")
# variables that programs take notice of
_TAKEN = frozenset(
    (
        "BODY_FILE", "PATH", "HOME", "IFS", "ENV", "SHELL", "USER", "LOGNAME", "LANG", "TERM", "PWD", "OLDPWD",
        "TMPDIR",
        "TZ", "PS1", "PS2", "PS4", "OPTIND", "CDPATH", "UID", "PPID", "RANDOM", "SECONDS", "HOSTNAME", "HTTP_PROXY",
        "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    )
)  # fmt: skip
_TAKEN_BEGINNINGS = ("LD_", "DYLD_", "PYTHON", "PYTEST", "METLO", "LC_", "BASH", "CURL_", "REQUESTS_", "SSL_", "GIT_")
_NAME_BEFORE = re.compile(r"([\w.-]{1,60})[\"']?\s{0,4}[=:]\s{0,4}[\"']?$")


class Variable(NamedTuple):
    """`is_json`: it stands for a JSON string with its quotes; `is_quoted`: for a part of an address or a form."""

    name: str
    is_json: bool = False
    is_quoted: bool = False


Piece = Union[str, Variable]


class Variables:
    """Names for what is not shown; the same value under the same name is one variable."""

    def __init__(self, revealed: bool) -> None:
        self.revealed = revealed
        self._names: dict[tuple[str, str], str] = {}

    def hides(self, name: str, value: str) -> bool:
        """True where the value was redacted, or is masked on the page."""
        if masking.REDACTED.search(value):
            return True
        return not self.revealed and masking.shown(name, value) != value

    def name(self, field: str, value: str) -> str:
        """An environment variable's name, made of the field's where that is possible."""
        known = self._names.get((field, value))
        if known is not None:
            return known
        base = re.sub(r"[^A-Z0-9]+", "_", field.upper(), flags=re.ASCII).strip("_")
        if not _WORD.fullmatch(base) or base in _TAKEN or base.startswith(_TAKEN_BEGINNINGS):
            base = "VALUE"
        name, number = base, 2
        while name in self._names.values():
            name, number = f"{base}_{number}", number + 1
        self._names[field, value] = name
        return name


def value_pieces(name: str, value: str, variables: Variables, is_quoted: bool = False) -> list[Piece]:
    """A value: what was redacted in it as variables, all of it as one where it is masked on the page."""

    def literal(text: str) -> str:
        return quote_plus(text, errors="replace") if is_quoted else text

    if not variables.hides(name, value):
        return [literal(value)]
    if variables.revealed or _rest_is_plain(name, value):
        pieces: list[Piece] = []
        done = 0
        for match in masking.REDACTED.finditer(value):
            hidden = Variable(variables.name(name, match.group()), False, is_quoted)
            pieces += [literal(value[done : match.start()]), hidden]
            done = match.end()
        return [piece for piece in [*pieces, literal(value[done:])] if piece != ""]
    scheme = re.match(r"(?:Basic|Bearer|Digest|Token|ApiKey) ", value, re.I)
    kept = literal(scheme.group()) if scheme and masking.is_secret_name(name) else ""
    return [piece for piece in (kept, Variable(variables.name(name, value), False, is_quoted)) if piece != ""]


def _rest_is_plain(name: str, value: str) -> bool:
    """True where nothing but what the agent redacted has to be hidden."""
    return bool(masking.REDACTED.search(value)) and masking.shown(name, value) == value


def url_pieces(url: dict[str, Any], headers: dict[str, str], variables: Variables) -> list[Piece]:
    host = re.sub(r"[^A-Za-z0-9_.:\[\]-]", "", str(url["host"])) or "localhost"
    forwarded = headers.get("x-forwarded-proto", "").partition(",")[0].strip()
    scheme = forwarded if forwarded in ("http", "https") else "http" if _is_plain(host) else "https"
    pieces: list[Piece] = [f"{scheme}://{host}"]
    route = url.get("endpointPath")
    steps = masked_steps(str(url["path"]), route[:MOST_PATH] if isinstance(route, str) else "")
    for step, name, hidden in itertools.islice(steps, 1, None):
        pieces.append("/")
        clear = unquote(step)
        if masking.REDACTED.search(clear) or not variables.revealed and hidden is not None:
            pieces.append(Variable(variables.name(name or "value", clear), False, True))
        else:
            quoted = quote(step, safe="%:@!$'()*+,;=~-._", errors="replace")
            pieces.append(quoted.replace(".", "%2E") if step in (".", "..") else quoted)  # else clients resolve it
    mark = "?"
    listed = url.get("parameters")
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict):
            name, value = str(item.get("name", "")), str(item.get("value", ""))
            pieces += [mark + quote_plus(name, errors="replace") + "=", *value_pieces(name, value, variables, True)]
            mark = "&"
    return _joined(pieces)


def _is_plain(host: str) -> bool:
    return ":" in host.rpartition("]")[2] or host.startswith(_LOCAL)


def body_pieces(text: str, media: str, variables: Variables) -> list[Piece]:
    """A body as it was sent where nothing in it is hidden; else a JSON value is written anew."""
    if not text:
        return []
    if text[:1] in ("{", "["):
        try:
            return _json_pieces(text, variables)
        except (ValueError, RecursionError):
            pass
    if "x-www-form-urlencoded" in media:
        return _form_pieces(text, variables)
    return _text_pieces(text, variables)


def _json_pieces(text: str, variables: Variables) -> list[Piece]:
    hidden: list[Piece] = []
    mark = "\ue000"
    while mark in text:
        mark += "\ue001"

    def replace(value: Any, name: str) -> Any:
        if isinstance(value, dict):
            return {key: replace(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [replace(inner, name) for inner in value]
        shown = value if isinstance(value, str) else repr(value)
        if value is None or isinstance(value, bool) or not variables.hides(name, shown):
            return value
        hidden.append(Variable(variables.name(name, shown), is_json=isinstance(value, str)))
        return mark

    written = json.dumps(replace(json.loads(text), ""), ensure_ascii=False)
    if not hidden:
        return [text]
    literals = written.split(f'"{mark}"')
    return _joined([piece for pair in zip(literals, hidden) for piece in pair] + [literals[-1]])


def _form_pieces(text: str, variables: Variables) -> list[Piece]:
    pieces: list[Piece] = []
    for place, pair in enumerate(text.split("&")):
        name, mark, value = pair.partition("=")
        clear = unquote_plus(value)
        is_hidden = variables.hides(unquote_plus(name), clear)
        pieces.append(("&" if place else "") + name + mark)
        pieces += value_pieces(unquote_plus(name), clear, variables, True) if is_hidden else [value]
    return _joined(pieces)


def _text_pieces(text: str, variables: Variables) -> list[Piece]:
    spans = [match.span() for match in masking.REDACTED.finditer(text)]
    if not variables.revealed:
        spans += [(match.start, match.end) for match in masking.find("", text)]
    pieces: list[Piece] = []
    done = 0
    for start, end in sorted(spans):
        if start < done:
            continue
        before = _NAME_BEFORE.search(text[max(done, start - 80) : start])
        pieces += [text[done:start], Variable(variables.name(before.group(1) if before else "value", text[start:end]))]
        done = end
    return _joined([*pieces, text[done:]])


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """The same with neighbouring literals as one."""
    result: list[Piece] = []
    for piece in pieces:
        if piece == "":
            continue
        if isinstance(piece, str) and result and isinstance(result[-1], str):
            result[-1] += piece
        else:
            result.append(piece)
    return result
