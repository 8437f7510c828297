"""The TOML file of `--config`: identities, the target, findings to suppress; reads one file, sends nothing."""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Mapping, NamedTuple
from urllib.parse import urlencode

from metlo_auto.collector.security_tests.identities import Identity, Login, merged
from metlo_auto.collector.security_tests.values import Pairs

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_KNOWN = {
    "": ("identity", "target", "suppress"),
    "target": ("url", "rate", "service", "allow_hosts"),
    "identity": ("headers", "cookies", "login"),
    "login": ("method", "path", "headers", "json", "form", "body", "extract", "put"),
}


class BadConfig(ValueError):
    """The file cannot be used; the message says where and what is wanted."""


class Config(NamedTuple):
    """`suppress`: a finding's id or kind and route → the reason."""

    identities: dict[str, Identity]
    target: dict[str, Any]
    suppress: dict[str, str]


def read_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Raises BadConfig."""
    try:
        data = _parsed(path.read_text("utf-8"))
    except OSError as error:
        raise BadConfig(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise BadConfig(f"{path} is not TOML: {error}") from error
    _check(data, "", str(path))
    identities = _table(data.get("identity", {}), f"{path} [identity]")
    target = _table(data.get("target", {}), f"{path} [target]")
    _check(target, "target", f"{path} [target]")
    suppress = _table(data.get("suppress", {}), f"{path} [suppress]")
    found = {name: _identity(name, value, f"{path} [identity.{name}]", environ) for name, value in identities.items()}
    return Config(found, target, {name: str(reason) for name, reason in suppress.items()})


def _parsed(text: str) -> dict[str, Any]:
    """Raises BadConfig where no parser is there, ValueError for what is not TOML."""
    try:
        parser = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    except ImportError:
        raise BadConfig(f"--config needs tomli; run: {sys.executable} -m pip install tomli") from None
    parsed: dict[str, Any] = parser.loads(text)
    return parsed


def _identity(name: str, value: Any, where: str, environ: Mapping[str, str]) -> Identity:
    _check(_table(value, where), "identity", where)
    value = _with_environment(value, where, environ)
    headers: Pairs = ()
    for pair in _pairs(value.get("headers", {}), where):
        headers = merged(headers, pair)
    for cookie, text in _pairs(value.get("cookies", {}), where):
        headers = merged(headers, ("Cookie", f"{cookie}={text}"))
    login = _login(value["login"], f"{where[:-1]}.login]") if "login" in value else None
    if not headers and login is None:
        raise BadConfig(f"{where} has neither headers nor cookies nor a login")
    return Identity(name, headers, login)


def _login(value: Any, where: str) -> Login:
    _check(_table(value, where), "login", where)
    if not str(value.get("path", "")).startswith("/"):
        raise BadConfig(f"{where} needs a path that begins with /")
    headers, body = list(_pairs(value.get("headers", {}), where)), str(value.get("body", ""))
    if "json" in value:
        headers, body = [*headers, ("Content-Type", "application/json")], json.dumps(value["json"])
    elif "form" in value:
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        body = urlencode(_pairs(value["form"], where))
    extract, put = _pairs(value.get("extract", {}), where), _pairs(value.get("put", {}), where)
    return Login(str(value.get("method", "POST")).upper(), value["path"], tuple(headers), body, extract, put)


def _pairs(value: Any, where: str) -> Pairs:
    return tuple((str(name), str(text)) for name, text in _table(value, where).items())


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadConfig(f"{where}: a table is wanted, not {type(value).__name__}")
    return value


def _check(value: dict[str, Any], kind: str, where: str) -> None:
    for name in value:
        if name not in _KNOWN[kind]:
            raise BadConfig(f"{where}: unknown name {name}; known are {', '.join(_KNOWN[kind])}")


def _with_environment(value: Any, where: str, environ: Mapping[str, str]) -> Any:
    """`${NAME}` in texts as the environment has it. Raises BadConfig for one that is not set."""
    if isinstance(value, dict):
        return {name: _with_environment(item, where, environ) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_environment(item, where, environ) for item in value]
    if not isinstance(value, str):
        return value
    for name in _VARIABLE.findall(value):
        if name not in environ:
            raise BadConfig(f"{where}: the environment has no {name}")
    return _VARIABLE.sub(lambda found: environ[found.group(1)], value)
