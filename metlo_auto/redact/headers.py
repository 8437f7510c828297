"""How headers are masked that are no plain value: cookies, offers of authentication, protocols of websockets."""

import re
from typing import Callable

from .masks import Masks
from .tables import COOKIE_ATTRIBUTES, HEADER_ENDS, PUBLIC_KEYS

Mask = Callable[[str, str], str]  # (cookie's name, value) → mask

COOKIES = frozenset(["cookie", "cookie2"])
SET_COOKIES = frozenset(["setcookie", "setcookie2"])
CHALLENGES = frozenset(["wwwauthenticate", "proxyauthenticate", "authenticationinfo", "proxyauthenticationinfo"])
PROTOCOLS = frozenset(["secwebsocketprotocol"])

# What an attribute of a cookie may be; what goes on is another cookie after a comma, or nobody knows what.
_DATE = (
    r"\s*(?:[A-Za-z]{3,9},?\s+)?[0-9]{1,2}[ \-][A-Za-z]{3}[ \-][0-9]{2,4}\s+[0-9:]{5,8}(?:\s+(?:GMT|UTC|[+\-]0000))?\s*"
)
_ALPHABETS = {
    name: re.compile(pattern)
    for name, pattern in [
        ("domain", r"[\w.\-\s]*"),
        ("path", r"[^,;\s]*\s*"),
        ("expires", _DATE + r"|\s*-?[0-9]+\s*"),
        ("max-age", r"\s*-?[0-9]*\s*"),
        ("samesite", r"[A-Za-z\s]*"),
        ("priority", r"[A-Za-z\s]*"),
        ("version", r"\s*\"?[0-9]*\"?\s*"),
        ("port", r"[\s\"0-9]*"),
    ]
}
_NO_VALUE = re.compile(r"\s*")
_SCHEME = re.compile(r"(?i)\b(negotiate|ntlm|kerberos)(\s+)([A-Za-z0-9+/=._\-]+)")
_PROOF = re.compile(r"(?i)\b((?:rspauth|cnonce|data|mutualauth)\s*=\s*)(\"[^\"]*\"?|[^\s,]+)")
_KNOWN_PROTOCOL = re.compile(
    r"(?i)(?:graphql(?:-transport)?-ws|subscriptions-transport-ws|mqtt(?:v[0-9.]+)?|wamp(?:\.[\w.]+)?|stomp|v[0-9]+\.[\w.]+|soap|xmpp|json|"
    r"binary|base64|chat|superchat|sip|amqp|ocpp[\w.]*|jsonrpc|actioncable-[\w\-]+|[\w.]*(?:access_?token|authorization|bearer|jwt|auth|token|"
    r"apikey|api-key|protocol)|v[0-9]+|(?:[a-z]+[.\-]){1,4}[a-z0-9]{1,12}|vite-hmr|webpack-hmr)\Z"
)
_BEARER_PROTOCOL = re.compile(
    r"(?i)((?:[\w\-]+\.)*?(?:bearer|authorization|token|jwt)(?:\.[a-z0-9.\-]*?\.io)?[.\-_])(.+)\Z"
)


def is_credential(folded: str) -> bool:
    """Whether a header of this name carries one that a field of the same name would not."""
    return folded.endswith(HEADER_ENDS) and not (folded.endswith("key") and folded[:-3].endswith(PUBLIC_KEYS))


def cookie(value: str, mask: Mask) -> str:
    """A Cookie header with every value masked; the names stay."""
    return ";".join([_pair(pair, mask) for pair in value.split(";")])


def set_cookie(value: str, mask: Mask) -> str:
    """A Set-Cookie header with the value masked; the name and the standard attributes stay."""
    pair, *attributes = value.split(";")
    return ";".join([_pair(pair, mask)] + [_attribute(attribute, mask) for attribute in attributes])


def challenge(value: str, masks: Masks) -> str:
    """An offer of authentication with the token of Negotiate, or proofs, masked; realm and error stay."""
    value = _SCHEME.sub(lambda found: found.group(1) + found.group(2) + masks.mark(found.group(3)), value)
    return _PROOF.sub(lambda found: found.group(1) + masks.mark(found.group(2).strip('"')), value)


def protocols(value: str, masks: Masks) -> str:
    """The protocols of a websocket with what is none masked: browsers can send a token nowhere else."""
    return ",".join([_protocol(protocol, masks) for protocol in value.split(",")])


def _protocol(text: str, masks: Masks) -> str:
    plain = text.strip()
    carried = _BEARER_PROTOCOL.match(plain)
    if carried is not None:
        return text.replace(plain, carried.group(1) + masks.mark(carried.group(2)))
    return text if not plain or _KNOWN_PROTOCOL.match(plain) else text.replace(plain, masks.mark(plain))


def _attribute(text: str, mask: Mask) -> str:
    name, equals, value = text.partition("=")
    if name.strip().lower() not in COOKIE_ATTRIBUTES:
        return _attribute_and_cookie(text, mask) or _pair(text, mask)
    if not equals:
        return text
    allowed = _ALPHABETS.get(name.strip().lower(), _NO_VALUE).match(value)
    end = allowed.end() if allowed else 0
    rest = value[end:]
    if not rest:
        return text
    if rest[:1] == ",":
        return name + equals + value[:end] + "," + _pair(rest[1:], mask)
    return name + equals + value[:end] + mask(name, rest.strip())


def _attribute_and_cookie(text: str, mask: Mask) -> str:
    """`HttpOnly, session=…`: an attribute without a value and the next cookie."""
    name, comma, rest = text.partition(",")
    return name + comma + _pair(rest, mask) if comma and name.strip().lower() in COOKIE_ATTRIBUTES else ""


def _pair(pair: str, mask: Mask) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    plain = value.strip()
    lead = value[: len(value) - len(value.lstrip())]
    quote = '"' if plain[:1] == '"' else ""
    plain = plain.strip('"')
    return name + equals + lead + quote + (mask(name, plain) if plain else "") + quote
