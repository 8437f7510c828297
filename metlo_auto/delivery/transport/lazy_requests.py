"""Imports what uploads, so that the app hears nothing of it and pays for no more than is used."""

import importlib
import importlib.util
import sys
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional

from metlo_auto.imports.lazy_import import put_off

from . import shadowed

SOCKS = "urllib3.contrib.socks"
CONNECTIONS = "%s.connections" % __package__
GUESSING = "charset_normalizer"
NAMES = "idna"


def load_connections() -> None:
    """The first time imports the module `connections`, and with it requests; waits for another thread that does."""
    if CONNECTIONS not in sys.modules:
        with _without_socks_warning(), _without_guessing(), _without_names():
            # The package first, for which whoever imports it waits: a part that is imported while another thread is
            # at the package has the two wait for each other, and one of them, the app's perhaps, gets an error.
            try:
                import requests  # noqa: F401

                importlib.import_module(CONNECTIONS)
            except Exception as error:
                shadowed.check(error)
                raise
    importlib.import_module(CONNECTIONS)


@contextmanager
def _without_socks_warning() -> Iterator[None]:
    """Nobody hears from urllib3 that PySocks, which nobody asked for, is not there."""
    # requests silences it by a filter of its own. That is gone again where a test runner puts filters back meanwhile,
    # and where they make errors of warnings requests cannot be imported then.
    modules: Dict[str, Any] = sys.modules
    hidden = SOCKS not in modules and importlib.util.find_spec("socks") is None
    if hidden:
        modules[SOCKS] = None  # requests tries to import it, and takes its absence for what it is
    try:
        yield
    finally:
        if hidden and modules.get(SOCKS, hidden) is None:
            del modules[SOCKS]


@contextmanager
def _without_guessing() -> Iterator[None]:
    """What guesses the charset of a response that names none, 2.6 MB of tables, comes when a response needs it."""
    version = _version_of(GUESSING)
    if version is None:
        yield
    else:
        with put_off(GUESSING, __version__=version):
            yield


@contextmanager
def _without_names() -> Iterator[None]:
    """What encodes names of hosts that are not ASCII, 0.4 MB of tables, comes when there is one."""
    if importlib.util.find_spec(NAMES) is None:
        yield
    else:
        with put_off(NAMES):
            yield


def _version_of(package: str) -> Optional[str]:
    """What requests asks it for at once, to see whether it knows this version; None where nobody can say."""
    try:
        return str(importlib.import_module("importlib.metadata").version(package))  # from Python 3.8 on
    except Exception:  # noqa: BLE001 - an older Python, or it is not there or broken: what requests makes of that
        return None
