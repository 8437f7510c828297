"""From settings to what one app's edge needs: the agent of these settings, and the app's name as a service."""

import logging
from collections import deque
from typing import Any, Deque

from metlo_auto import agent
from metlo_auto.capture import flask_hooks
from metlo_auto.capture.recording import Capture
from metlo_auto.capture.service_name import service_name
from metlo_auto.collector_url import shown
from metlo_auto.config.settings import Loaded

_unsaid: Deque[None] = deque([None])  # whoever pops it says it


def capture_of(app: Any, loaded: Loaded) -> Capture:
    """What the edge of `app` reports to; the first one of a process is said in one line (INFO)."""
    settings = loaded.settings
    service = settings.service or service_name(app)
    capture = agent.AGENTS.get(settings).capture(
        flask_hooks.route_of, flask_hooks.ORDINARY, service, flask_hooks.MATCHES)
    try:
        _unsaid.pop()
    except IndexError:
        return capture
    logging.getLogger("metlo").info(
        "metlo: reporting to %s as the service %s; settings are from %s",
        shown(settings.host, settings.api_key), service, _places(loaded))
    return capture


def _places(loaded: Loaded) -> str:
    """Where the settings that were given come from: "environment", "arguments", the path of a file."""
    places = []
    for source in loaded.sources.values():
        place = "arguments" if source == "argument" else source.split(", ")[0]
        if place != "default" and place not in places:
            places.append(place)
    return " and ".join(places)
