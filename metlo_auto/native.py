"""The compiled way of a request, where `metlo_auto_native` is installed: gives it the agent's rules, once.

It writes the traces of ordinary requests and declines all others, which then go the way that they go without it.
Must not know WSGI or Flask.
"""

import importlib
import os
import re
from typing import Any, Callable, List, NamedTuple, Optional, Sized, Tuple

from metlo_auto.capture.exchange import Peers
from metlo_auto.capture.headers import header_name
from metlo_auto.redact import Redactor
from metlo_auto.redact.masks import MARKED
from metlo_auto.redact.secret_values import LITERAL_PAIRS
from metlo_auto.redact.tables import SCHEMES
from metlo_auto.trace.bodies.types import described
from metlo_auto.trace.encoder import METHODS, Encoder

MODULE = "metlo_auto_native"
_INTERFACE = 6

# What is done with a header's value; in the order that the compiled module has.
_PLAIN, _LOOK, _AUTHORIZATION, _COOKIES, _CREDENTIAL, _ASK = range(6)
_ACTIONS = {None: _LOOK, "authorization": _AUTHORIZATION, "cookies": _COOKIES}
_BEFORE_MARKS = b"redacted-"
_ENDS_ANYWHERE = ("text", "xml", "graphql")  # kinds of text that are whole wherever they are cut
_APART = b"code="  # beside others, a header or query with it has a value that is masked in all of the exchange
_BLANK = re.compile(r"%[sdx]|\0")  # what is filled into a template of a trace

RouteName = Tuple[str, str, str]
Slot = Tuple[str, int, Optional[Callable[[str], str]]]


class Found(NamedTuple):
    """`state` says in a few words whether it is in use; `module` is None where it is not."""

    state: str
    module: Optional[Any]


def find_native(wanted: str, redact: str = "credentials") -> Found:
    """The compiled module, unless the settings leave it nothing to do; never raises. `redact`: METLO_REDACT."""
    if wanted == "off":
        return Found("METLO_NATIVE=off", None)
    if redact == "schema":
        return Found("METLO_REDACT=schema", None)
    try:
        module = importlib.import_module(MODULE)
    except ImportError as error:  # not installed; or in an interpreter that it refuses, as a second one in a process
        return Found("not installed" if getattr(error, "name", None) == MODULE else "does not load here", None)
    if getattr(module, "INTERFACE", None) != _INTERFACE:
        return Found("another version of it is installed", None)
    return Found("in use", module)


class Native:
    """Gives the compiled module the rules of one agent."""

    def __init__(self, module: Any, redactor: Redactor, limit: int) -> None:
        self.module = module
        self._redactor = redactor
        self._limit = limit
        self._search = module.Search(*_needles(redactor)) if redactor.enabled else None

    def writer(
        self, encoder: Encoder, known: Callable[[RouteName], int], collector: Any, number: Callable[[], int],
        keep: Optional[Callable[[], bool]], submit: Callable[..., Any], entrance: Any,
        without_endpoint: Tuple[int, ...], left_alone: Tuple[str, ...], waiting: Sized,
        elsewhere: Callable[[Any], bool],
    ) -> Any:
        """What writes the traces of one app in one process: `write(recording)` says whether it did.

        `known`: 0, 1 or 2, how well the collector knows a route; with 1 it wants to see an answer that is well.
        `collector`: its `ours` says whether paths stay as they are. `keep`: whether a request that may be left out is
        reported; counts those that are not. `submit`: takes trace and route. `entrance`: how it may do the same itself,
        or None. `left_alone`: ends of paths.
        `waiting`: while something is in it nothing is written. `elsewhere`: writes in a process that was forked since.
        """
        redactor = self._redactor
        return self.module.Writer({
            "pieces": _pieces(encoder), "methods": sorted(METHODS),
            "without_endpoint": list(without_endpoint), "limit": self._limit, "search": self._search,
            "key": redactor.key(), "before_marks": _BEFORE_MARKS, "schemes": sorted(SCHEMES - {"basic"}),
            "apart": _APART if redactor.enabled else b"",
            "plan": self._request_plan, "response_plan": self._plan, "cookie": self._cookie,
            "beginnings": [text.encode() for text in redactor.beginnings()],
            "kind": self._kind, "body": redactor.body, "query": redactor.query,
            "masked_path": self._masked_path,
            "peers": lambda *said: encoder.peers(Peers(*said)), "path": encoder.path, "parameters": encoder.parameters,
            "line": self._line(encoder, known), "collector": collector, "left_alone": list(left_alone),
            "number": number, "keep": keep, "submit": submit, "entrance": entrance,
            "waiting": waiting, "elsewhere": elsewhere,
        })

    def _request_plan(self, keys: Tuple[str, ...]) -> Optional[List[Slot]]:
        """None where the process has one of these in its own environment: it may have come from there."""
        copied = any(key in os.environ and key[:5] == "HTTP_" for key in keys)
        return None if copied else self._plan(tuple(map(header_name, keys)))

    def _plan(self, names: Tuple[str, ...]) -> List[Slot]:
        return [self._slot(name) for name in names]

    def _slot(self, name: str) -> Slot:
        redactor = self._redactor
        action = _ACTIONS.get(redactor.header_rule(name), _ASK) if redactor.enabled else _PLAIN
        return Encoder.before_value(name), action, redactor.header_mask(name) or redactor.plain_header

    def _cookie(self, name: str) -> int:
        """What becomes of a cookie's value: 0 a mark, 1 a mark unless it is a short code, 2 what Python says."""
        rule = self._redactor.cookie_rule(name)
        return 0 if rule is None else 1 if rule in MARKED else 2

    def _kind(self, content_type: str) -> Tuple[bool, str, bool]:
        kind, _, is_plain = described(content_type)
        is_plain = is_plain and not self._redactor.is_credential(content_type)
        return is_plain, kind, kind in _ENDS_ANYWHERE

    def _masked_path(self, path: str) -> str:
        return path if self._redactor.are_plain((path,)) else self._redactor.path(path)

    def _line(self, encoder: Encoder, known: Callable[[RouteName], int]) -> Callable[..., Any]:
        has_secrets = self._redactor.paths.has_secrets

        def line(host: str, method: str, script_name: str, rule: str, endpoint: Optional[str], names: List[str]) -> Any:
            if self._redactor.enabled and has_secrets(rule):
                return None
            url, meta, path = encoder.route(script_name, rule, endpoint)
            name = host, method, script_name + rule
            return url, meta, path, name, known(name)

        return line


def _needles(redactor: Redactor) -> Tuple[Any, ...]:
    """What the search looks for: words, bytes left out of them, literals, pairs of literals."""
    return (*redactor.needles(), [(one.encode(), other.encode()) for one, other in LITERAL_PAIRS])


def _pieces(encoder: Encoder) -> List[bytes]:
    """What stands between the values of a trace."""
    template = encoder.template(((), ())).replace('"headers":[', '"headers":[%s')
    return [piece.encode() for piece in _BLANK.split(template)]
