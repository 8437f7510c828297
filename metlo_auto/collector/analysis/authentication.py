"""How a request identified itself, and whether its credentials travelled safely; pure, keeps no credential."""

from __future__ import annotations

from typing import Iterator
from urllib.parse import urlsplit

from metlo_auto.collector.analysis import credentials
from metlo_auto.collector.analysis.observation import Observation
from metlo_auto.collector.analysis.sections import header
from metlo_auto.collector.analysis.sensitive import detect
from metlo_auto.collector.analysis.symptoms import is_local

_SIGNATURES = ("signature", "sig", "xamzsignature", "xgoogsignature", "xamzsecuritytoken", "xamzcredential", "hmac")


def is_accepted(status: int) -> bool:
    """True for a response that says that the caller was let in; a redirect may lead to the login."""
    return 200 <= status < 300 or status == 304


def schemes(seen: Observation) -> Iterator[str]:
    """`http bearer`, `header X-Api-Key`, `cookie session`, `query api_key`: what let the caller in."""
    if is_accepted(seen.status):
        yield from dict.fromkeys(scheme for scheme in seen.schemes if scheme != "path")


def credentials_in_url(seen: Observation) -> Iterator[str]:
    """Names of query parameters that carry a credential; the signature of a presigned URL is meant to be there."""
    listed = seen.trace["request"]["url"].get("parameters")
    for item in listed if isinstance(listed, list) else ():
        if not isinstance(item, dict) or not item.get("value"):
            continue
        name, value = str(item.get("name", ""))[:200], str(item["value"])
        if "".join(credentials.words(name)) in _SIGNATURES or {"csrf", "xsrf"}.intersection(credentials.words(name)):
            continue
        if (
            credentials.is_masked(value)
            or credentials.is_credential(name)
            or {"jwt", "cloud_key"} & set(detect(name, value))
        ):
            yield name[:100]


def is_plain_http(seen: Observation) -> bool:
    """True where a proxy or the browser says that the request came over http:// from another machine."""
    if is_local(seen.host):
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
