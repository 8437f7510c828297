"""What a failure on the way to the collector means and what to do about it; plain sentences, no I/O."""

import errno
import ssl
from typing import Dict, Iterator, Optional

from metlo_auto.doctor.finding import FAILED, OK, WARNING, Finding


def no_such_name(host: str, role: str, error: Exception) -> Finding:
    """The name cannot be looked up."""
    if is_late(error):
        said = "the name of the %s, %s, is not resolved in time" % (role, host)
        return Finding("dns", FAILED, said, "check the DNS server of this machine or container")
    said = "the name of the %s, %s, is not known" % (role, host)
    return Finding("dns", FAILED, said, "check the spelling of %s, and that this machine resolves it" % _setting(role))


def no_connection(place: str, role: str, error: OSError) -> Finding:
    """The name is known, and nothing can be reached."""
    fix = "check %s, and that a firewall or network policy lets this machine through" % _setting(role)
    if isinstance(error, ConnectionRefusedError):
        said = "nothing listens on %s (the %s)" % (place, role)
        return Finding("tcp", FAILED, said, "check host and port in %s, and that the %s runs" % (_setting(role), role))
    if is_late(error):
        return Finding("tcp", FAILED, "%s (the %s) does not answer a connection" % (place, role), fix)
    said = "%s (the %s) cannot be reached: %s" % (place, role, error.strerror or error)
    return Finding("tcp", FAILED, said, fix)


def _setting(role: str) -> str:
    return "METLO_HOST" if role == "collector" else "HTTP_PROXY and HTTPS_PROXY, or NO_PROXY,"


def no_tls(place: str, error: Exception) -> Finding:
    """A connection, but no TLS on it that can be trusted."""
    code = str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or error)
    if is_certificate(error):
        if "mismatch" in code.lower() or "doesn't match" in code.lower() or "not valid for" in code.lower():
            said = "the certificate of %s is for another name: %s" % (place, code)
            return Finding("tls", FAILED, said, "use the name in METLO_HOST that the certificate is for")
        said = "the certificate of %s is not trusted: %s" % (place, code)
        return Finding("tls", FAILED, said, "set REQUESTS_CA_BUNDLE to the file of the authority that signed it")
    if is_late(error):
        said = "%s accepts the connection and never answers the TLS greeting" % place
        return Finding("tls", FAILED, said, "check that METLO_HOST names the collector and not something before it")
    if isinstance(error, (ssl.SSLError, ConnectionError)):
        said = "%s does not speak TLS (%s)" % (place, code)
        return Finding("tls", FAILED, said, "where the collector has no TLS, write http:// in METLO_HOST, not https://")
    said = "TLS with %s cannot be set up: %s" % (place, error)
    return Finding("tls", FAILED, said, "check the file that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names")


def wrong_scheme(place: str) -> Finding:
    """http:// where TLS is spoken."""
    said = "%s speaks TLS, and METLO_HOST says http://" % place
    return Finding("verify", FAILED, said, "write https:// in METLO_HOST")


def no_answer(place: str, proxy: Optional[str], error: BaseException) -> Finding:
    """A connection, and no HTTP response on it."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLError):
            return no_tls(place, cause)
    names = [type(cause).__name__ for cause in causes(error)]
    if proxy and any("Proxy" in name for name in names) and not any(is_late(cause) for cause in causes(error)):
        said = "the proxy %s does not let us through to %s: %s" % (proxy, place, _innermost(error))
        return Finding("verify", FAILED, said, "allow it there, or put the collector's name into NO_PROXY")
    by = " through the proxy %s" % proxy if proxy else ""
    if any(is_late(cause) or "Timeout" in type(cause).__name__ for cause in causes(error)):
        said = "%s accepts the connection%s and never answers" % (place, by)
        return Finding("verify", FAILED, said, "check that the collector is well, and its database and Redis too")
    said = "%s gives no answer in HTTP%s: %s" % (place, by, _innermost(error))
    return Finding("verify", FAILED, said, "check that METLO_HOST is the address of a Metlo collector")


def answered(url: str, status: int, headers: Dict[str, str], text: str) -> Finding:
    """What the response to a request with the key means."""
    lowered = {name.lower(): value for name, value in headers.items()}
    if status == 200 and text.strip() == "OK":
        return Finding("verify", OK, "the collector answers and takes the key")
    if status in (401, 403):
        said = "the collector refuses the key (status %d)" % status
        fix = "check METLO_API_KEY; a Metlo collector also says so while its database is unreachable"
        return Finding("verify", FAILED, said, fix)
    if status == 407:
        said = "the proxy wants a user name and password (status 407)"
        return Finding("verify", FAILED, said, "put them into HTTP_PROXY and HTTPS_PROXY: http://user:password@proxy:port")
    if 300 <= status < 400:
        said = "%s redirects to %s; traces do not follow, since the key would go along" % (
            url, lowered.get("location", "somewhere else"))
        return Finding("verify", FAILED, said, "put the address of the collector itself into METLO_HOST")
    if status in (502, 503, 504):
        said = "something before the collector answers for it with status %d" % status
        return Finding("verify", FAILED, said, "check that the collector behind %s runs" % url)
    if status == 429:
        return Finding("verify", WARNING, "the collector is busy (status 429); traces wait", "try again later")
    if status >= 500:
        said = "the collector has trouble of its own (status %d)" % status
        return Finding("verify", FAILED, said, "look into its log")
    said = "%s answers, but not as a Metlo collector does (status %d)" % (url, status)
    fix = "check host, port and path in METLO_HOST: Metlo's page has another address than its collector"
    return Finding("verify", FAILED, said, fix)


def causes(error: Optional[BaseException]) -> Iterator[BaseException]:
    """An exception and those inside it, as requests and urllib3 nest them."""
    seen = 0
    while isinstance(error, BaseException) and seen < 10:
        yield error
        seen += 1
        inside = getattr(error, "reason", None)
        if not isinstance(inside, BaseException):
            inside = next((part for part in error.args if isinstance(part, BaseException)), None)
        error = inside or error.__cause__ or error.__context__


def is_certificate(error: Exception) -> bool:
    """Whether TLS was spoken and the certificate refused."""
    if isinstance(error, ssl.CertificateError):  # of 3.6 for a wrong name: a ValueError; later an SSLError
        return True
    return isinstance(error, ssl.SSLError) and "CERTIFICATE_VERIFY" in str(error.reason)


def is_late(error: BaseException) -> bool:
    """Whether an exception says that something took too long."""
    import socket

    return (
        type(error).__name__ == "Late"
        or isinstance(error, (socket.timeout, TimeoutError))
        or getattr(error, "errno", None) == errno.ETIMEDOUT
    )


def _innermost(error: BaseException) -> str:
    *_, last = causes(error)
    return str(last) or type(last).__name__
