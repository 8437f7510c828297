"""What deserves a person's attention, derived from the inventory as it stands; stores dismissals only."""

from __future__ import annotations

from typing import AbstractSet, Iterable, Iterator, Mapping, NamedTuple, Optional, Sequence

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis.sensitive import BY_NAME
from metlo_auto.collector.analysis.shapes import dotted
from metlo_auto.collector.inventory import endpoint_facts as noted
from metlo_auto.collector.inventory import routes as declared
from metlo_auto.collector.inventory.endpoint_facts import Notes
from metlo_auto.collector.inventory.exposures import Exposure, read_exposures
from metlo_auto.collector.inventory.queries import Endpoint, list_endpoints, members
from metlo_auto.collector.inventory.routes import Route
from metlo_auto.collector.store import figure_marks
from metlo_auto.collector.store.database import upsert
from metlo_auto.collector.store.schema import dismissals, endpoints, facts

DAY = 86_400.0
NEW_FOR = 7 * DAY  # how long something new stays news
SETTLED = DAY  # seconds of watching after which something unseen is new


class Kind(NamedTuple):
    """A sort of finding. `severity`: high, medium, low or news. A guess is shown only to those who ask for guesses."""

    name: str
    title: str
    severity: str
    advice: str
    guess: bool = False


_LISTED = (
    Kind("anonymous-data", "Sensitive data without authentication", "high",
         "Ask for credentials on this endpoint, or leave the field out of the response."),
    Kind("secret-in-response", "Secret in a response", "high",
         "Leave the field out of the response; replace secrets that were already sent."),
    Kind("credential-in-url", "Credential in a URL", "high",
         "Send it in a header or the body: URLs are kept in logs, histories and Referer headers."),
    Kind("debugger", "Debugger page", "high", "Switch debug mode off: its page runs code and shows settings."),
    Kind("sql-error", "SQL error in a response", "high",
         "Bind values as parameters of the statement, and answer errors without their text."),
    Kind("reflected-input", "Query comes back unescaped in HTML", "high",
         "Escape it: leave autoescape of the template on."),
    Kind("traceback", "Traceback in a response", "medium",
         "Log it, and answer with a text that says nothing of the code."),
    Kind("failed-logins", "Logins that fail in a row", "medium",
         "Slow such callers down or lock them out for a while."),
    Kind("anonymous-delete", "DELETE without authentication", "medium",
         "Ask for credentials before anything is deleted."),
    Kind("personal-in-url", "Personal data in a URL", "medium",
         "Send it in the body: URLs are kept in logs, histories and Referer headers."),
    Kind("personal-in-error", "Personal data in an error response", "medium",
         "Answer errors without the data of others."),
    Kind("bulk-personal-data", "Hundreds of personal records in one response", "medium",
         "Page the list, and bound the page size."),
    Kind("cors-credentials", "CORS allows every origin with credentials", "medium",
         "List the origins that may send credentials."),
    Kind("plain-http", "Endpoint without TLS", "medium", "Redirect http:// to https:// and send HSTS."),
    Kind("server-errors", "Server errors", "medium", "Look at the failing requests below."),
    Kind("undeclared", "Called, but not declared by the app", "medium", "Find out what answers here."),
    Kind("cookie-flags", "Session cookie without its flags", "low", "Set HttpOnly, Secure and SameSite on it."),
    Kind("cors-reflected", "CORS repeats a foreign origin with credentials", "medium",
         "Check that only listed origins are repeated.", guess=True),
    Kind("shared-object", "One object read by several callers", "low",
         "Check that the view asks whose object it is.", guess=True),
    Kind("new-endpoint", "New endpoint", "news", "Check that it is meant to be reachable."),
    Kind("new-field", "New field", "news", "Check that it is meant to be there."),
)  # fmt: skip
KINDS = {kind.name: kind for kind in _LISTED}
RANK = {"high": 0, "medium": 1, "low": 2, "news": 3}


class Finding(NamedTuple):
    """One thing to look at. `key` stays the same as long as it is the same thing: dismissals go by it."""

    key: str
    kind: Kind
    endpoint: Endpoint
    route: Optional[Route]  # the view's file and line, where the app declared its routes
    detail: str
    evidence: str
    dismissed: bool


MOST_ID = 64  # characters of an endpoint's id
ALWAYS = 1e18  # later than any news


class Draft(NamedTuple):
    """A finding as such, of whichever endpoint; `since`: of news, when it was first seen."""

    kind: str
    subject: str
    detail: str
    evidence: str
    since: float = ALWAYS

    def key(self, endpoint_id: str) -> str:
        return "/".join((self.kind, endpoint_id, self.subject))

    def of(self, endpoint: Endpoint, place: Optional[Route], gone: AbstractSet[str]) -> Finding:
        key = self.key(endpoint.id)
        return Finding(key, KINDS[self.kind], endpoint, place, self.detail, self.evidence, key in gone)


def find_all(connection: Connection, now: float, guesses: bool = False) -> list[Finding]:
    """All findings, the most severe first, dismissed ones included and marked; guesses on request only."""
    shown = list_endpoints(connection)
    routes = declared.read(connection)
    located = declared.locate(routes, services={endpoint.service for endpoint in shown})
    drafts = drafts_of(connection, shown, None, open_exposures(connection), began_at(connection, now), now)
    for endpoint in declared.compare(routes, shown).not_declared:
        drafts.setdefault(endpoint.id, []).append(undeclared(endpoint))
    gone = dismissed(connection)
    found = [
        draft.of(endpoint, declared.find(located, endpoint), gone)
        for endpoint in shown
        for draft in drafts.get(endpoint.id, ())
        if guesses or not KINDS[draft.kind].guess
    ]
    return sorted(
        found, key=lambda f: (RANK[f.kind.severity], f.kind.name, f.endpoint.template, f.endpoint.service, f.key)
    )


def find_of(connection: Connection, endpoint: Endpoint, owners: Mapping[str, str], now: float) -> list[Finding]:
    """The findings of one endpoint, the most severe first; `owners` as `queries.members` gives them.

    Without whether the app declares it, which depends on all of its routes, and without guesses.
    """
    exposed = open_exposures(connection, owners)
    drafts = drafts_of(connection, [endpoint], owners, exposed, began_at(connection, now), now)
    gone = dismissed(connection)
    found = [d.of(endpoint, None, gone) for d in drafts.get(endpoint.id, ()) if not KINDS[d.kind].guess]
    return sorted(found, key=lambda f: (RANK[f.kind.severity], f.kind.name, f.key))


def open_exposures(connection: Connection, owners: Optional[Mapping[str, str]] = None) -> dict[str, list[Exposure]]:
    """Exposures that nobody dismissed, by endpoint."""
    exposed: dict[str, list[Exposure]] = {}
    for exposure in read_exposures(connection, owners):
        if not exposure.dismissed:
            exposed.setdefault(exposure.endpoint_id, []).append(exposure)
    return exposed


def drafts_of(
    connection: Connection,
    shown: Sequence[Endpoint],
    owners: Optional[Mapping[str, str]],
    exposed: Mapping[str, Sequence[Exposure]],
    began: float,
    now: float,
) -> dict[str, list[Draft]]:
    """What was found on endpoints by their ids; `owners` where they are not all, `began` as `began_at` gives it."""
    notes = noted.read_notes(connection, owners)
    since = news_since(began, now)
    fields = _new_fields(connection, since, owners) if now - began > SETTLED else {}
    return {
        endpoint.id: [
            *about(endpoint, notes.get(endpoint.id, noted.empty()), since),
            *exposures_as_drafts(exposed.get(endpoint.id, ())),
            *fields.get(endpoint.id, ()),
        ]
        for endpoint in shown
    }


def began_at(connection: Connection, now: float) -> float:
    """When the collector saw its first request."""
    first = connection.scalar(select(func.min(endpoints.c.first_seen)).where(endpoints.c.confirmed == 1))
    return now if first is None else float(first)


def news_since(began: float, now: float) -> float:
    """What was first seen after that is news."""
    return max(now - NEW_FOR, began + SETTLED)


def undeclared(endpoint: Endpoint) -> Draft:
    calls = _number(endpoint.calls, "call")
    return Draft("undeclared", "", "The app's routes do not contain it.", calls)


def dismissed(connection: Connection) -> set[str]:
    """The keys of all that was dismissed."""
    return {row.what for row in connection.execute(select(dismissals.c.what))}


def about(endpoint: Endpoint, notes: Notes, since: float) -> Iterator[Draft]:
    """Findings on one endpoint; it is new where it was first seen after `since`."""
    answered = sum(notes.statuses.values()) or endpoint.calls
    for path, hits in sorted(notes.secrets.items()):
        detail = f"The field {dotted(path)} is in the response."
        yield Draft("secret-in-response", path, detail, _number(hits, "value"))
    for name, hits in sorted(notes.credentials_in_url.items()):
        yield Draft("credential-in-url", name, f"The query parameter {name} carries one.", _of(hits, answered))
    yield from symptoms(notes, answered)
    if notes.plain_http:
        yield Draft("plain-http", "", "Requests arrived over http://.", _of(notes.plain_http, answered))
    if endpoint.errors:
        yield Draft("server-errors", "", "Answered with status 500 or above.", _of(endpoint.errors, endpoint.calls))
    if endpoint.first_seen > since:
        yield Draft("new-endpoint", "", "Not seen before.", _number(endpoint.calls, "call"), endpoint.first_seen)


TROUBLES = {"traceback": "traceback", "sql error": "sql-error", "debugger": "debugger"}
MANY_FAILED = 10  # logins of one caller
CORS = {"any origin": "cors-credentials", "the caller's origin": "cors-reflected"}


def symptoms(notes: Notes, answered: int) -> Iterator[Draft]:
    """What single exchanges showed."""
    for trouble, n in sorted(notes.troubles.items()):
        if trouble in TROUBLES:
            yield Draft(TROUBLES[trouble], "", f"Responses hold a {trouble}.", _of(n, answered))
    for name, n in sorted(notes.reflected.items()):
        yield Draft("reflected-input", name, f"The markup in the parameter {name} is in the page.", _of(n, answered))
    for which, n in sorted(notes.cors.items()):
        if which in CORS:
            yield Draft(CORS[which], "", f"Access-Control-Allow-Origin is {which}, with credentials.", _of(n, answered))
    for lack, n in sorted(notes.cookie_flags.items()):
        yield Draft("cookie-flags", lack, f"Set-Cookie: {lack}.", _of(n, answered))
    if notes.anonymous_deletes:
        n = sum(notes.anonymous_deletes.values())
        yield Draft("anonymous-delete", "", "Deleted for callers without credentials.", _of(n, answered))
    for name, n in sorted(notes.bulk.items()):
        if name in BY_NAME:
            detail = f"{BY_NAME[name].title} in a hundred or more records of one response."
            yield Draft("bulk-personal-data", name, detail, _of(n, answered))
    failed = [n for who, n in notes.failed_logins.items() if n >= MANY_FAILED and n >= 5 * notes.logins.get(who, 0)]
    if failed:
        evidence = _number(max(failed), "failed login")
        yield Draft("failed-logins", "", "One caller's logins fail again and again.", evidence)
    shared = _shared_objects(notes)
    if shared:
        yield Draft("shared-object", "", "Several credentials read the same object.", _number(shared, "object"))


def _shared_objects(notes: Notes) -> int:
    callers: dict[str, set[str]] = {}
    for value in notes.objects:
        what, _, who = value.partition(" ")
        callers.setdefault(what, set()).add(who)
    return sum(len(several) > 1 for several in callers.values())


def exposures_as_drafts(exposed: Iterable[Exposure]) -> Iterator[Draft]:
    """Findings that go by claimed fields: to anonymous callers, in URLs, in error responses."""
    anonymous: dict[str, int] = {}
    for item in exposed:
        kind = BY_NAME[item.claim.name]
        if item.anonymous and (kind.personal or kind.secret):
            anonymous[kind.name] = anonymous.get(kind.name, 0) + item.anonymous
        if not kind.personal:
            continue
        evidence = f"{item.claim.hits} of {_number(item.claim.observations, 'value')}"
        if item.section in ("query", "path") and kind.name != "coordinates":
            yield Draft("personal-in-url", f"{item.section}{item.path}/{kind.name}",
                         f"{kind.title} in {dotted(item.path)} of the {item.section}.", evidence)  # fmt: skip
        if item.in_error:
            yield Draft("personal-in-error", f"{item.section}{item.path}/{kind.name}",
                         f"{kind.title} in {dotted(item.path)} of {item.section}.",
                         _number(item.in_error, "value"))  # fmt: skip
    for name, hits in sorted(anonymous.items()):
        detail = f"{BY_NAME[name].title} in responses to callers without credentials."
        yield Draft("anonymous-data", name, detail, _number(hits, "value"))


def _of(part: int, whole: int) -> str:
    return f"{part} of {_number(whole, 'call')}"


def _number(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _new_fields(connection: Connection, since: float, owners: Optional[Mapping[str, str]]) -> dict[str, list[Draft]]:
    """Fields first seen after `since` where the endpoint had been watched for a while, by the endpoint shown."""
    changed = _endpoints_with_late_fields(connection, since, owners)
    if not changed:
        return {}
    owners = members(connection, changed)
    f = facts.c
    query = (
        select(f.endpoint_id, f.section, f.path, func.min(f.first_seen))
        .where(f.kind == "type", f.endpoint_id.in_(list(owners)))
        .group_by(f.endpoint_id, f.section, f.path)
    )
    places: dict[tuple[str, str, str], float] = {}
    began: dict[tuple[str, str], float] = {}
    for member, section, path, first in connection.execute(query).all():
        endpoint = owners[member]
        places[endpoint, section, path] = min(first, places.get((endpoint, section, path), first))
        began[endpoint, section] = min(first, began.get((endpoint, section), first))
    result: dict[str, list[Draft]] = {}
    for (endpoint, section, path), first in places.items():
        if path and first > max(since, began[endpoint, section] + SETTLED):
            draft = Draft("new-field", section + path, f"{dotted(path)} in {section}.", "", first)
            result.setdefault(endpoint, []).append(draft)
    return result


def _endpoints_with_late_fields(connection: Connection, since: float, owners: Optional[Mapping[str, str]]) -> list[str]:
    """Those that may have a new field: mostly few, which spares asking when each field of all others was first seen."""
    own = endpoints.alias()
    f = facts.c
    query = (
        select(own.c.id)
        .select_from(
            facts.join(endpoints, endpoints.c.id == f.endpoint_id).join(
                own, own.c.id == func.coalesce(endpoints.c.folded_into, endpoints.c.id)
            )
        )
        .where(f.kind == "type", f.first_seen > since, f.first_seen > own.c.first_seen + SETTLED)
        .distinct()
    )
    if owners is not None:
        query = query.where(f.endpoint_id.in_(list(owners)))
    return [row.id for row in connection.execute(query)]


def dismiss(connection: Connection, key: str, now: float) -> None:
    """Mark a finding as looked at, in the caller's transaction."""
    upsert(connection, dismissals, [{"what": key, "dismissed_at": now}], latest=["dismissed_at"])
    figure_marks.mark(connection, _endpoint_of(key))


def restore(connection: Connection, key: str) -> None:
    """Show a dismissed finding again."""
    connection.execute(dismissals.delete().where(dismissals.c.what == key))
    figure_marks.mark(connection, _endpoint_of(key))


def _endpoint_of(key: str) -> list[str]:
    """The id of the endpoint that a dismissal is about; [] where the key is none of ours."""
    return [name for name in key.split("/")[1:2] if len(name) <= MOST_ID]


def suggestions(found: Sequence[Finding], most: int = 5) -> list[Finding]:
    """The few that the home page shows."""
    return [finding for finding in found if not finding.dismissed and finding.kind.severity != "news"][:most]
