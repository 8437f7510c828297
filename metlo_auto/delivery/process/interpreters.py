"""Whether other Python interpreters may share this process; knows who makes them, nothing of what they run."""

import sys
from typing import Any

HOSTS = ("mod_wsgi", "uwsgi")  # they give each application an interpreter of its own


def may_be_one_of_several() -> bool:
    """False where this one is alone for sure, as far as that can be known."""
    if any(name in sys.modules for name in HOSTS):
        return True
    if sys.version_info < (3, 12):  # what tells is not made for being loaded in several interpreters there
        return False
    try:
        module: Any = __import__("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")
        return len(module.list_all()) > 1
    except (ImportError, AttributeError, RuntimeError):  # a Python that has one alone
        return False
