"""How a request identified itself, and whether its credentials travelled safely; pure, keeps no credential."""

from __future__ import annotations

from typing import Any, Iterator
from urllib.parse import urlsplit

from metlo_auto.collector.analysis.observation import Observation
from metlo_auto.collector.analysis.sections import header
from metlo_auto.collector.analysis.sensitive import detect
from metlo_auto.collector.analysis.sensitive.names import CREDENTIAL, plain

_KEY_HEADERS = ("x-api-key", "api-key", "x-auth-token", "x-access-token")


def schemes(request: dict[str, Any]) -> Iterator[str]:
    """`http bearer`, `http basic`, `header X-Api-Key`, `cookie session`: everything that may identify the caller."""
    for item in request.get("headers") or ():
        name = item["name"].lower()
        if name == "authorization":
            scheme = str(item.get("value", "")).partition(" ")[0].lower()
            yield f"http {scheme}" if scheme in ("bearer", "basic", "digest") else "header Authorization"
        elif name in _KEY_HEADERS:
            yield f"header {'-'.join(part.capitalize() for part in name.split('-'))}"
        elif name == "cookie":
            yield from (f"cookie {cookie}" for cookie in _session_cookies(str(item.get("value", ""))))


_SESSION = ("session", "sess", "sid", "token", "auth", "jwt", "login", "remember")


def _session_cookies(value: str) -> Iterator[str]:
    for pair in value.split(";"):
        name = pair.partition("=")[0].strip()
        if name and len(name) <= 60 and any(word in name.lower() for word in _SESSION) and "csrf" not in name.lower():
            yield name


def credentials_in_url(seen: Observation) -> Iterator[str]:
    """Names of query parameters that carry a credential."""
    listed = seen.trace["request"]["url"].get("parameters")
    for item in listed if isinstance(listed, list) else ():
        if not isinstance(item, dict) or not item.get("value"):
            continue
        name = str(item.get("name", ""))
        classes = detect(name, str(item["value"]))
        if plain(name) in CREDENTIAL or "jwt" in classes or "cloud_key" in classes:
            yield name[:100]


def is_plain_http(seen: Observation) -> bool:
    """True where a proxy or the browser says that the request came over http:// from another machine."""
    if seen.host.partition(":")[0].lower() in ("localhost", "127.0.0.1", "[", "0.0.0.0", "testserver"):
        return False
    request = seen.trace["request"]
    proto = header(request, "x-forwarded-proto").lower()
    if proto:
        return proto.partition(",")[0].strip() == "http"
    for name in ("origin", "referer"):
        source = urlsplit(header(request, name))
        if source.netloc.lower() == seen.host.lower():
            return source.scheme == "http"
    return False
