"""Masks what JSON says of a secret in two places: `{"path": "/password", "value": …}`, `["Authorization", …]`."""

import json
import re
from typing import Any, Dict, Iterator, List, Optional, Tuple

from .json_strings import escaped, unescaped
from .replacements import Replacements, Rules
from .rules import AUTHORIZATION, SECRET, letters_of
from .tables import PUBLIC_VALUES

# Members that name a field, and those that hold its value; letters alone. As in JSON Patch, SCIM, HAR, Kubernetes.
_NAMES = frozenset(
    [
        "name",
        "key",
        "path",
        "field",
        "attribute",
        "property",
        "param",
        "parameter",
        "header",
        "variable",
        "fieldname",
        "loc",
        "pointer",
        "k",
        "id",
        "propertypath",
        "target",
        "label",
    ]
)
_VALUES = frozenset(
    [
        "value",
        "values",
        "input",
        "data",
        "v",
        "default",
        "content",
        "rejectedvalue",
        "newvalue",
        "oldvalue",
        "current",
        "stringvalue",
        "valuestring",
        "given",
        "received",
        "actual",
        "text",
    ]
)
_VARIABLE = re.compile(r"([A-Za-z_]\w{0,63})\s{0,8}:\s{0,8}\$([A-Za-z_]\w{0,63})")
_OTHERS = frozenset(["kind", "code", "variables", "kty"])
_OF_PRIVATE_KEYS = ("k", "d", "p", "q", "dp", "dq", "qi")  # of a JSON Web Key
_OF_CODES = frozenset(["grant_type", "redirect_uri", "code_verifier"])
_PATH = re.compile(r"[/:.\s]+")
_STRING = re.compile(r'"([^"]*)"(\s*:)?')
_NUMBER = re.compile(r"(?<=[:,\[\s])-?[0-9][0-9.eE+\-]*(?=\s*[,}\]])")

Found = Dict[Any, str]  # a string or number and its rule


def masked(text: str, rules: Rules) -> str:
    """Well-formed JSON with such values masked wherever they stand in it."""
    try:
        found = dict(_values(json.loads(text), rules))
    except (ValueError, RecursionError):
        return text
    return _replaced(text, found, rules) if found else text


def _values(document: Any, rules: Rules) -> Iterator[Tuple[Any, str]]:
    waiting = [document]
    telling: Dict[Tuple[str, ...], bool] = {}  # keys of an object -> whether they may say something together
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
            keys = tuple(value)
            if keys not in telling:
                telling[keys] = _may_tell(keys)
            for found in _of_object(value, rules) if telling[keys] else ():
                yield found
        elif isinstance(value, list):
            waiting.extend(value)
            for found in _of_list(value, rules):
                yield found


def _may_tell(keys: Tuple[str, ...]) -> bool:
    letters = {letters_of(key) for key in keys}
    return not (_NAMES.isdisjoint(letters) or _VALUES.isdisjoint(letters)) or not _OTHERS.isdisjoint(keys)


def _of_object(members: Dict[str, Any], rules: Rules) -> Iterator[Tuple[Any, str]]:
    rule = None
    for key, name in members.items():
        if rule is None and letters_of(key) in _NAMES:
            rule = _rule_of(name, rules)
    if rule is not None:
        for key, value in members.items():
            if letters_of(key) in _VALUES:
                for leaf in _leaves(value):
                    yield leaf, rule
    for value in _known_members(members):
        for leaf in _leaves(value):
            yield leaf, SECRET
    if isinstance(members.get("query"), str) and isinstance(members.get("variables"), dict):
        for name, variable in _VARIABLE.findall(members["query"]):
            rule = rules.rule_of(name)
            if rule is not None:
                for leaf in _leaves(members["variables"].get(variable)):
                    yield leaf, rule


def _known_members(members: Dict[str, Any]) -> List[Any]:
    """Values that are secret by what stands beside them: a Secret of Kubernetes, a code of OAuth."""
    if members.get("kind") == "Secret":
        return [members.get("data"), members.get("stringData")]
    if "kty" in members:
        return [members.get(name) for name in _OF_PRIVATE_KEYS]
    if "code" in members and not _OF_CODES.isdisjoint(members):
        return [members["code"]]
    return []


def _of_list(items: List[Any], rules: Rules) -> Iterator[Tuple[Any, str]]:
    pairs = [item for item in items if isinstance(item, list) and len(item) == 2]
    are_pairs = bool(pairs) and len(pairs) == len(items)
    for name, value in pairs if are_pairs else [items] if len(items) == 2 else []:
        rule = rules.rule_of(name) if isinstance(name, str) else None
        if rule is not None and (are_pairs or rule == AUTHORIZATION and isinstance(value, str) and " " in value):
            for leaf in _leaves(value):
                yield leaf, rule


def _rule_of(name: Any, rules: Rules) -> Optional[str]:
    """The rule of the last part of a path, be it a text or a list."""
    if isinstance(name, list):
        name = next((part for part in reversed(name) if isinstance(part, str)), None)
    if not isinstance(name, str):
        return None
    parts = [part for part in _PATH.split(name) if part and not part.isdigit()]
    return rules.rule_of(parts[-1]) if parts and name.count(" ") < 3 else None


def _leaves(value: Any) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, (dict, list)):
            waiting.extend(value.values() if isinstance(value, dict) else value)
        elif isinstance(value, str) and value.lower() not in PUBLIC_VALUES and value or type(value) in (int, float):
            yield value


def _replaced(text: str, found: Found, rules: Rules) -> str:
    edits = Replacements(text)
    shadow = text.replace("\\\\", "\0\0").replace('\\"', "\0\0")
    for string in _STRING.finditer(shadow):
        if string.group(2) is None:
            plain = unescaped(text[string.start(1) : string.end(1)])
            if plain in found:
                edits.replace(string.start(1), string.end(1), escaped(rules.mask(found[plain], plain)))
    text = edits.result()
    numbers = {value for value in found if not isinstance(value, str)}
    if numbers:
        return _NUMBER.sub(lambda number: "0" if _number(number.group()) in numbers else number.group(), text)
    return text


def _number(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
