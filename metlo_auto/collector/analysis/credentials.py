"""Which parts of a request are credentials: by the last words of a name, by a masked value; pure, knows no store.

The agent masks by the same kind of rule and puts `redacted` or `redacted-…` in the place of a value: a masked value
says that a credential stood there, whatever its name.
"""

# ruff: noqa: SIM905 - long lists of words read best as text

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Iterator, Optional, Sequence
from urllib.parse import unquote

MOST_CACHED = 200  # characters of a header's value that is remembered
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W\d_]+")
_MASK = re.compile(r"redacted(?:-[a-p]{12})?")
_SCHEME = re.compile(r"[A-Za-z][\w-]{2,20}\s+(?=\S)")
_PROVEN = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*|(?:gh[pousr]_|glpat-|xox[abeprs]-|[sr]k_live_|AKIA|AIza|ya29\.)[\w-]{12,}"
)

# A name whose last word is one of these stands before a credential.
_LAST = frozenset(
    """
    token tokens secret secrets apikey apikeys authorization authentication assertion jwt signature sig passwd pwd
    passphrase passcode pin otp totp bearer credential credentials hmac dpop cst accesskey secretkey privatekey
    authkey clientsecret sessionid sessid sid phpsessid jsessionid accesstoken refreshtoken idtoken authtoken
    sessiontoken usertoken apitoken xauthtoken auth session
    """.split()
)
# `key` is a credential after one of these: `Ocp-Apim-Subscription-Key`, `x-functions-key`, but no `sort_key`.
_KEYS = frozenset(
    """
    api access secret private subscription functions function master account shared auth application app client
    license insert service rapidapi admin server write read signing encryption storage host pan ssh hmac developer
    dev
    """.split()
)
_PASSWORD = re.compile(
    r"passw(?:or[dt]|rd|d)|senha|contrasen|contraseñ|kennwort|motdepasse|mot_de_passe|wachtwoord|parol[ae]|haslo|lösenord"
    r"|salasana|пароль|密码|パスワード",
    re.I,
)
_NO_PASSWORD = frozenset(
    """
    policy length strength min max hint required expires expiry changed updated age at rules help reset
    """.split()
)
_PAGING = frozenset(
    """
    page next prev previous sync cursor count type continuation start end offset skip delta change max total
    """.split()
)
_NO_IDENTITY = frozenset(
    """
    csrf xsrf csrftoken xsrftoken csrfmiddlewaretoken requestverificationtoken nonce
    """.split()
)
# What a proxy in front says of the caller whom it has let in, and what a client's certificate says.
_PROXIED = re.compile(
    r"x-(?:remote|forwarded|authenticated|auth-request|webauth)-(?:user|email|preferred-username|groups|access-token)|remote-user"
    r"|x-ms-client-principal(?:-\w+)?|x-goog-authenticated-user-\w+|x-amzn-oidc-\w+|x-(?:ssl-)?client-(?:cert|dn|s-dn|verify|cert-\w+)"
    r"|x-ssl-client-\w+|ssl-client-\w+|x-forwarded-client-cert|x-arr-clientcert|client-cert|x-tls-client-\w+|tailscale-user-\w+|x-honeycomb-team"
    r"|x-authentik-\w+|cf-access-\w+(?:-\w+)*|x-forwarded-user-\w+|x-consumer-\w+|x-hub-signature(?:-256)?"
)
# Headers whose values are addresses or texts: a masked part of them identifies nobody.
_NO_HEADERS = frozenset(
    """
    referer referrer location origin user-agent host content-type content-length accept cookie cookie2
    x-original-url x-rewrite-url x-forwarded-uri x-original-uri x-request-id idempotency-key if-match if-none-match
    etag proxy-authorization sec-websocket-key x-amzn-trace-id traceparent
    """.split()
)
_SESSION = re.compile(
    r"sess|sid\b|\bsid|token|auth|jwt|login|logged|remember|identity|\.aspx|sso|ticket|credential|api_?key|user_?id$|^uid$",
    re.I,
)
# Cookies of analytics, consent, bot filters, load balancers and preferences, some of which say `session` too.
_NO_SESSION = re.compile(
    r"_ga|_gid|_gat|_gcl|_fbp|_fbc|__utm|_hj|ajs_|amplitude|amp_|mp_|optimizely|_pk_|matomo|_clck|_clsk|_uet|__hs|hubspot|intercom-(?:id|device)"
    r"|_dd_s|dd_|AMCV|s_|utm_|__cf|cf_|_cfuvid|AWSALB|AWSELB|SERVERID|BIGip|incap_|visid_|ak_bmsc|bm_|datadome|_px|sentry|rl_|_vis_|_vwo|_tt_"
    r"|.*(?:csrf|xsrf|consent|cookie|theme|lang|locale|timezone|currency|experiment|variant|abtest|dark|sidebar|seen|visited|author)",
    re.I,
)


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """`X-Forwarded-Access-Token`, `accessToken` and `members-0-token` as lower-case words without digits."""
    return tuple(word.lower() for word in _WORD.findall(_HUMP.sub(" ", name[:200])))


@lru_cache(maxsize=4096)
def is_credential(name: str) -> bool:
    """True for a name that stands before a credential, by its last word."""
    parts = words(name)
    if not parts:
        return False
    if _PASSWORD.search(name) and not _NO_PASSWORD.intersection(parts):
        return True
    last = parts[-1]
    before = parts[-2] if len(parts) > 1 else ""
    if last == "key":
        return before in _KEYS
    if last in ("id", "data") and before in ("session", "oidc"):
        return True
    if last not in _LAST and not (len(last) > 5 and last.endswith(("token", "secret", "apikey"))):
        return False
    squeezed = last[: -len("token")] if last.endswith("token") else ""
    return not (_PAGING & {before, squeezed})


def is_masked(value: str) -> bool:
    """True for what stands in the place of a credential: `redacted`, `redacted-…`, also behind a scheme."""
    if "redacted" not in value:
        return False
    return bool(_MASK.fullmatch(_SCHEME.sub("", value.strip(), count=1)))


def _identifies(name: str, value: str) -> bool:
    if not value or _NO_IDENTITY.intersection(words(name)):
        return False
    return is_masked(value) or is_credential(name) or bool(_PROVEN.search(value[:500]))


def may_identify(name: str) -> bool:
    """Whether the value of the header `name`, lower case, may be a credential."""
    return name == "cookie" or name not in _NO_HEADERS


def schemes(request: dict[str, Any], path: str, places: Optional[Sequence[int]] = None) -> Iterator[str]:
    """`http bearer`, `header X-Api-Key`, `cookie session`, `query api_key`, `path`: what identifies the caller.

    `places` are those of the headers that `may_identify`, where they are known.
    """
    listed = request.get("headers") or ()
    for item in listed if places is None else [listed[place] for place in places]:
        name, value = item["name"], item.get("value", "")
        if type(value) is str and len(value) <= MOST_CACHED:
            yield from _known_header_schemes(name, value)
        else:
            yield from _header_schemes(name, str(value))
    for name, value in _pairs(request):
        if _identifies(name, value):
            yield f"query {name[:100]}"
    if "redacted" in path and any(_MASK.fullmatch(unquote(step)) for step in path.split("/")):
        yield "path"


def _header_schemes(name: str, value: str) -> tuple[str, ...]:
    name = name.lower()
    if name == "cookie":
        return tuple(f"cookie {cookie}" for cookie in session_cookies(value))
    return tuple(_other_header_schemes(name[:100], value)) if value else ()


_known_header_schemes = lru_cache(maxsize=4096)(_header_schemes)


def _other_header_schemes(name: str, value: str) -> Iterator[str]:
    if name == "authorization":
        scheme = value.strip().partition(" ")[0].lower()
        yield f"http {scheme}" if scheme in ("bearer", "basic", "digest") else "header Authorization"
    elif name not in _NO_HEADERS and (_PROXIED.fullmatch(name) or _identifies(name, value)):
        yield f"header {'-'.join(part.capitalize() for part in name.split('-'))}"


def _pairs(request: dict[str, Any]) -> Iterator[tuple[str, str]]:
    listed = request["url"].get("parameters")
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and item.get("value"):
            yield str(item.get("name", "")), str(item["value"])


def session_cookies(value: str) -> Iterator[str]:
    """Names of the cookies of a Cookie header that say who the caller is; neither analytics nor preferences."""
    for pair in value[:16_000].split(";"):
        name, _, content = pair.partition("=")
        name = name.strip()
        if 0 < len(name) <= 100 and content.strip() and is_session_cookie(name, content.strip()):
            yield name


def is_session_cookie(name: str, value: str = "") -> bool:
    """True for a cookie that identifies its sender, by its name or by a value that is a token."""
    plain = re.sub(r"^__(?:Host|Secure)-", "", name)
    if _NO_SESSION.match(plain):
        return False
    return bool(_SESSION.search(plain)) or is_credential(plain) or bool(_PROVEN.match(value[:500]))


_MEMBER = re.compile(r"([\w.\[\]$@:-]{2,60})[\"']?(?:\s*[:=]\s*|;?\r?\n\r?\n)[\"']?([^\s\"'&,<]{1,40})")
_HINT = re.compile(r"redacted|pass|secret|token|pin|otp|senha|contrase|kennwort|wachtwoord|haslo|assertion", re.I)
MOST_BODY = 20_000  # characters of a body that are searched for names


def body_credential(request: dict[str, Any]) -> Optional[str]:
    """The name of a credential in the request's body, as a login or a token request has one; None without."""
    body = request.get("body")
    if not isinstance(body, str) or not body:
        return None
    text = body[:MOST_BODY]
    if not _HINT.search(text):
        return None
    for match in _MEMBER.finditer(text):
        name = match.group(1)
        if _NO_IDENTITY.intersection(words(name)):
            continue
        if is_credential(name) or _MASK.fullmatch(match.group(2)):
            return name
    return None
