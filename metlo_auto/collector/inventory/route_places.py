"""Routes that an app declares, and which of them answers an endpoint; plain values and comparisons."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, NamedTuple, Optional, Sequence

from metlo_auto.collector.inventory.endpoints import Endpoint


class Route(NamedTuple):
    """One method of one rule. `file` is relative to the project, "" where it is not known; `line` then 0."""

    app: str  # its name, with a number where several apps of one process share it
    method: str
    template: str  # /users/{id}, with the path that the app is mounted at in front
    endpoint: str
    file: str
    line: int
    mount: str = ""  # SCRIPT_NAME, "" for none
    parameters: tuple[tuple[str, str], ...] = ()  # name and type: integer, number, uuid, path
    service: str = ""  # as the agent names it, "" where it names none

    @property
    def of_service(self) -> str:
        """The service, else the app without its number."""
        return self.service or self.app.partition(" (")[0]

    @property
    def rule(self) -> str:
        """The template below the mount."""
        return self.template[len(self.mount) :] or "/"


class Located(NamedTuple):
    """Routes by method and template, and by method and rule: an app may answer below a path that it did not say.

    Each begins with the service that the routes are of, "" for those that no service is known to have.
    """

    by_template: dict[tuple[str, str, str], Route]
    by_rule: dict[tuple[str, str, str], Route]
    mounts: frozenset[tuple[str, str]]  # where apps turned out to answer
    services: frozenset[str]  # that have routes of their own; all others have those of ""

    def owner(self, service: str) -> str:
        return service if service in self.services else ""


def locate(routes: list[Route], endpoints: Sequence[Endpoint] = (), services: Iterable[str] = ()) -> Located:
    """Routes by what they are called by, for the view's file and line of an endpoint; `find` looks one up.

    `services`: those of endpoints, where `endpoints` are not all.
    """
    called = {endpoint.service for endpoint in endpoints}.union(services)
    own = frozenset(route.of_service for route in routes if route.service or route.of_service in called)
    owned = [(route.of_service if route.of_service in own else "", route) for route in routes]
    by_template = {(owner, route.method, shape_of(route.template)): route for owner, route in owned}
    by_rule = {(owner, route.method, shape_of(route.rule)): route for owner, route in owned if route.rule != "/"}
    mounts = set()
    for endpoint in endpoints:
        owner, shape = endpoint.service if endpoint.service in own else "", shape_of(endpoint.template)
        if endpoint.declared and (owner, endpoint.method, shape) not in by_template:
            mounts |= {(owner, mount) for mount, rule in splits(shape) if (owner, endpoint.method, rule) in by_rule}
    by_rule.update({(owner, route.method, "/"): route for owner, route in owned if route.rule == "/"})
    return Located(by_template, by_rule, frozenset(mounts), own)


def find(located: Located, endpoint: Endpoint) -> Optional[Route]:
    """The route that answers `endpoint`; also that of an app which answers below a path that its routes do not say."""
    owner, shape = located.owner(endpoint.service), shape_of(endpoint.template)
    route = located.by_template.get((owner, endpoint.method, shape))
    if route is not None or not endpoint.declared and not located.mounts:
        return route
    for mount, rule in splits(shape):
        route = located.by_rule.get((owner, endpoint.method, rule))
        if route is not None and ((owner, mount) in located.mounts or endpoint.declared and rule != "/"):
            return route
    return None


def splits(shape: str) -> Iterator[tuple[str, str]]:
    """`/a/b/c` as (`/a`, `/b/c`), (`/a/b`, `/c`), (`/a/b/c`, `/`)."""
    steps = shape.split("/")[1:]
    for number in range(1, min(len(steps), 12)):
        yield "/" + "/".join(steps[:number]), "/" + "/".join(steps[number:])
    yield shape, "/"


def shape_of(template: str) -> str:
    """Parameters without their names: a collector that guessed them calls them otherwise."""
    return re.sub(r"\{[^{}]*\}", "{}", template.rstrip("/") or "/")
