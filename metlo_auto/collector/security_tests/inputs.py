"""Where a request takes values from its caller, and the same request with another value there; pure."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Iterator, Mapping, NamedTuple, Pattern
from urllib.parse import parse_qsl, unquote, urlencode

from metlo_auto.collector.security_tests.values import Request, quoted

FORM = "application/x-www-form-urlencoded"
MOST_JSON = 20  # leaves of a JSON body that are inputs
_NO_INPUT = frozenset(
    ("accept", "accept-language", "content-type", "user-agent", "origin", "referer", "cache-control", "cookie")
)
_NUMBER = re.compile(r"-?\d{1,18}")
_PARAMETER = re.compile(r"\{([^{}]*)\}")


class Input(NamedTuple):
    """One value of a request. `where`: path, query, form, json, header or cookie; `name`: of JSON the pointer."""

    where: str
    name: str
    value: str
    request: Request  # one that has it
    template: str = ""  # of the request's path

    @property
    def place(self) -> str:
        """How reports name it."""
        return f"{self.where} {self.name}"

    @property
    def is_number(self) -> bool:
        return _NUMBER.fullmatch(self.value) is not None

    def sent(self, value: str) -> Request:
        """The request with `value` in this place and all others as they were."""
        return _WRITERS[self.where](self, value)


def inputs_of(request: Request, template: str) -> Iterator[Input]:
    """All inputs of `request`, whose route is `template`."""
    for name, value in path_values(template, request.path).items():
        yield Input("path", name, value, request, template)
    for name, value in dict(request.query).items():
        yield Input("query", name, value, request)
    kind = request.header("content-type").partition(";")[0].strip().lower()
    if kind == FORM:
        for name, value in dict(parse_qsl(request.body, keep_blank_values=True)).items():
            yield Input("form", name, value, request)
    elif kind.endswith("json"):
        yield from _json_inputs(request)
    for name, value in request.headers:
        if (
            name.lower() not in _NO_INPUT
            and name.lower() != "cookie"
            and not name.lower().startswith(("sec-", "x-forwarded", "x-metlo"))
        ):
            yield Input("header", name, value, request)


def cookie_input(name: str, value: str, request: Request) -> Input:
    """A cookie that `request` does not have yet."""
    return Input("cookie", name, value, request.with_header("Cookie", f"{name}={_cookie_value(value)}"))


def _json_inputs(request: Request) -> Iterator[Input]:
    try:
        value = json.loads(request.body)
    except ValueError:
        return
    for number, (pointer, leaf) in enumerate(leaves_with_pointers(value)):
        if number < MOST_JSON and isinstance(leaf, (str, int, float)) and not isinstance(leaf, bool):
            yield Input("json", pointer, str(leaf), request)


def leaves_with_pointers(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a JSON value with its JSON pointer."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves_with_pointers(inner, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves_with_pointers(inner, f"{pointer}/{number}")
    else:
        yield pointer, value


def body_fields(body: str) -> "dict[str, str]":
    """The fields of a JSON body, by pointers without the first /, or of a form; {} of anything else."""
    try:
        value = json.loads(body)
    except ValueError:
        return dict(parse_qsl(body))
    return {pointer.lstrip("/"): str(leaf) for pointer, leaf in leaves_with_pointers(value)}


def with_leaf(value: Any, pointer: str, leaf: Any) -> Any:
    """A JSON value with another leaf at `pointer`; where nothing is there, the last name is added."""
    if not pointer:
        return leaf
    step, _, rest = pointer[1:].partition("/")
    rest = "/" + rest if rest else ""
    name = step.replace("~1", "/").replace("~0", "~")
    if isinstance(value, list):
        return [with_leaf(item, rest, leaf) if str(at) == name else item for at, item in enumerate(value)]
    if isinstance(value, dict):
        return {**value, name: with_leaf(value.get(name), rest, leaf)}
    return value


@lru_cache(maxsize=4096)
def _matcher(template: str) -> Pattern[str]:
    parts = re.split(r"(\{[^{}]*\})", template)
    return re.compile("".join("(.+?)" if part[:1] == "{" else re.escape(part) for part in parts))


@lru_cache(maxsize=4096)
def path_values(template: str, path: str) -> Mapping[str, str]:
    """The values of the template's parameters in `path`, decoded; {} where `path` is none of its paths."""
    if "{" not in template:
        return {}
    found = _matcher(template).fullmatch(path) or _matcher(template).fullmatch(unquote(path))
    names = _PARAMETER.findall(template)
    return dict(zip(names, map(unquote, found.groups()))) if found else {}


def filled(template: str, values: Mapping[str, str], safe: str = "") -> str:
    """A path of `template`, percent-encoded but for `safe`; parameters without a value stay as they are."""

    def value_of(found: "re.Match[str]") -> str:
        name = found.group(1)
        return quoted(values[name], "/~" + safe) if name in values else found.group()

    return _PARAMETER.sub(value_of, template)


def _in_path(given: Input, value: str) -> Request:
    values = path_values(given.template, given.request.path)
    path = filled(
        given.template, {name: quoted(old, "~") for name, old in {**values, given.name: value}.items()}, "%"
    )
    return given.request._replace(path=path)


def _in_query(given: Input, value: str) -> Request:
    pairs = tuple((name, value if name == given.name else old) for name, old in given.request.query)
    return given.request._replace(query=pairs)


def _in_form(given: Input, value: str) -> Request:
    pairs = parse_qsl(given.request.body, keep_blank_values=True)
    return given.request._replace(body=urlencode([(name, value if name == given.name else v) for name, v in pairs]))


def _in_json(given: Input, value: str) -> Request:
    changed = with_leaf(json.loads(given.request.body), given.name, value)
    return given.request._replace(body=json.dumps(changed))


def _in_header(given: Input, value: str) -> Request:
    return given.request.with_header(given.name, re.sub(r"[\x00-\x1f\x7f]|[^\x00-\xff]", " ", value))


def _in_cookie(given: Input, value: str) -> Request:
    return given.request.with_header("Cookie", f"{given.name}={_cookie_value(value)}")


def _cookie_value(value: str) -> str:
    """Quoted as RFC 2109 has it where it has to be: this is what Werkzeug and Python's http.cookies read."""
    if re.fullmatch(r"[\w!#$%&'()*+./:<=>?@^`{|}~\[\]-]*", value, re.ASCII):
        return value
    octets = (
        f"\\{octet:03o}" if octet in b'"\\;,' or not 32 <= octet < 127 else chr(octet) for octet in value.encode()
    )
    return '"' + "".join(octets) + '"'


_WRITERS = {
    "path": _in_path, "query": _in_query, "form": _in_form, "json": _in_json, "header": _in_header,
    "cookie": _in_cookie,
}  # fmt: skip
