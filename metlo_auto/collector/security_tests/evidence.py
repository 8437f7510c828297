"""Findings as reports show them: both requests whole, as curl and pytest, with no credential and no secret in them."""

from __future__ import annotations

import re
import shlex
from typing import Any, Optional

from metlo_auto.collector.security_tests.identities import Scrubber, nobodys_redactor
from metlo_auto.collector.security_tests.ownership import UNKNOWN
from metlo_auto.collector.security_tests.results import Claim, Finding, Kind, fingerprint
from metlo_auto.collector.security_tests.sessions import Sessions
from metlo_auto.collector.security_tests.targets import Target
from metlo_auto.collector.security_tests.values import ANONYMOUS, Exchange, Origin

MOST_BODY = 2_000  # characters of a response in a report
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Shower:
    """Turns claims into findings. Secrets in answers are masked under a key that nobody has."""

    def __init__(self, sessions: Sessions, origin: Origin) -> None:
        self._sessions = sessions
        self._origin = origin
        self._scrub = Scrubber(sessions.ever())
        self._redactor = nobodys_redactor()

    def finding(self, target: Target, kind: Kind, claim: Claim) -> Finding:
        clean = self._scrub.clean
        return Finding(
            id=fingerprint(kind.name, target.service, target.method, target.route, claim.variant),
            kind=kind.name, severity=claim.severity, owasp=kind.owasp, cwe=kind.cwe, method=target.method,
            route=target.route, service=target.service, file=target.file, line=target.line,
            identity=_shown_name(claim.test.identity), title=clean(claim.title), evidence=clean(claim.evidence),
            baseline=self.shown(claim.baseline) if claim.baseline else None, test=self.shown(claim.test),
            advice=kind.advice,
        )  # fmt: skip

    def shown(self, exchange: Exchange) -> dict[str, Any]:
        """One exchange as JSON has it."""
        request, answer = exchange.request, exchange.answer
        names = [name for name, _ in self._sessions.headers(exchange.identity)] if exchange.identity else []
        body = self._redactor.body(answer.body[:MOST_BODY], "json" if answer.body[:1] in "{[" else "text")
        shown = {
            "identity": _shown_name(exchange.identity),
            "method": request.method,
            "url": self._origin.url + request.target,
            "headers": [[name, value] for name, value in request.headers]
            + [[name, f"<{exchange.identity}'s credential>"] for name in names],
            "body": request.body[:MOST_BODY],
            "status": answer.status,
            "seconds": round(answer.seconds, 3),
            "response_headers": [[name, self._redactor.header(name, value)] for name, value in answer.headers],
            "response_body": body,
            "curl": self._curl(exchange, names),
            "pytest": self._pytest(exchange, names),
        }
        cleaned: dict[str, Any] = self._scrub.clean(shown)
        return cleaned

    def _curl(self, exchange: Exchange, names: list[str]) -> str:
        """A line for a POSIX shell; credentials are variables that have to be set."""
        request = exchange.request
        parts = ["curl --globoff --path-as-is --include", f"--request {shlex.quote(request.method)}"]
        parts += [f"--header {shlex.quote(f'{name}: {value}')}" for name, value in request.headers]
        parts += [f'--header "{name}: ${{{variable(exchange.identity, name)}:?}}"' for name in names]
        if request.body:
            parts.append(f"--data-raw {shlex.quote(request.body)}")
        return " ".join([*parts, shlex.quote(self._origin.url + request.target)])

    def _pytest(self, exchange: Exchange, names: list[str]) -> str:
        """A test that passes once the hole is closed."""
        request = exchange.request
        headers = [f"{name!r}: {value!r}" for name, value in request.headers]
        headers += [f"{name!r}: os.environ[{variable(exchange.identity, name)!r}]" for name in names]
        body = f", data={request.body!r}.encode()" if request.body else ""
        return (
            "import os\n\nimport requests\n\n\ndef test_refused():\n"
            f"    headers = {{{', '.join(headers)}}}\n"
            f"    answer = requests.request({request.method!r}, {self._origin.url + request.target!r}, "
            f"headers=headers{body}, allow_redirects=False, timeout=10)\n"
            f"    assert answer.status_code in (400, 401, 403, 404, 405)\n"
        )


def _shown_name(identity: str) -> str:
    return "a caller of the traffic" if identity.startswith(UNKNOWN) else identity or "anonymous"


def variable(identity: str, header: str) -> str:
    """The environment variable that a copied command takes a credential from."""
    return re.sub(r"\W", "_", f"{identity or ANONYMOUS}_{header}").upper()


def one_line(text: str, most: Optional[int] = None) -> str:
    """Text of others for a terminal or an attribute: no control characters."""
    cleaned = _CONTROL.sub(" ", text).replace("\n", " ").replace("\r", " ")
    return cleaned if most is None or len(cleaned) <= most else cleaned[: most - 1] + "…"
