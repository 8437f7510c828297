"""The compiled edge of an app, where `metlo_auto_native` is installed: gives it what it needs of the Python one.

It takes ordinary requests from beginning to end. What turns out not to be ordinary goes on in Python, as a Recording.
"""

import sys
from functools import partial
from typing import Any, Dict, Optional, Tuple

from metlo_auto.capture import recording, request_tee, response_tee
from metlo_auto.capture.edge import DECLINED, left
from metlo_auto.capture.guard import Guard
from metlo_auto.capture.recording import Capture
from metlo_auto.capture.stand_in import StandIns, reduced
from metlo_auto.capture.trace_context import LIBRARY, MODULES, of_header, of_span
from metlo_auto.clocks import Real

_classes: Dict[Any, Tuple[type, StandIns]] = {}  # by the compiled module


def compiled_edge(module: Any, capture: Capture) -> Optional[Any]:
    """What runs the requests of one capture; None where no response is of a kind that it knows."""
    if capture.ordinary is None:
        return None
    watching, reading = _classes_of(module)
    return module.Edge({
        "capture": capture, "limit": capture.limit, "ordinary": capture.ordinary, "declined": DECLINED,
        "recording": recording, "live": recording.LIVE, "waiting": recording.WAITING,
        "modules": MODULES, "tracing": LIBRARY, "span": of_span, "span_of_header": of_header, "wall": Real.wall,
        "matches": capture.matches, "response_tee": watching,
        "request_tee": reading.of, "request_tees": reading.known, "restored": recording.restored,
        "restored_copy": partial(request_tee.restored_copy, capture.limit, capture.guard),
        "seen_attribute": request_tee.seen_attribute, "watch": response_tee.watch, "left": left,
        "has_ended": response_tee.has_ended,
        "failed": partial(_failed, capture.guard), "is_finalizing": sys.is_finalizing,
    })


def _classes_of(module: Any) -> Tuple[type, StandIns]:
    """The classes below the compiled tees: with what is asked for seldom, as the Python ones have it."""
    known = _classes.get(module)
    if known is not None:
        return known
    plain, stream = vars(response_tee.ResponseTee), vars(request_tee.RequestTee)
    watching = type("OrdinaryTee", (module.ResponseTee,), {
        "__slots__": ("__dict__", "__weakref__"), "__module__": __name__, "__dir__": plain["__dir__"],
        "__reduce_ex__": reduced, "__del__": module.ResponseTee._metlo_dropped})
    reading = type("RequestTee", (module.RequestTee,), {
        "__slots__": ("__weakref__",), "__module__": __name__, "__dir__": stream["__dir__"],
        "__setattr__": stream["__setattr__"], "__delattr__": stream["__delattr__"]})
    response_tee.TEES.append(watching)
    request_tee.TEES.append(reading)
    made = watching, StandIns(reading, dict(request_tee.OWN, read=module.RequestTee._metlo_read))
    return _classes.setdefault(module, made)


def _failed(guard: Guard, error: BaseException) -> None:
    def fail() -> None:
        raise error

    guard.run(fail)
