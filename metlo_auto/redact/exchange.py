"""Masks what is secret in all parts of one exchange, each in its place; must not know where it comes from or goes to.

An exchange has the slots of `capture.exchange.Exchange`, strings as WSGI has them.
"""

import re
from operator import itemgetter
from typing import Any, Callable, Iterable, List, NamedTuple, Optional, Tuple

from .masks import CONSTANT
from .names import fold
from .paths import Secret, without
from .redactor import Redactor
from .schema import schema_only
from .secret_values import codes_in

Values = Tuple[str, ...]
Texts = Tuple[Any, Any]  # of request and response, each a `bodies.Text`
RedactExchange = Callable[[Any, Any, Any], Texts]
_URL_HEADER = re.compile(
    r"(?:referr?er|location|link|refresh|destination|ur[il]|redirect|path|pushurl|replaceurl|currenturl|dest)\Z"
)
_PATH = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.\-]{0,30}:)?//[^/?#\s]*)?(/[^?#\s<>\";,]*)")


class HeaderPlan(NamedTuple):
    """What becomes of headers with certain names: masks by position, the other values, positions of URLs."""

    masks: Tuple[Tuple[int, Callable[[str], str]], ...]
    others: Tuple[int, ...]
    others_of: Callable[[Values], Values]
    urls: Tuple[int, ...]


def header_plan(redactor: Redactor, names: Tuple[str, ...]) -> HeaderPlan:
    """The plan for headers of these names, in their order."""
    found = [(at, redactor.header_mask(name)) for at, name in enumerate(names)]
    masks = tuple([(at, mask) for at, mask in found if mask is not None])
    others = tuple([at for at, mask in found if mask is None])
    urls = tuple([at for at in others if _URL_HEADER.search(fold(names[at]))])
    return HeaderPlan(masks, others, _getter(others) if masks else lambda values: values, urls)


def _getter(positions: Tuple[int, ...]) -> Callable[[Values], Values]:
    return itemgetter(*positions) if len(positions) > 1 else lambda values: tuple([values[at] for at in positions])


def mask_headers(redactor: Redactor, plan: HeaderPlan, values: Values) -> Values:
    """The values with what is secret in them masked."""
    if plan.masks:
        masked = list(values)
        for at, mask in plan.masks:
            masked[at] = mask(values[at])
        values = tuple(masked)
    if redactor.are_plain(plan.others_of(values)):
        return values
    others = frozenset(plan.others)
    return tuple([redactor.plain_header(value) if at in others else value for at, value in enumerate(values)])


def secret_routes(redactor: Redactor, routes: List[str]) -> Tuple[str, ...]:
    """Those of an app's routes that have an argument with a secret name; the longest first."""
    return tuple(sorted({route for route in routes if redactor.paths.has_secrets(route)}, key=len, reverse=True))


def mask_path(redactor: Redactor, x: Any, routes: Tuple[str, ...]) -> List[Secret]:
    """Masks the arguments in the path of `x` by its route, or by any of `routes` where it has none; what they were."""
    route: Optional[str] = x.route
    if route is None:
        x.path, secrets = redactor.paths.masked_by_any(x.path, routes)
        return secrets
    if not redactor.paths.has_secrets(route):
        return []
    found = redactor.paths.masked(x.path, route)
    if found is None:  # the converter makes something else of it: better no path than the secret
        x.path = route.encode("utf-8").decode("latin-1")
        return []
    x.path, secrets = found
    return secrets


def mask_urls(
    redactor: Redactor, values: Values, positions: Tuple[int, ...], routes: Tuple[str, ...], prefix: str
) -> Tuple[Values, List[Secret]]:
    """Headers that are URLs with the arguments of `routes` in their paths masked; `prefix`: SCRIPT_NAME."""
    masked, secrets = list(values), []  # type: Tuple[List[str], List[Secret]]
    for at in positions:
        for found in _PATH.finditer(values[at]):
            path = found.group(2)
            lead = prefix if prefix and path.startswith(prefix + "/") else ""
            new, here = redactor.paths.masked_by_any(path[len(lead) :], routes)
            if here:
                secrets += here
                masked[at] = masked[at].replace(path, lead + new)
    return tuple(masked), secrets


def mask_secrets(x: Any, secrets: List[Secret]) -> None:
    """Masks what stood in a path wherever else it stands in headers and query."""
    x.request_values = tuple([without(secrets, value) for value in x.request_values])
    x.response_values = tuple([without(secrets, value) for value in x.response_values])
    x.query = without(secrets, x.query)


def exchange_redactor(
    mode: str, key: str, headers: Iterable[str], fields: Iterable[str], memo: Callable[[Callable[[Any], Any]], Any]
) -> Optional[RedactExchange]:
    """What masks an exchange and the texts of its bodies in one of the modes of METLO_REDACT; None for `none`.

    `memo`: makes a bounded dict of what a function returns.
    """
    if mode == "none":
        return None
    redacted = _ExchangeRedactor(Redactor(key, headers, fields), memo).redacted
    if mode != "schema":
        return redacted

    def by_schema(x: Any, request: Any, response: Any) -> Texts:
        return schema_only(x, *redacted(x, request, response))

    return by_schema


class _ExchangeRedactor:
    def __init__(self, redactor: Redactor, memo: Callable[[Callable[[Any], Any]], Any]) -> None:
        self._redactor = redactor
        self._plans = memo(lambda names: header_plan(redactor, names))
        self._have_secrets = memo(redactor.paths.has_secrets)  # routes

    def redacted(self, x: Any, request: Any, response: Any) -> Texts:
        """The texts without their secrets; takes those of headers, query and path out of `x` itself."""
        redact = self._redactor
        asks, answers = self._plans[x.request_names], self._plans[x.response_names]
        routes = self._secret_routes(x) if x.rules is not None else ()
        if (routes or x.arguments and (asks.urls or answers.urls or x.route is None or self._have_secrets[x.route])
                or 300 <= x.status < 400 or x.query and "code=" in x.query):  # fmt: skip
            request, response = self._without_arguments(x, request, response, routes)
        credential = "text" in (request.kind, response.kind)
        if credential or redact.either_mentions(request.text, response.text) or response.text[:6] == '{"key"':
            said = redact.mentions(response.text)  # one of the two does, and mostly one alone
            asked = None if said or credential else True
            text = redact.body(request.text, request.kind, x.request_type, asked)
            request = request._replace(text=text)
            response = response._replace(text=redact.body(response.text, response.kind, x.response_type, said))
        if x.query:
            x.query = redact.query(x.query)
        values = x.request_values + x.response_values + (x.path,)
        if asks.masks or answers.masks or not redact.were_plain(values):
            x.request_values = mask_headers(redact, asks, x.request_values)
            x.response_values = mask_headers(redact, answers, x.response_values)
            if not redact.are_plain((x.path,)):
                x.path = redact.path(x.path)
        return request, response

    def _secret_routes(self, x: Any) -> Tuple[str, ...]:
        """The routes of the app with arguments that are secret."""
        rules = x.rules
        if rules is None:
            return ()
        if rules.kept is None:
            rules.kept = secret_routes(self._redactor, rules.all())
        routes: Tuple[str, ...] = rules.kept
        return routes

    def _without_arguments(self, x: Any, request: Any, response: Any, routes: Tuple[str, ...]) -> Texts:
        """Masks secret arguments in the path, in headers that are URLs, and wherever else their values stand."""
        redact = self._redactor
        secrets = mask_path(redact, x, routes) + [Secret(code, CONSTANT) for code in codes_in(x.query)]
        for side in ("request", "response"):
            urls = self._plans[getattr(x, side + "_names")].urls
            if not urls:
                continue
            values = getattr(x, side + "_values")
            secrets += [Secret(code, CONSTANT) for at in urls for code in codes_in(values[at])]
            if routes:
                values, found = mask_urls(redact, getattr(x, side + "_values"), urls, routes, x.script_name)
                setattr(x, side + "_values", values)
                secrets += found
        if secrets:
            mask_secrets(x, secrets)
            request = request._replace(text=without(secrets, request.text))
            response = response._replace(text=without(secrets, response.text))
        return request, response
