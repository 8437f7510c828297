"""Keeps the imports before a first post from being noticed by the app's filters for warnings."""

import contextlib
import importlib.util
import sys
from typing import Any, Dict, Iterator

SOCKS = "urllib3.contrib.socks"
CONNECTIONS = "%s.connections" % __package__


@contextlib.contextmanager
def without_socks_warning() -> Iterator[None]:
    """Around what imports requests: nobody hears from urllib3 that PySocks, which nobody asked for, is not there."""
    # requests silences it by a filter of its own. That is gone again where a test runner puts filters back meanwhile,
    # and where they make errors of warnings requests cannot be imported then.
    modules: Dict[str, Any] = sys.modules
    hidden = CONNECTIONS not in modules and SOCKS not in modules and importlib.util.find_spec("socks") is None
    if hidden:
        modules[SOCKS] = None  # requests tries to import it, and takes its absence for what it is
    try:
        yield
    finally:
        if hidden and modules.get(SOCKS, hidden) is None:
            del modules[SOCKS]
