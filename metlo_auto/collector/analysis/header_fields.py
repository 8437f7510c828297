"""The headers that are an API's own, as fields: neither HTTP's, nor a browser's, proxy's or tracer's; pure."""
# ruff: noqa: SIM905 - long lists of words read best as text

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, Optional

from metlo_auto.collector.analysis.credentials import is_credential, may_identify

MOST = 60  # headers of one message
# headers whose values decide on findings, or whose beginning does
TELLING = frozenset(("access-control-allow-origin", "access-control-allow-credentials", "x-forwarded-proto"))
SOURCES = ("origin", "referer")
_TOLD = TELLING.union(SOURCES, ("set-cookie",))
_COMMON = frozenset(
    """
    accept accept-charset accept-encoding accept-language accept-ranges age allow alt-svc authorization
    cache-control cdn-loop connection content-disposition content-encoding content-language content-length
    content-location content-range content-security-policy content-security-policy-report-only content-type cookie
    cookie2 cross-origin-embedder-policy cross-origin-opener-policy cross-origin-resource-policy date device-memory
    dnt downlink dpr ect etag expect expires forwarded from host if-match if-modified-since if-none-match if-range
    if-unmodified-since keep-alive last-modified link location max-forwards nel origin p3p permissions-policy pragma
    priority proxy-authorization proxy-connection purpose range referer referrer-policy report-to retry-after rtt
    save-data server server-timing set-cookie strict-transport-security te timing-allow-origin trailer
    transfer-encoding true-client-ip upgrade upgrade-insecure-requests user-agent vary via viewport-width warning
    width www-authenticate x-cache x-client-ip x-content-type-options x-dns-prefetch-control x-download-options
    x-frame-options x-permitted-cross-domain-policies x-powered-by x-real-ip x-requested-with x-robots-tag x-runtime
    x-ua-compatible x-xss-protection x-request-id x-correlation-id x-request-start x-timer x-served-by x-varnish
    x-original-url x-rewrite-url traceparent tracestate baggage b3 sentry-trace fly-request-id x-request-time
    """.split()
)
_PREFIXES = (
    "sec-", "access-control-", "x-forwarded-", "cf-", "x-b3-", "x-amz-cf-", "x-amzn-", "x-envoy-", "x-datadog-",
    "x-cloud-trace-", "proxy-", "x-vercel-", "fastly-", "x-azure-", "x-appengine-", "x-client-data", "x-newrelic-",
    "x-ot-", "uber-trace-",
)  # fmt: skip


@lru_cache(maxsize=4096)
def field_name(name: str) -> Optional[str]:
    """`X-Tenant` of `x-tenant`; None for a header that is not the API's own, and for a credential."""
    lower = name.lower()
    if lower in _COMMON or lower.startswith(_PREFIXES) or not 0 < len(name) <= 100 or is_credential(name):
        return None
    return "-".join(part.capitalize() for part in lower.split("-"))


class Layout(NamedTuple):
    """What the names of a message's headers say, which repeat while the values do not."""

    lower: tuple[str, ...]
    fields: tuple[tuple[int, str], ...]  # the API's own, each by its place
    content_type: Optional[int]  # the first one's place
    tells: bool  # whether there is one whose value decides on findings
    asking: tuple[int, ...]  # the places of those whose value may say who the caller is
    longest: int  # characters of a name


@lru_cache(maxsize=512)
def layout_of(names: tuple[str, ...]) -> Layout:
    lower = tuple(name.lower() for name in names)
    found = [(place, field_name(name)) for place, name in enumerate(names[:MOST])]
    fields = tuple((place, name) for place, name in found if name is not None)
    content_type = lower.index("content-type") if "content-type" in lower else None
    asking = tuple(place for place, name in enumerate(lower) if may_identify(name))
    return Layout(lower, fields, content_type, not _TOLD.isdisjoint(lower), asking, max(map(len, names), default=0))


def layout(message: dict[str, Any]) -> Layout:
    return layout_of(tuple([item["name"] for item in message.get("headers") or ()]))


def header_fields(message: dict[str, Any], known: Layout) -> dict[str, Any]:
    """Values by name."""
    if not known.fields:
        return {}
    listed = message["headers"]
    return {name: str(listed[place].get("value", "")) for place, name in known.fields}
