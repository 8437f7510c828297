"""Masks values in tags of HTML and XML whose attributes name a secret field, however spelt, and elements in pairs."""

import re
from typing import Iterable, List, Match, Optional, Tuple

from .masks import CONSTANT, is_mask
from .replacements import Rules

_TAG = re.compile(
    r"<([A-Za-z][\w:.\-]{0,64})(\s(?:[^<>\"']|\"[^\"<]{0,4000}\"|'[^'<]{0,4000}'){0,4000}?)(/?>)([^<]{0,100000})"
)
_ATTRIBUTE = re.compile(r"([\w:.@\-\[\]()*#]{1,100})(\s{0,8}=\s{0,8})(\"[^\"]*\"?|'[^']*'?|[^\s\"'>]+)")
_FIELD_NAMES = frozenset(
    [
        "name",
        "id",
        "key",
        "property",
        "itemprop",
        "ng-model",
        "v-model",
        "x-model",
        "formcontrolname",
        "for",
        "data-name",
        "data-field",
        "data-key",
        "data-id",
        "http-equiv",
        "wire:model",
        "field",
    ]
)
_VALUES = frozenset(
    [
        "value",
        "content",
        "data-value",
        "data-content",
        "defaultvalue",
        "data-default",
        "data-clipboard-text",
        "data-token",
    ]
)
_BUTTONS = frozenset(["submit", "button", "reset", "image"])  # types of inputs whose value is a caption
# Elements whose text is no value, whatever they are named.
_CAPTIONS = frozenset(
    [
        "label",
        "legend",
        "a",
        "button",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "th",
        "option",
        "form",
        "div",
        "section",
        "ul",
        "li",
        "p",
        "table",
        "body",
        "html",
        "head",
        "small",
        "nav",
        "script",
        "style",
    ]
)
# `<key>password</key><string>…`, `<name>password</name><value><string>…`, `<td>Password</td><td>…`
_PAIR = re.compile(
    r"(<((?:[\w]{1,20}[:\-])?(?:key|name)|th|td|dt|col|field|attribute|param|paramname|property)(?:\s[^<>]{0,200})?>\s{0,80}([^<>]{1,64}?)\s{0,80}</\2>\s{0,200}"
    r"<(?:td|dd|col|(?:\w{1,20}[:\-])?value|string|integer|real|data|code|i4|int|base64|val|text)(?:\s[^<>]{0,200})?>\s{0,80}(?:<[A-Za-z][^<>/]{0,100}>\s{0,80}){0,3})([^<]+)",
    re.IGNORECASE,
)


# `<setting name="ApiKey"><value>…`
_NAMED = re.compile(
    r"(<[A-Za-z][\w:.\-]{0,64}\s[^<>]{0,400}?\b(?:name|key|var)\s{0,4}=\s{0,4}[\"']([^\"'<>]{1,64})[\"'][^<>]{0,400}>\s{0,200}"
    r"<(?:[\w\-]{1,20}:)?(?:\w{0,20}value|string|val|data)(?:\s[^<>]{0,200})?>\s{0,80})([^<]+)",
    re.IGNORECASE,
)


# Of GovTalk: `<Authentication><Method>clear</Method><Value>`
_SENDER = re.compile(
    r"(<((?:\w{1,20}:)?)Authentication>\s{0,80}(?:<\2(?:Method|Role)>[^<>]{0,100}</\2(?:Method|Role)>\s{0,80}){0,3}"
    r"<\2Value>\s{0,40})([^<>]{1,1000})(?=</\2Value>)"
)
# A call of XML-RPC by position: a user and a password.
_LOGIN = re.compile(
    r"<methodName>\s{0,40}(?:[\w.:/\-]{0,100}[._:/\-])?(?:\w{0,40}login|log_?on|sign_?[io]n|auth(?:enticate)?)\s{0,40}</methodName>",
    re.IGNORECASE,
)
_ARGUMENT = re.compile(r"(<value>\s{0,40}(?:<string>)?)(\s*[^<>\s][^<>]*)(?=</(?:string|value)>)")


def masked(text: str, rules: Rules) -> str:
    """Markup with the values of such fields masked; linear."""
    if "<" not in text:
        return text
    text = _PAIR.sub(lambda found: _pair(found, rules), text)
    text = _NAMED.sub(lambda found: _named(found, rules), text)
    return _TAG.sub(lambda found: _tag(found, rules), text)


def logins(text: str) -> str:
    """Markup with what is secret by its place in a login masked, after all that has a name: it may say that name."""
    if "IDAuthentication" in text:
        text = _SENDER.sub(r"\g<1>" + CONSTANT, text)
    return _without_arguments(text) if "<methodName>" in text else text


def _without_arguments(text: str) -> str:
    """XML-RPC with all texts but the first masked in calls of a login that have no structures."""
    pieces: List[str] = []
    at = 0
    for call in _LOGIN.finditer(text):
        if call.start() < at:
            continue  # of a call that is not closed
        end = text.find("</params>", call.end())
        end = len(text) if end < 0 else end
        first = _ARGUMENT.search(text, call.end(), end)
        begin = end if first is None or text.find("<struct>", call.end(), end) >= 0 else first.end()
        pieces += (text[at:begin], _ARGUMENT.sub(r"\g<1>" + CONSTANT, text[begin:end]))
        at = end
    return "".join(pieces) + text[at:]


def _pair(found: Match[str], rules: Rules) -> str:
    lead, _, name, value = found.groups()
    rule = rules.rule_of(name.strip(": "))
    plain = value.strip()
    if rule is None or not plain:
        return found.group()
    return lead + value.replace(plain, rules.mask(rule, plain))


def _named(found: Match[str], rules: Rules) -> str:
    lead, name, value = found.groups()
    rule, plain = rules.rule_of(name), value.strip()
    return found.group() if rule is None or not plain else lead + value.replace(plain, rules.mask(rule, plain))


def _tag(found: Match[str], rules: Rules) -> str:
    element, attributes, end, text = found.groups()
    if not rules.mentions(attributes + "="):
        return found.group()
    said = _ATTRIBUTE.findall(attributes)
    rule = _rule(said, rules)

    def attribute(pair: Match[str]) -> str:
        return _attribute(pair, rule, rules)

    changed = _ATTRIBUTE.sub(attribute, attributes)
    plain = text.strip()
    if rule is not None and plain and end == ">" and element.lower() not in _CAPTIONS and element.lower() != "input":
        text = text.replace(plain, rules.mask(rule, plain))
    return "<" + element + changed + end + text


def _rule(said: Iterable[Tuple[str, str, str]], rules: Rules) -> Optional[str]:
    """The rule of the field that a tag is for, by what names it; that it is a field for passwords counts too."""
    names: List[str] = []
    for name, _, value in said:
        if name.lower().rpartition(":")[2] in _FIELD_NAMES or name.lower() == "wire:model":
            names.append(value.strip("\"'"))
        elif name.lower() == "type" and value.strip("\"'").lower() == "password":
            names.append("password")
        elif name.lower() == "type" and value.strip("\"'").lower() in _BUTTONS:
            return None
    return next((rule for rule in map(rules.rule_of, names) if rule is not None), None)


def _attribute(pair: Match[str], rule: Optional[str], rules: Rules) -> str:
    name, equals, value = pair.groups()
    own = rules.rule_of(name) if name.lower().rpartition(":")[2] not in _FIELD_NAMES else None
    if own is None and not (rule is not None and name.lower().rpartition(":")[2] in _VALUES):
        return pair.group()
    quote = value[0] if value[0] in "\"'" else ""
    plain = value.strip("\"'")
    if not plain or is_mask(plain):
        return pair.group()
    return name + equals + quote + rules.mask(own or rule or "", plain) + (quote if value[-1] == quote else "")
