"""Stop-watches around the agent's steps inside a worker that serves one request at a time.

Request steps are told as time on the clock, since asking for a thread's CPU time is a system call that costs as much
as a step; the sender's, which wait and are few, as CPU time of their thread. A step's time is without its inner steps'.
"""

import importlib
import json
import os
import threading
import time
from collections import deque

BEFORE, AFTER, SENDER, SERVER = "before the answer", "after the answer", "sender", "not ours"
# (when, step, module, attribute); a step may be made of several
STEPS = (
    (BEFORE, "begin", "metlo_auto.capture.edge", "_begin"),
    (BEFORE, "tee of the body", "metlo_auto.capture.request_tee", "BodyCopy.took"),
    (BEFORE, "start_response", "metlo_auto.capture.recording", "Recording.start_response"),
    (BEFORE, "watch the response", "metlo_auto.capture.edge", "watch"),
    (BEFORE, "watch each chunk", "metlo_auto.capture.recording", "Recording.take"),
    (AFTER, "build the exchange", "metlo_auto.capture.recording", "Recording.finish"),
    (AFTER, "decide", "metlo_auto.agent", "Agent.report"),
    (AFTER, "bytes to text", "metlo_auto.agent", "text_of"),
    (AFTER, "redact bodies", "metlo_auto.redact", "Redactor.mentions"),
    (AFTER, "redact bodies", "metlo_auto.redact", "Redactor.body"),
    (AFTER, "redact headers", "metlo_auto.agent", "Agent._masked"),
    (AFTER, "redact query", "metlo_auto.redact", "Redactor.query"),
    (AFTER, "redact arguments", "metlo_auto.agent", "Agent._path_without_secrets"),
    (AFTER, "redact, the rest", "metlo_auto.agent", "Agent._redacted"),
    (AFTER, "encode", "metlo_auto.trace.encoder", "Encoder.trace"),
    (AFTER, "queue", "metlo_auto.delivery.channel", "Channel.submit"),
    (SERVER, "start_response", "gunicorn.http.wsgi", "Response.start_response"),
    (SERVER, "reading the body", "gunicorn.http.body", "Body.read"),
    (SENDER, "decide what is due", "metlo_auto.delivery.sender", "Sender.step"),
    (SENDER, "post", "metlo_auto.delivery.transport.poster", "Poster.post"),
)


class Stopwatch:
    """The times of one thread's steps; `stack` holds what the inner steps of each running step took."""

    def __init__(self, clock):
        self.clock = clock
        self.stack = []
        self.times = {}
        self.outside = 0  # what a stop-watch costs that it does not see itself

    def around(self, step, function):
        times = self.times.setdefault(step, deque(maxlen=50000))
        clock, stack = self.clock, self.stack

        def timed(*args, **named):
            stack.append(0)
            begun = clock()
            try:
                return function(*args, **named)
            finally:
                took = clock() - begun
                times.append(took - stack.pop())
                if stack:
                    stack[-1] += took + self.outside

        return timed

    def calibrate(self):
        """Nanoseconds that stand in each measured time for the stop-watch itself."""
        nothing = self.around("calibration", lambda: None)
        begun = self.clock()
        for _ in range(20000):
            nothing()
        whole = (self.clock() - begun) / 20000
        inside = _typical(self.times.pop("calibration"))
        self.outside = max(0, int(whole - inside))
        return inside


def _typical(times):
    """Mean without the slowest twentieth, where something else ran in between."""
    kept = sorted(times)[: max(1, len(times) * 19 // 20)]
    return sum(kept) / len(kept)


def install():
    """Puts the stop-watches in, before the app is loaded; what is returned writes their times down, at the end."""
    import flask  # noqa: F401 - which brings the agent in, in its own order

    request, sender = Stopwatch(time.perf_counter_ns), threading.local()
    costs = {"request": request.calibrate()}
    watches = []

    def sender_watch():
        watch = getattr(sender, "watch", None)
        if watch is None:
            watch = sender.watch = Stopwatch(time.thread_time_ns)
            watches.append(watch)
        return watch

    for when, step, module, attribute in STEPS:
        try:
            holder = importlib.import_module(module)
            *path, name = attribute.split(".")
            for part in path:
                holder = getattr(holder, part)
            function = getattr(holder, name)
        except (ImportError, AttributeError):
            continue  # the agent has changed: its time counts for the step around it
        label = when + "|" + step
        if when == SENDER:
            setattr(holder, name, _in_each_thread(sender_watch, label, function))
        else:
            setattr(holder, name, request.around(label, function))
    return lambda: _write(request, watches, costs["request"])


def _in_each_thread(watch_of, label, function):
    def timed(*args, **named):
        return watch_of().around(label, function)(*args, **named)

    return timed


def _write(request, watches, cost):
    result = {
        label: {"calls": len(times), "us": max(0.0, _typical(times) - cost) / 1000}
        for label, times in request.times.items()
        if times
    }
    for watch in watches:
        for label, times in watch.times.items():
            times.popleft()  # the first post imports what it needs
            if not times:
                continue
            found = result.setdefault(label, {"calls": 0, "us": 0.0})
            whole = found["us"] * found["calls"] + sum(times) / 1000
            found["calls"] += len(times)
            found["us"] = whole / found["calls"]
    path = os.environ["BENCH_STEPS"]
    with open(path, "w") as file:
        json.dump(result, file)
