"""Zero-code reporting of Flask API traffic to a Metlo collector; the public names, and nothing heavy.

`MetloFlask(app, host, key)` is the explicit way, `import metlo_auto.auto` and `metlo-run` are the others.
"""

from metlo_auto.errors import ConfigurationError
from metlo_auto.version import VERSION as __version__

TYPE_CHECKING = False  # typing itself costs every child Python that never needs it
if TYPE_CHECKING:
    from typing import Any, Dict, Optional

    from flask import Flask

__all__ = ["ConfigurationError", "MetloFlask", "__version__", "stats"]


class MetloFlask:
    """Reports the traffic of `app` to the collector at `metlo_host`.

    `options` are the settings in lower case without their prefix: `workers=`, `disabled=`, `max_body=` and so on.
    Raises ConfigurationError for an argument that is missing or cannot be used, TypeError for an unknown one.
    """

    def __init__(
        self,
        app: "Flask",
        metlo_host: "Optional[str]" = None,
        metlo_api_key: "Optional[str]" = None,
        **options: "Any"
    ) -> None:
        from metlo_auto.explicit import attach

        attach(app, metlo_host, metlo_api_key, options)


def stats() -> "Dict[str, Any]":
    """Counters of this process: captured, sent, spooled, queued, dropped by reason, retries, errors, queue bytes."""
    from metlo_auto.agent import AGENTS

    return AGENTS.stats()
