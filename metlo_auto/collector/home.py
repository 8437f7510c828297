"""Where a collector has its key and its secrets from: a data folder, or the environment of a node that has none."""

from __future__ import annotations

import hashlib
from typing import Mapping, NamedTuple, Optional, Protocol

SHORTEST = 16  # characters of a key: the cookies of the page are signed with what is derived from it
_ROUNDS = 200_000


class HomeUnusable(Exception):
    """Key or store are not given; the message says how to."""


class Home(Protocol):
    """What all nodes of one collector have in common."""

    def api_key(self) -> str:
        """The key that agents send."""

    def page_secret(self) -> bytes:
        """What the page's tokens and cookies are signed with."""

    def store_url(self, given: Optional[str], environ: Mapping[str, str]) -> str:
        """The database, from an argument or the environment."""


class EnvironmentHome(NamedTuple):
    """A node without a folder: all that have the same key are one collector."""

    key: str
    name: str  # of the environment variable

    def api_key(self) -> str:
        return self.key

    def page_secret(self) -> bytes:
        """Derived from the key, which opens the pages anyway: nodes need not agree on one."""
        return hashlib.pbkdf2_hmac("sha256", self.key.encode(), b"metlo-collector pages", _ROUNDS)

    def store_url(self, given: Optional[str], environ: Mapping[str, str]) -> str:
        """Raises HomeUnusable where none is given."""
        url = given or environ.get("METLO_COLLECTOR_STORE")
        if not url:
            raise HomeUnusable("--key-env needs a store that all nodes share: --store postgresql://…")
        return url


def read_environment(name: str, environ: Mapping[str, str]) -> EnvironmentHome:
    """The home whose key stands in variable `name`. Raises HomeUnusable."""
    key = environ.get(name, "").strip()
    if len(key) < SHORTEST:
        what = "is not set" if not key else f"has fewer than {SHORTEST} characters"
        raise HomeUnusable(f"{name} {what}: it has to hold the API key of all nodes")
    return EnvironmentHome(key, name)
