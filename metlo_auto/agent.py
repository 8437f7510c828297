"""The pipeline of one collector: exchange → text → redact → encode → queue. Must not know WSGI, Flask or HTTP."""

import binascii
import fnmatch
import itertools
import json
import logging
import random
import re
from collections import deque
from functools import partial
from os import getpid, urandom
from typing import Any, Callable, Deque, Dict, Optional, Tuple

from metlo_auto.capture.compiled import compiled_edge
from metlo_auto.capture.exchange import Exchange
from metlo_auto.capture.guard import Guard
from metlo_auto.capture.headers import Memo
from metlo_auto.capture.recording import Capture, Recording, Route, hand_over_rest
from metlo_auto.capture.response_tee import hand_over_interrupted
from metlo_auto.collector_url import shown
from metlo_auto.config.settings import Settings
from metlo_auto.delivery import (
    NUMBERS,
    Channel,
    Delivery,
    DeliverySettings,
    Ending,
    Exits,
    Locks,
    OwnThreads,
    before_each_stop,
)
from metlo_auto.native import Native, find_native
from metlo_auto.redact import Redactor, exchange_redactor
from metlo_auto.trace.bodies import MultipartSieve, text_of
from metlo_auto.trace.encoder import METHODS, Encoder

RouteKey = Tuple[str, str, str]
_NO_ENDPOINT = (404, 405)
# Where an agent uploads to.
_POSTS = ("/api/v1/log-request/batch", "/api/v2/log-request/single", "/api/v1/verify", "/api/local/routes")
FIRST, FIRST_WELL = 1, 2
_ANNOUNCED = 10000  # routes; the Host header is the client's choice, so there could be any number


class _PerProcess:
    """What a forked child begins anew: trace ids, announced routes, luck."""

    def __init__(self, settings: Settings, channel: Channel) -> None:
        self.channel = channel
        prefix = binascii.hexlify(urandom(12)).decode()
        # One for each app's name.
        self.encoders = Memo(lambda service: Encoder(settings.environment, prefix, service))
        self.kind = channel.kind
        # Routes, and the numbers of the first request of each, and of the first that was answered well.
        self.announced: Dict[RouteKey, int] = {}
        self.answered_well: Dict[RouteKey, int] = {}
        # Not the module's generator: the app may have seeded that one.
        self.luck = random.Random()
        self.numbers = itertools.count(1)
        # What writes ordinary traces where that is compiled, by process and the app's name.
        self.natives: Dict[Tuple[int, str], Any] = {}

    def known(self, route: RouteKey) -> int:
        """How well the collector knows a route: 0 not at all, 1 announced, 2 announced and answered well."""
        return 2 if route in self.answered_well else 1 if route in self.announced else 0


class Agent:
    """Takes exchanges in the request's thread after the response has gone out, and puts their traces into the queue."""

    def __init__(self, settings: Settings, exits: Exits, locks: Locks, own_threads: OwnThreads) -> None:
        self.settings = settings
        self.guard = Guard()
        self.delivery = Delivery(DeliverySettings(
            settings.host, settings.api_key, settings.workers, settings.queue_size, settings.flush_interval,
            settings.timeout, settings.shutdown_timeout, settings.compress, settings.spool_dir, settings.spool_size,
            settings.max_rate, settings.metrics), exits, locks, own_threads)
        self._redacted = exchange_redactor(
            settings.redact, settings.api_key, settings.redact_headers, settings.redact_fields, Memo)
        self._mine: Optional[_PerProcess] = None
        self._undeclared: Deque[Tuple[str, Callable[[], Any]]] = deque()
        self._said_own = False
        self._begun: Dict[Channel, _PerProcess] = {}  # `_mine`, and for a moment that of a process before this one
        self._limit, self._samples = settings.max_body, settings.sample_rate < 1.0
        self._native_state, module = find_native(settings.native, settings.redact)
        self._native = Native(module, Redactor(
            settings.api_key, settings.redact_headers, settings.redact_fields, settings.redact != "none"),
            self._limit) if module is not None else None

    def capture(self, route_of: Callable[[Dict[str, Any]], Route], ordinary: Optional[type] = None,
                service: str = "", matches: Optional[Tuple[type, Dict[int, Any]]] = None) -> Capture:
        """What an app's edge needs to report here; `route_of` says which rule matched a request.

        `ordinary`: the class of most responses, none of which goes out as a file. `service`: the app's name.
        `matches`: the class of most requests, and the table of rules that `route_of` has.
        """
        capture = Capture(self.settings.max_body, _matcher(self.settings.ignore_paths), _sieve_for, route_of,
                       partial(self.report, service=service), partial(self.declare, service), self.guard, ordinary,
                       write=None if self._native is None else partial(self.write, service=service), matches=matches)
        if self._native is not None:
            capture.compiled = compiled_edge(self._native.module, capture)
        return capture

    def declare(self, service: str, routes_of_app: Callable[[], Any]) -> None:
        """Offers the routes of an app to a collector that takes them, once its first response has gone out.

        `routes_of_app` is called then: a moment later an app of a test may be gone.
        """
        self._undeclared.append((service, routes_of_app))

    def _declare_waiting(self) -> None:
        while self._undeclared:
            service, routes_of_app = self._undeclared.popleft()
            self.delivery.declare(partial(_prepare_routes, service, routes_of_app))

    def write(self, recording: Recording, service: str = "") -> bool:
        """Does what `report` does, the compiled way; False where that is not for this exchange, or cannot be had."""
        writer, capture = self._writer(service), recording.capture
        write: Callable[[Any], bool] = writer.write
        capture.write = write  # at once from now on, in this process
        if capture.compiled is not None:
            capture.compiled.write_by(writer)
        return write(recording)

    def _per_process(self) -> _PerProcess:
        channel, mine = self.delivery.channel(), self._mine
        if mine is None or mine.channel is not channel:
            # Atomic: of two threads that come at once both get the same.
            mine = self._mine = self._begun.setdefault(channel, _PerProcess(self.settings, channel))
            self._begun = {channel: mine}
        return mine

    def _writer(self, service: str) -> Any:
        """What writes the ordinary traces of this app in this process."""
        mine = self._per_process()
        key = getpid(), service
        writer = mine.natives.get(key)
        if writer is None and self._native is not None:
            keep = partial(self._is_kept, mine) if self._samples else None
            writer = mine.natives.setdefault(key, self._native.writer(
                mine.encoders[service], mine.known, mine.kind, mine.numbers.__next__, keep, mine.channel.submit,
                mine.channel.entrance(), _NO_ENDPOINT, _POSTS, self._undeclared,
                elsewhere=partial(self.write, service=service)))
        return writer

    def _is_kept(self, mine: _PerProcess) -> bool:
        """Whether a request is among those that are reported; counts those that are not."""
        kept = mine.luck.random() < self.settings.sample_rate
        if not kept:
            self.delivery.count_dropped("sampled")
        return kept

    def report(self, x: Exchange, service: str = "") -> None:
        """Redacts, encodes and queues one exchange, which it may change; never waits, never does I/O."""
        mine = self._per_process()
        number = next(mine.numbers)
        if self._undeclared:
            self._declare_waiting()
        if x.method not in METHODS and x.method.upper() not in METHODS:
            self.delivery.count_dropped("method")
            return
        if x.path.endswith(_POSTS) and self._is_own_post(x):
            self.delivery.count_dropped("own_post")
            return
        rule = x.route
        # The collector makes no endpoint of a 404 or 405.
        route = None if rule is None or x.status in _NO_ENDPOINT else (x.peers.host, x.method, x.script_name + rule)
        first = 0
        if route is not None and route not in mine.answered_well:
            first = self._is_first(mine, route, number, x.status)
        if self._samples and not first and x.status < 500 and not self._is_kept(mine):
            return
        self._send(mine, x, number, route, first, service)

    def _is_own_post(self, x: Exchange) -> bool:
        """Whether an agent with our key sent this: METLO_HOST is the app, and each upload would make another."""
        headers = dict(zip(x.request_names, x.request_values))
        own = headers.get("Authorization") == self.settings.api_key and headers.get("User-Agent") == "metlo-auto"
        if own and not self._said_own:
            self._said_own = True
            logging.getLogger("metlo").warning(
                "metlo: METLO_HOST (%s) is this app itself, or leads to it: what the agent sends there is not "
                "reported; set METLO_HOST to the collector", shown(self.settings.host, self.settings.api_key))
        return own

    def _is_first(self, mine: _PerProcess, route: RouteKey, number: int, status: int) -> int:
        """FIRST of its route, or FIRST_WELL where it is not but the first that was answered well; else 0."""
        if route not in mine.announced and len(mine.announced) >= _ANNOUNCED:
            return 0
        first = FIRST if mine.announced.setdefault(route, number) == number else 0
        if 200 <= status < 300 and mine.answered_well.setdefault(route, number) == number:
            return first or FIRST_WELL
        return first

    def _send(
        self, mine: _PerProcess, x: Exchange, number: int, route: Optional[RouteKey], first: int, service: str
    ) -> None:
        try:
            request = text_of(x.request_body, x.request_type, x.request_encoding, self._limit)
            response = text_of(x.response_body, x.response_type, x.response_encoding, self._limit)
            if self._redacted is not None:
                request, response = self._redacted(x, request, response)
            encoder = mine.encoders[service]
            # A collector that is not ours makes endpoints of paths, so it gets the route in the place of its path.
            ours = mine.kind.ours
            trace = encoder.trace(x, request, response, number, not ours and route is not None)
            announcement = encoder.announcement(x, request, response, number) if first and not ours else None
        except Exception:
            self.delivery.count_dropped("error")
            raise
        # Its fields are known from the first that was answered well, its endpoint from the first: nobody waits again.
        mine.channel.submit(trace, None if first == FIRST_WELL else route, announcement)

    def stats(self) -> Dict[str, Any]:
        """Counters of this process."""
        writers = list(self._mine.natives.values()) if self._mine is not None else []
        declined: Dict[str, int] = {}
        for writer in writers:
            for reason, count in writer.declined().items():
                declined[reason] = declined.get(reason, 0) + count
        return dict(self.delivery.stats(), internal_errors=self.guard.errors,
                    native=sum([writer.written() for writer in writers]), native_declined=declined,
                    native_state={self._native_state: 1})


def _prepare_routes(service: str, routes_of_app: Callable[[], Any]) -> Optional[Callable[[], bytes]]:
    """What makes the body of a declaration; None for an app that is gone."""
    declared = routes_of_app()
    if declared is None:
        return None
    return lambda: json.dumps(dict(declared.described(), service=service)).encode()


def _sieve_for(content_type: str, limit: int) -> Optional[MultipartSieve]:
    if content_type[:1] not in "mM" or content_type[:10].lower() != "multipart/":
        return None
    return MultipartSieve(content_type, limit)


def _matcher(globs: Tuple[str, ...]) -> Optional[Callable[[str], bool]]:
    if not globs:
        return None
    matches = re.compile("|".join(fnmatch.translate(glob) for glob in globs)).match
    return lambda path: matches(path) is not None


class Agents:
    """The agents of this process, one for each set of settings; the only process-wide state."""

    def __init__(self) -> None:
        self._agents: Dict[Settings, Agent] = {}
        # One of each, since all of them share the time that they may hold the exit up, and some the same spool.
        self._exits = Exits(hand_over_interrupted)
        self._locks = Locks()
        self._own_threads = OwnThreads()

    def get(self, settings: Settings) -> Agent:
        agent = self._agents.get(settings)
        if agent is None:
            if not self._agents:  # before any delivery ends: what was answered and never closed is still to come
                self._exits.add(Ending(hand_over_rest, lambda: None, lambda began: hand_over_rest()))
                before_each_stop(hand_over_rest)
            agent = self._agents.setdefault(settings, Agent(settings, self._exits, self._locks, self._own_threads))
        return agent

    def stats(self) -> Dict[str, Any]:
        """The sum over all agents; "dropped" stays a dict of counts by reason."""
        total: Dict[str, Any] = dict(
            dict.fromkeys(NUMBERS, 0), dropped={}, internal_errors=0, native=0, native_declined={}, native_state={})
        for agent in list(self._agents.values()):
            for name, value in agent.stats().items():
                if isinstance(value, dict):
                    counts = total.setdefault(name, {})
                    for reason, count in value.items():
                        counts[reason] = counts.get(reason, 0) + count
                else:
                    total[name] = total.get(name, 0) + value
        return total


AGENTS = Agents()
