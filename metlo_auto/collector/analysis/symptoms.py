"""What an expert sees in one exchange: tracebacks, unescaped input, lax CORS and cookies; pure, knows no store.

Each function yields notes on the endpoint, as kind and value.
"""

from __future__ import annotations

import hashlib
import re
from typing import Iterator, Optional

from metlo_auto.collector.analysis import credentials
from metlo_auto.collector.analysis.observation import Observation
from metlo_auto.collector.analysis.sections import header, media_type, path_values

Note = tuple[str, str]
MOST_TEXT = 60_000  # characters of a response that are searched
_LOCAL = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "testserver")
# What the response holds, and what then has to match in it.
_TROUBLES = (
    ("debugger", "Werkzeug Debugger", re.compile(r"Werkzeug Debugger</title>|Werkzeug powered traceback interpreter")),
    (
        "debugger",
        "DJANGO_SETTINGS_MODULE",
        re.compile(r"seeing this error because you have <code>DEBUG = True|DEBUG\s*=\s*True"),
    ),
    ("debugger", "EVALEX", re.compile(r"EVALEX\s*=\s*(?:true|false)")),
    ("debugger", "Whoops", re.compile(r"Whoops[\\!, ]|whoops-container|Ignition")),
    ("debugger", "Action Controller: Exception caught", re.compile(r"<title>Action Controller: Exception caught")),
    (
        "traceback",
        "Traceback (most recent call last)",
        re.compile(r"Traceback \(most recent call last\):?\s*(?:\\n|\n|&#?\w+;|<)?"),
    ),
    ("traceback", "\tat ", re.compile(r"(?:\\n|\n)?\s*(?:\\t|\t)at [\w.$]+\([\w]+\.(?:java|kt|scala):\d+\)")),
    (
        "traceback",
        " at ",
        re.compile(
            r"\bat [\w.$<>]+ ?\((?:/|file:|node:|[A-Z]:\\)[^()\s]+:\d+:\d+\)|\bat [\w.]+\([^)]*\) in [^:]+:line \d+"
        ),
    ),
    ("traceback", "goroutine ", re.compile(r"goroutine \d+ \[[\w ,]+\]:")),
    ("traceback", "Stack trace:", re.compile(r"Stack trace:\s*(?:\\n|\n|<br ?/?>)\s*#0 ")),
    ("traceback", "Server Error in '", re.compile(r"Server Error in '[^']*' Application")),
    ("sql error", "SQL", re.compile(
        r"You have an error in your SQL syntax|SQLSTATE\[\w+\]|\[SQL: |SQLITE_ERROR"
        r"|SQL (?:syntax|command not properly ended)|MySqlException"
        r"|SqlException|PSQLException|SQLServerException|ODBC SQL Server Driver"
        r"|valid MySQL result|PostgreSQL.{1,20}ERROR"
        r"|unrecognized token:|near \\?\"[^\"]{1,40}\\?\": syntax error", re.S)),
    ("sql error", "sqlite3.", re.compile(r"sqlite3\.(?:Operational|Integrity|Programming|Database)Error")),
    (
        "sql error",
        "syntax error",
        re.compile(
            r"near \\?[\"'][^\"']{1,60}\\?[\"']: syntax error|syntax error at or near|unterminated quoted string"
        ),
    ),
    ("sql error", "psycopg", re.compile(r"psycopg2?\.\w*(?:errors?\.)?\w+")),
    ("sql error", "ORA-", re.compile(r"\bORA-\d{5}\b")),
    ("sql error", "no such column", re.compile(r"no such column: ")),
    ("sql error", "no such table", re.compile(r"no such table: ")),
    ("sql error", "pymysql", re.compile(r"pymysql\.err\.\w+")),
    ("sql error", "unclosed quotation mark", re.compile(r"unclosed quotation mark", re.I)),
    ("sql error", "Unclosed quotation mark", re.compile(r"Unclosed quotation mark")),
)  # fmt: skip


def symptoms(seen: Observation) -> Iterator[Note]:
    """All notes on one exchange."""
    body = seen.trace["response"].get("body")
    if isinstance(body, str) and body:
        yield from troubles(body[:MOST_TEXT], seen.status)
        yield from _reflections(seen, body[:MOST_TEXT])
    yield from _cors(seen)
    yield from _cookies(seen)
    is_deleted = seen.method == "DELETE" and 200 <= seen.status < 300
    if is_deleted and not seen.authenticated and credentials.body_credential(seen.trace["request"]) is None:
        yield "anonymous delete", ""
    yield from _logins(seen)
    yield from _objects(seen)


def troubles(text: str, status: int) -> Iterator[Note]:
    """`debugger`, `traceback`, `sql error` in a response; below 400 one has to lead: it may be what a page is about."""
    searched = text if status >= 400 else text[:400]
    found = {kind for kind, needle, pattern in _TROUBLES if needle in searched and pattern.search(searched)}
    yield from (("trouble", kind) for kind in sorted(found))


def _reflections(seen: Observation, body: str) -> Iterator[Note]:
    """Query parameters whose markup stands in a page as it was sent."""
    listed = seen.trace["request"]["url"].get("parameters")
    if not isinstance(listed, list) or not listed:
        return
    wanted = [item for item in listed[:50] if isinstance(item, dict) and "<" in str(item.get("value", ""))]
    kind = media_type(header(seen.trace["response"], "content-type")) if wanted else ""
    if kind not in ("text/html", "application/xhtml+xml"):
        return
    for item in wanted:
        value = str(item["value"])
        if len(value) <= 2_000 and re.search(r"<[A-Za-z!/]", value) and value in body:
            yield "reflected", str(item.get("name", ""))[:100]


def _cors(seen: Observation) -> Iterator[Note]:
    response = seen.trace["response"]
    allowed = header(response, "access-control-allow-origin").strip()
    if not allowed or header(response, "access-control-allow-credentials").strip().lower() != "true":
        return
    if allowed == "*":
        yield "cors", "any origin"
    elif (
        allowed.lower() == "null"
        or allowed == header(seen.trace["request"], "origin")
        and _is_foreign(allowed, seen.host)
    ):
        yield "cors", "the caller's origin"


def _is_foreign(origin: str, host: str) -> bool:
    name = origin.partition("://")[2].partition(":")[0].lower()
    own = host.partition(":")[0].lower()
    return name != own and name.split(".")[-2:] != own.split(".")[-2:]


def _cookies(seen: Observation) -> Iterator[Note]:
    """Flags that a session cookie lacks. Secure is only missed off this machine, where TLS is to be expected."""
    for item in seen.trace["response"].get("headers") or ():
        if item["name"].lower() != "set-cookie":
            continue
        pair, *attributes = str(item.get("value", ""))[:4_000].split(";")
        name, _, value = pair.partition("=")
        if not value.strip().strip('"') or not credentials.is_session_cookie(name.strip(), value.strip()):
            continue
        have = {attribute.partition("=")[0].strip().lower() for attribute in attributes}
        wanted = ["HttpOnly"] if is_local(seen.host) else ["HttpOnly", "Secure"]
        for flag in wanted:
            if flag.lower() not in have:
                yield "cookie flag", f"{name.strip()[:100]} without {flag}"


def is_local(host: str) -> bool:
    """True for a host that only this machine reaches, and for the name that test clients use."""
    return host.lower() in _LOCAL or host.lower().startswith(tuple(f"{name}:" for name in _LOCAL))


def _logins(seen: Observation) -> Iterator[Note]:
    """Logins that were refused and taken, by a digest of where they came from."""
    request = seen.trace["request"]
    if seen.method != "POST" or credentials.body_credential(request) is None:
        return
    meta = seen.trace.get("meta")
    source = str(meta.get("source", "")) if isinstance(meta, dict) else ""
    if seen.status in (400, 401, 403, 422, 423, 429):
        yield "failed login", _digest(source)
    elif seen.status < 400:
        yield "login", _digest(source)


def _objects(seen: Observation) -> Iterator[Note]:
    """Which caller read which object, both as digests."""
    if seen.method != "GET" or seen.status != 200 or seen.template is None or not seen.authenticated:
        return
    values = path_values(seen.template, seen.path)
    who = _identity(seen)
    if values and who is not None:
        yield "object", "{} {}".format(_digest("/".join(values.values())), _digest(who))


def _identity(seen: Observation) -> Optional[str]:
    """The caller's credential as it came, marks of the agent included; None where all callers share one text."""
    for item in seen.trace["request"].get("headers") or ():
        name, value = item["name"].lower(), str(item.get("value", ""))
        if name in ("authorization", "x-api-key", "x-auth-token") and value and not value.endswith("redacted"):
            return value
        if name == "cookie":
            marks = [pair.strip() for pair in value.split(";") if list(credentials.session_cookies(pair))]
            if marks:
                return ";".join(sorted(marks))
    return None


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
