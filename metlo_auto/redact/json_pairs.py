"""Masks what JSON says of a secret in two places: `{"path": "/password", "value": …}`, `["Authorization", …]`."""

import base64
import json
import re
from typing import Any, Dict, Iterator, List, Optional, Tuple

from .json_strings import escaped, unescaped
from .masks import looks_random
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
        "instancepath",
        "datapath",
        "column",
        "columnname",
        "parametername",
        "setting",
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
        "old",
        "new",
        "from",
        "to",
        "before",
        "after",
        "previous",
        "invalidvalue",
        "attemptedvalue",
        "submitted",
        "currentvalue",
        "previousvalue",
    ]
)
_VARIABLE = re.compile(r"([A-Za-z_]\w{0,63})\s{0,8}:\s{0,8}\$([A-Za-z_]\w{0,63})")
_OTHERS = frozenset(
    """
    kind code variables kty isBase64Encoded Plaintext secondaryKey keyName access refresh key sensitive masked
    keys_base64 params type security_question security_questions securityQuestion securityQuestions recovery_question
    recoveryQuestion dataDescriptor imsi migrate root_token metadata
    secret_question method args encoded snmp payload
""".split()  # noqa: SIM905
)
_MOVES = ("move", "copy")  # of JSON Patch: what it comes from is a path
# Answers to a login.
_ALONE = frozenset([("key",), ("access",), ("refresh",), ("access", "refresh"), ("refresh", "access")])
_TABLES = [(head, rows) for head in ("columns", "fields", "header", "headers") for rows in ("rows", "data", "values")]
_OF_PRIVATE_KEYS = ("k", "d", "p", "q", "dp", "dq", "qi")  # of a JSON Web Key
_OF_CODES = frozenset(["grant_type", "redirect_uri", "code_verifier"])
_CALLS = ("method", "cmd", "command", "action", "function", "func", "fn", "op", "operation", "call", "procedure")
_LOGINS = ("login", "logon", "signin", "signon", "authenticate")  # ends of names of calls
# Calls by position: where the secret stands among the arguments.
_AT = {
    "walletpassphrase": 0, "encryptwallet": 0, "importprivkey": 0, "sethdseed": 1, "personal_newaccount": 0,
    "personal_unlockaccount": 1, "personal_importrawkey": 0, "personal_sendtransaction": 1, "mining.authorize": 1,
}  # fmt: skip
_USER_OPTIONS = ("-u", "--user", "-U", "--proxy-user")  # of curl: a user and a password
_OF_SECRETS = re.compile(r"[/:]secrets?[/:]")  # in the name of a resource
_QUESTION = re.compile(r"(?:security|recovery|secret)questions?\Z")
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
    return (
        not (_NAMES.isdisjoint(letters) or _VALUES.isdisjoint(letters))
        or not _OTHERS.isdisjoint(keys)
        or any(columns in keys and rows in keys for columns, rows in _TABLES)
    )


def _of_object(members: Dict[str, Any], rules: Rules) -> Iterator[Tuple[Any, str]]:
    rule = None
    for key, name in members.items() if members.get("op") not in _MOVES else ():
        if rule is None and letters_of(key) in _NAMES:
            rule = _rule_of(name, rules)
    if rule is not None:
        for key, value in members.items():
            if letters_of(key) in _VALUES:
                for leaf in _leaves(value):
                    yield leaf, rule
    if isinstance(members.get("type"), str) and "value" in members:  # {"type": "password", "value": …}
        rule = rules.rule_of(members["type"]) if " " not in members["type"] else None
        for leaf in _leaves(members["value"]) if rule is not None else ():
            yield leaf, rule or SECRET
    for key, value in members.items():
        if _QUESTION.search(letters_of(key)):
            for one in value if isinstance(value, list) else [value]:
                for leaf in _leaves(one.get("answer")) if isinstance(one, dict) else ():
                    yield leaf, SECRET
    for value in _known_members(members, rules):
        for leaf in _leaves(value):
            yield leaf, SECRET
    for columns, rows in _TABLES:
        if columns in members and rows in members:
            for found in _of_table(members[columns], members[rows], rules):
                yield found
    if isinstance(members.get("query"), str) and isinstance(members.get("variables"), dict):
        for name, variable in _VARIABLE.findall(members["query"]):
            rule = rules.rule_of(name)
            if rule is not None:
                for leaf in _leaves(members["variables"].get(variable)):
                    yield leaf, rule


def _known_members(members: Dict[str, Any], rules: Rules) -> List[Any]:
    """Values that are secret by what stands beside them: a Secret of Kubernetes, a code of OAuth."""
    if members.get("kind") == "Secret":
        return [members.get("data"), members.get("stringData")]
    if "kty" in members:
        return [members.get(name) for name in _OF_PRIVATE_KEYS]
    if "code" in members and not _OF_CODES.isdisjoint(members):
        return [members["code"]]
    if members.get("isBase64Encoded") is True:  # as API gateways hand bodies on
        return [value for value in [members.get("body")] if isinstance(value, str) and _holds_secret(value, rules)]
    if "Plaintext" in members and "KeyId" in members:  # a data key of KMS
        return [members["Plaintext"]]
    if members.get("sensitive") is True or members.get("masked") is True:  # of Terraform, GitLab
        return [members.get("value")]
    if members.get("method") in ("authenticate", "execute_kw"):  # of JSON-RPC to Odoo: database, user, password
        arguments = members.get("args", members.get("params"))
        return arguments[2:3] if isinstance(arguments, list) else []
    if members.get("type") == "random_password":  # of Terraform
        return _generated(members.get("instances"))
    if members.get("Type") == "SecureString":  # of AWS
        return [members.get("Value")]
    if "encoded" in members and "api_key" in members:  # of Elasticsearch
        return [members["encoded"]]
    if isinstance(members.get("snmp"), dict):
        return [members["snmp"].get("community")]
    if "dataDescriptor" in members:  # of Authorize.net and Accept.js: what stands for a card, once
        return [members.get("dataValue")]
    if "imsi" in members:  # of a SIM
        return [members.get(name) for name in ("ki", "Ki", "k", "K", "op", "OP", "opc", "OPc")]
    if "reset" in members and "migrate" in members:  # unseals a Vault
        return [members.get("key")]
    if "root_token" in members:
        return [members.get("keys"), members.get("keys_base64")]
    if isinstance(members.get("metadata"), dict) and "destroyed" in members["metadata"]:  # of Vault
        return [members.get("data")]
    arguments = _of_login(members)
    if arguments:
        return arguments
    if any(isinstance(members.get(name), str) and _OF_SECRETS.search(members[name]) for name in ("id", "name", "arn")):
        return [members.get("value"), members.get("payload")]  # of managers of secrets
    if "keys_base64" in members:  # of Vault, once
        return [members.get("keys"), members["keys_base64"]]
    if "secondaryKey" in members:
        return [members.get("primaryKey"), members["secondaryKey"]]
    if "keyName" in members and "permissions" in members:  # of a storage account
        return [members.get("value")]
    if tuple(members) in _ALONE or "access" in members and "refresh" in members:
        members = {name: members[name] for name in ("key", "access", "refresh") if name in members}
        return [value for value in members.values() if isinstance(value, str) and looks_random(value)]
    return []


def _generated(instances: Any) -> List[Any]:
    made = [one.get("attributes") for one in instances if isinstance(one, dict)] if isinstance(instances, list) else []
    return [one.get(name) for one in made if isinstance(one, dict) for name in ("result", "bcrypt_hash")]


def _of_login(members: Dict[str, Any]) -> List[Any]:
    """Of a call by position, all texts but the first: a user and a password, a database before them, a code after."""
    given = members.get("params", members.get("args"))
    if isinstance(given, list) and isinstance(members.get("method"), str) and members["method"].lower() in _AT:
        return given[_AT[members["method"].lower()] :][:1]
    if isinstance(given, list) and given and isinstance(given[0], dict) and members.get("method") == "login":
        return [given[0].get("resume")]  # of Meteor
    if not isinstance(given, list) or any(isinstance(one, (list, dict)) for one in given):
        return []
    called = next((members[name] for name in _CALLS if isinstance(members.get(name), str)), "")
    name = letters_of(_PATH.split(called)[-1])
    texts = [one for one in given if isinstance(one, str)]
    return texts[1:] if (name == "auth" or name.endswith(_LOGINS)) and len(texts) in (2, 3, 4) else []


def _holds_secret(packed: str, rules: Rules) -> bool:
    try:
        plain = base64.b64decode(packed.encode("ascii", "replace")).decode("utf-8", "replace")
    except ValueError:
        return False
    return rules.inner(plain) != plain


def _of_table(columns: Any, rows: Any, rules: Rules) -> Iterator[Tuple[Any, str]]:
    """`{"columns": ["email", "password"], "rows": [[…]]}`."""
    if not (isinstance(columns, list) and isinstance(rows, list)):
        return
    named = [(at, rules.rule_of(name)) for at, name in enumerate(columns) if isinstance(name, str)]
    secret = [(at, rule) for at, rule in named if rule is not None]
    for row in rows if secret else ():
        for at, rule in secret:
            if isinstance(row, list) and at < len(row):
                for leaf in _leaves(row[at]):
                    yield leaf, rule


def _of_list(items: List[Any], rules: Rules) -> Iterator[Tuple[Any, str]]:
    pairs = [item for item in items if isinstance(item, list) and len(item) == 2]
    are_pairs = bool(pairs) and len(pairs) == len(items)
    for name, value in pairs if are_pairs else zip(items[::2], items[1::2]) if len(items) % 2 == 0 else []:
        rule = rules.rule_of(name) if isinstance(name, str) else None
        if rule is not None and (are_pairs or rule == AUTHORIZATION and isinstance(value, str) and " " in value):
            for leaf in _leaves(value):
                yield leaf, rule
    if items[:1] == ["AUTH"] and len(items) in (2, 3) and isinstance(items[-1], str):  # of Redis
        yield items[-1], SECRET
    for name, value in zip(items, items[1:]):
        if name in _USER_OPTIONS and items[0] == "curl" and isinstance(value, str) and ":" in value:
            yield value, SECRET
        if isinstance(name, str) and name[:2] == "--" and isinstance(value, str) and value[:1] != "-":  # a command
            rule = rules.rule_of(name) if "=" not in name else None
            if rule is not None:
                yield value, rule


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
