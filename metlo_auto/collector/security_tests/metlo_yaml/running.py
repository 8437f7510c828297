"""Runs one test file: its steps in order, each with its payloads; cookies are kept, redirects are not followed."""

from __future__ import annotations

import itertools
import json
import re
import secrets
from typing import Any, Iterator, Mapping, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from metlo_auto.collector.security_tests.http_client import Client
from metlo_auto.collector.security_tests.inputs import FORM
from metlo_auto.collector.security_tests.metlo_yaml.document import Check, Document, Extract, Step
from metlo_auto.collector.security_tests.metlo_yaml.expression import BadExpression, evaluate, is_true
from metlo_auto.collector.security_tests.metlo_yaml.payloads import PAYLOADS
from metlo_auto.collector.security_tests.metlo_yaml.selecting import BadSelector, selected
from metlo_auto.collector.security_tests.metlo_yaml.templates import UnknownVariable, filled_in
from metlo_auto.collector.security_tests.safety import refusal
from metlo_auto.collector.security_tests.values import Answer, Request, parse_origin

FAILED, BROKEN, UNREACHED = "failed", "error", "unreached"


class Problem(NamedTuple):
    """`sort`: FAILED for an assertion, BROKEN for a file that cannot be run as it is, UNREACHED for no response."""

    sort: str
    line: int
    text: str


class Outcome(NamedTuple):
    document: Document
    requests: int
    problems: tuple[Problem, ...]


class _Stop(Exception):
    """What is wrong ends the file; the message says why."""

    def __init__(self, sort: str, text: str) -> None:
        super().__init__(text)
        self.sort = sort


def run_document(document: Document, client: Client, environ: Mapping[str, str], writes: str) -> Outcome:
    """`environ`: what variables without a value in the file are taken from."""
    runner = _Runner(document, client, environ, writes)
    problems = list(runner.run())
    return Outcome(document, runner.requests, tuple(problems))


class _Runner:
    def __init__(self, document: Document, client: Client, environ: Mapping[str, str], writes: str) -> None:
        self._document = document
        self._client = client
        self._writes = writes
        self._values = {"BASE_URL": client.origin.url, **environ, **dict(document.env)}
        self._cookies: dict[str, str] = {}
        self.requests = 0

    def run(self) -> Iterator[Problem]:
        for step in self._document.steps:
            has_failed = False
            for values in _with_payloads(step):
                try:
                    failures = list(self._ask(step, {**self._values, **values}))
                except _Stop as stop:
                    yield Problem(stop.sort, step.line, str(stop))
                    return
                except (UnknownVariable, BadExpression, BadSelector, re.error) as error:
                    yield Problem(BROKEN, step.line, str(error))
                    return
                has_failed = has_failed or bool(failures)
                yield from failures
            if has_failed and self._document.stops_on_failure:
                return

    def _ask(self, step: Step, values: Mapping[str, str]) -> Iterator[Problem]:
        """One request, what it failed, and then what is taken out of its response."""
        request = self._request(step, values)
        refused = refusal(request.method, "", self._writes)
        if refused:
            raise _Stop(BROKEN, refused)
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if cookie and not request.header("cookie"):
            request = request.with_header("Cookie", cookie)
        answer = self._client.send(request).answer
        self.requests += 1
        if answer.status == 0:
            raise _Stop(UNREACHED, f"{request.method} {request.target}: no response, {answer.body}")
        self._keep_cookies(answer)
        names = {"resp": _response(answer), "req": {"url": request.target, "method": request.method}}
        for check in step.checks:
            text = self._failure(check, names, values)
            if text:
                yield Problem(FAILED, check.line, f"{request.method} {request.target}: {text}")
        for extract in step.extract:
            self._values[extract.name] = _extracted(extract, answer, names, values)

    def _request(self, step: Step, values: Mapping[str, str]) -> Request:
        def of(pairs: "tuple[tuple[str, str], ...]") -> "tuple[tuple[str, str], ...]":
            return tuple((filled_in(name, values), filled_in(value, values)) for name, value in pairs)

        parts = urlsplit(self._on_target(filled_in(step.url, values)))
        query = (*parse_qsl(parts.query, keep_blank_values=True), *of(step.query))
        path = quote(parts.path or "/", safe="/%:@!$'()*+,;=~-._")
        request = Request(step.method, path, query, of(step.headers))
        if step.graphql:
            body = json.dumps({"query": filled_in(step.graphql, values)})
            return _with_type(request._replace(body=body), "application/json")
        if step.form:
            boundary = secrets.token_hex(12)
            return _with_type(request._replace(body=_multipart(of(step.form), boundary)),
                              f"multipart/form-data; boundary={boundary}")  # fmt: skip
        body = filled_in(step.data, values)
        return _with_type(request._replace(body=body), _type_of(body)) if body else request

    def _on_target(self, url: str) -> str:
        """Path and query of a URL of the target. Raises _Stop for any other."""
        if url.startswith("/"):
            return url
        origin = parse_origin(url)
        own = self._client.origin
        if origin is None or (origin.scheme, origin.host, origin.port) != (own.scheme, own.host, own.port):
            raise _Stop(BROKEN, f"{url} is not on {own.url}, and nothing else is asked")
        parts = urlsplit(url)
        path = parts.path[len(own.prefix) :] if own.prefix and parts.path.startswith(own.prefix) else parts.path
        return (path or "/") + ("?" + parts.query if parts.query else "")

    def _keep_cookies(self, answer: Answer) -> None:
        for cookie in answer.all_headers("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            if value and "max-age=0" not in cookie.lower():
                self._cookies[name.strip()] = value.strip()
            else:
                self._cookies.pop(name.strip(), None)

    def _failure(self, check: Check, names: Mapping[str, Any], values: Mapping[str, str]) -> str:
        """Why an assertion does not hold, "" where it does."""
        said = f" ({check.description})" if check.description else ""
        wanted = filled_in(check.value, values) if isinstance(check.value, str) else check.value
        if check.type == "JS":
            return "" if is_true(evaluate(str(wanted), names)) else f"{wanted} does not hold{said}"
        value = evaluate(filled_in(check.key, values) or "resp.status", names)
        if check.type == "REGEXP":
            text = value if isinstance(value, str) else json.dumps(value)
            return "" if re.search(str(wanted), text) else f"{check.key} does not match {wanted}{said}"
        return (
            ""
            if _is_equal(value, wanted)
            else f"{check.key or 'resp.status'} is {_short(value)}, not {_short(wanted)}{said}"
        )


def _with_payloads(step: Step) -> Iterator[dict[str, str]]:
    """The step's variables for each of its requests: all combinations of its payloads."""
    names = [key for key, _ in step.payloads]
    for chosen in itertools.product(*(PAYLOADS[name] for _, name in step.payloads)):
        yield dict(zip(names, chosen))


def _is_equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted or str(value).lower() == str(wanted).lower()
    return value == wanted or str(value) == str(wanted)


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:79] + "…"


def _response(answer: Answer) -> dict[str, Any]:
    try:
        data = json.loads(answer.body)
    except ValueError:
        data = answer.body
    headers = {name.lower(): value for name, value in reversed(answer.headers)}
    return {"status": answer.status, "headers": headers, "data": data, "body": answer.body,
            "duration": answer.seconds * 1000}  # fmt: skip


def _extracted(extract: Extract, answer: Answer, names: Mapping[str, Any], values: Mapping[str, str]) -> str:
    wanted = filled_in(extract.value, values)
    value: Any
    if extract.type in ("VALUE", "JS"):
        value = evaluate(wanted, names)
    elif extract.type == "HTML":
        value = selected(answer.body, wanted)
    else:
        found = re.search(wanted, answer.body)
        value = found.group(1 if found.re.groups else 0) if found else None
    if value is None:
        raise _Stop(FAILED, f"{extract.name}: the response has nothing at {wanted}")
    return value if isinstance(value, str) else json.dumps(value)


def _with_type(request: Request, kind: str) -> Request:
    return request if request.header("content-type") else request.with_header("Content-Type", kind)


def _type_of(body: str) -> str:
    try:
        json.loads(body)
    except ValueError:
        return "application/xml" if body.lstrip()[:1] == "<" else FORM
    return "application/json"


def _multipart(pairs: "tuple[tuple[str, str], ...]", boundary: str) -> str:
    parts = []
    for name, value in pairs:
        cleaned = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{cleaned}"\r\n\r\n{value}\r\n')
    return "".join(parts) + f"--{boundary}--\r\n"
