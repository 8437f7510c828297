"""Who the tests ask as: names with the headers that make the app take a request for theirs; pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Iterator, NamedTuple, Optional, Sequence

from metlo_auto.collector.security_tests.inputs import body_fields
from metlo_auto.collector.security_tests.values import Pairs
from metlo_auto.redact import Redactor

_WHO = re.compile(r"user|login|mail|name|account|tenant|realm|grant_?type|client_?id|scope|audience", re.IGNORECASE)


@lru_cache(maxsize=1)  # to make one takes as long as dozens of requests
def nobodys_redactor() -> Redactor:
    """What knows the names of secrets, and masks under a key that nobody has."""
    return Redactor("")


class Login(NamedTuple):
    """A request that gives credentials. `extract`: variable → where it stands; `put`: headers with {variable}s."""

    method: str
    path: str
    headers: Pairs
    body: str
    extract: Pairs
    put: Pairs


class Identity(NamedTuple):
    name: str
    headers: Pairs
    login: Optional[Login] = None

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that stand in its headers."""
        text = "; ".join(value for name, value in self.headers if name.lower() == "cookie")
        return {n.strip(): v.strip() for n, _, v in (pair.partition("=") for pair in text.split(";")) if n.strip()}

    def secrets(self) -> list[str]:
        """All texts that no report may hold, the longest first."""
        found = set(self.cookies.values())
        for _, value in self.headers:
            found |= {value, value.rpartition(" ")[2]}
        if self.login:
            found |= {self.login.body, *self._proofs(self.login)}
        return sorted((text for text in found if len(text) >= 4), key=len, reverse=True)

    @staticmethod
    def _proofs(login: Login) -> Iterator[str]:
        """Values by which a login proves who asks: by their name, or long and under a name that is nobody's."""
        redactor = nobodys_redactor()
        pairs = ((pointer.rpartition("/")[2], value) for pointer, value in body_fields(login.body).items())
        for name, value in pairs:
            if redactor.is_secret(name) or (len(value) >= 8 and not _WHO.search(name)):
                yield value
        for name, value in login.headers:
            if redactor.header_mask(name) is not None:
                yield from (value, value.rpartition(" ")[2])


class BadIdentity(ValueError):
    """An identity cannot be understood; the message says which and what is wanted. It never holds the value."""


_GIVEN = re.compile(r"([A-Za-z0-9_.-]+)=([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.+)", re.DOTALL)


def parse_identities(given: Sequence[str]) -> dict[str, Identity]:
    """`NAME=HEADER:VALUE`, several headers by repeating the name. Raises BadIdentity."""
    found: dict[str, Identity] = {}
    for number, text in enumerate(given, 1):
        match = _GIVEN.fullmatch(text.strip())
        if match is None or re.search(r"[\r\n\0]", match.group(3)):
            raise BadIdentity(
                f"--as number {number} is not NAME=HEADER:VALUE, e.g. --as alice='Authorization: Bearer …'"
            )
        name, header, value = match.groups()
        before = found.get(name, Identity(name, ()))
        found[name] = before._replace(headers=merged(before.headers, (header, value.strip())))
    return found


def merged(headers: Pairs, more: "tuple[str, str]") -> Pairs:
    """`headers` with one more; cookies share one header."""
    if more[0].lower() != "cookie":
        return (*headers, more)
    old = [value for name, value in headers if name.lower() == "cookie"]
    rest = tuple(pair for pair in headers if pair[0].lower() != "cookie")
    return (*rest, ("Cookie", "; ".join([*old, more[1]])))


def header_names(identities: Sequence[Identity]) -> frozenset[str]:
    """Names of all headers by which the app tells callers apart, in lower case."""
    names: set[str] = {"authorization", "cookie"}
    for identity in identities:
        names |= {name.lower() for name, _ in identity.headers}
        names |= {name.lower() for name, _ in (identity.login.put if identity.login else ())}
    return frozenset(names)


class Scrubber:
    """Takes what identities sign in with out of texts for reports."""

    def __init__(self, identities: Sequence[Identity]) -> None:
        self._texts = [(secret, f"<{item.name}'s credential>") for item in identities for secret in item.secrets()]
        self._texts.sort(key=lambda pair: -len(pair[0]))

    def clean(self, value: Any) -> Any:
        """`value` (text, or a structure of texts) without any credential."""
        if isinstance(value, str):
            for secret, shown in self._texts:
                value = value.replace(secret, shown)
            return value
        if isinstance(value, dict):
            return {name: self.clean(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.clean(item) for item in value]
        return value
