"""The way to the collector, step by step: name, connection, TLS, a response to the key; knows sockets and requests.

Every step ends within its time, so that the whole takes less than ten seconds.
"""

import os
import socket
import ssl
import threading
import time
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from metlo_auto.doctor import verdicts
from metlo_auto.doctor.finding import FAILED, OK, Finding

SECONDS = 2.0
VERIFY = "/api/v1/verify"


class Place(NamedTuple):
    """Where a connection goes to; `secure`: TLS begins at once."""

    host: str
    port: int
    secure: bool

    def __str__(self) -> str:
        return "%s:%d" % ("[%s]" % self.host if ":" in self.host else self.host, self.port)


class Late(OSError):
    """A step took too long."""


def examine(url: str, api_key: str) -> Iterator[Finding]:
    """One finding for each step to the collector at `url`, up to the first that fails."""
    try:
        environment = _environment(url)
    except BaseException as error:  # noqa: BLE001 - a broken requests may raise anything, and that is the finding
        said = "requests cannot be imported by metlo-run's Python: %s: %s" % (type(error).__name__, error)
        yield Finding("requests", FAILED, said, "run: python -m pip install --force-reinstall requests")
        return
    place = place_of(url)
    proxy = proxy_for(url, environment["proxies"])
    if proxy:
        said = "the way leads through the proxy %s, which the environment names (HTTP_PROXY, HTTPS_PROXY)"
        yield Finding("proxy", OK, said % (proxy,))
        steps = _connect(proxy, "proxy")
    else:
        steps = _connect(place, "collector")
    for finding in steps:
        yield finding
        if finding.status == FAILED:
            return
    if place.secure and not proxy:
        finding = _tls(place, environment)
        yield finding
        if finding.status == FAILED:
            return
    yield _verify(url, api_key, environment, place, proxy)


def place_of(url: str) -> Place:
    """The host and port in a URL."""
    parts = urlsplit(url)
    secure = parts.scheme.lower() == "https"
    return Place(parts.hostname or "", parts.port or (443 if secure else 80), secure)


def proxy_for(url: str, proxies: Dict[str, str]) -> Optional[Place]:
    """The proxy that requests would take, None for the direct way."""
    from requests.utils import select_proxy

    found = select_proxy(url, proxies)
    return place_of(found if "://" in found else "http://" + found) if found else None


def _environment(url: str) -> Dict[str, Any]:
    from metlo_auto.delivery.transport.poster import environment_of

    return environment_of(url)


def _connect(place: Place, role: str) -> "Iterator[Finding]":
    began = time.monotonic()
    try:
        addresses = within(SECONDS, lambda: _addresses(place))
    except (OSError, UnicodeError) as error:
        yield verdicts.no_such_name(place.host, role, error)._replace(seconds=time.monotonic() - began)
        return
    numbers = sorted({str(address[4][0]) for address in addresses})
    if numbers != [place.host]:
        said = "%s is %s" % (place.host, ", ".join(numbers))
        yield Finding("dns", OK, said, seconds=time.monotonic() - began)
    began = time.monotonic()
    try:
        within(SECONDS, lambda: _open(addresses).close())
    except OSError as error:
        yield verdicts.no_connection(str(place), role, error)._replace(seconds=time.monotonic() - began)
        return
    yield Finding("tcp", OK, "%s accepts connections" % (place,), seconds=time.monotonic() - began)


def _addresses(place: Place) -> List[Tuple[Any, ...]]:
    return list(socket.getaddrinfo(place.host, place.port, 0, socket.SOCK_STREAM))


def _open(addresses: List[Tuple[Any, ...]]) -> socket.socket:
    trouble: Optional[OSError] = None
    for family, kind, protocol, _, address in addresses:
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(SECONDS)
        try:
            sock.connect(address)
        except OSError as error:
            sock.close()
            trouble = error
        else:
            return sock
    raise trouble or OSError("no address")


def _tls(place: Place, environment: Dict[str, Any]) -> Finding:
    began = time.monotonic()
    try:
        version = within(SECONDS, lambda: _handshake(place, _context(environment["verify"])))
    except (OSError, ValueError) as error:  # an SSLError is an OSError, a bad name of a CA file too
        return verdicts.no_tls(str(place), error)._replace(seconds=time.monotonic() - began)
    return Finding("tls", OK, "%s shows a good certificate" % version, seconds=time.monotonic() - began)


def _context(verify: Any) -> ssl.SSLContext:
    """As requests does it: the bundle of the environment, else certifi's."""
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    bundle = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH
    if os.path.isdir(bundle):
        return ssl.create_default_context(capath=bundle)
    return ssl.create_default_context(cafile=bundle)


def _handshake(place: Place, context: ssl.SSLContext) -> str:
    with _open(_addresses(place)) as sock:
        with context.wrap_socket(sock, server_hostname=place.host) as secured:
            return str(secured.version())


def speaks_tls(place: Place) -> bool:
    """Whether there is TLS behind a port, with whatever certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        within(SECONDS, lambda: _handshake(place, context))
    except OSError:
        return False
    return True


def _verify(url: str, api_key: str, environment: Dict[str, Any], place: Place, proxy: Optional[Place]) -> Finding:
    began = time.monotonic()
    try:
        answer = within(2 * SECONDS, lambda: _ask(url + VERIFY, api_key, environment))
    except Exception as error:  # noqa: BLE001 - requests, urllib3 and ssl raise many kinds, all of them "no response"
        finding = verdicts.no_answer(str(place), proxy and str(proxy), error)
        if not place.secure and not proxy and not isinstance(error, Late) and speaks_tls(place):
            finding = verdicts.wrong_scheme(str(place))
    else:
        finding = verdicts.answered(url, *answer)
        if answer[0] == 400 and not place.secure and not proxy and speaks_tls(place):  # nginx and Go say it so
            finding = verdicts.wrong_scheme(str(place))
    return finding._replace(seconds=time.monotonic() - began)


def _ask(url: str, api_key: str, environment: Dict[str, Any]) -> Tuple[int, Dict[str, str], str]:
    """Status, headers and the beginning of the body; the key as delivery sends it, past any netrc."""
    import requests

    def with_key(request: Any) -> Any:
        request.headers["Authorization"] = api_key
        return request

    session = requests.Session()
    session.trust_env = False  # what counts of the environment is in `environment`
    response = session.get(
        url, auth=with_key, timeout=SECONDS, allow_redirects=False, stream=True, **environment
    )
    try:
        text = next(response.iter_content(300), b"").decode("utf-8", "replace")
        return response.status_code, dict(response.headers), text
    finally:
        response.close()
        session.close()


def within(seconds: float, function: Callable[[], Any]) -> Any:
    """What `function` returns or raises; Late where that takes longer, and the thread is left behind."""
    outcome: List[Tuple[bool, Any]] = []

    def run() -> None:
        try:
            outcome.append((True, function()))
        except BaseException as error:  # noqa: BLE001 - raised again where it belongs
            outcome.append((False, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise Late("no answer within %g s" % seconds)
    good, value = outcome[0]
    if not good:
        raise value
    return value
