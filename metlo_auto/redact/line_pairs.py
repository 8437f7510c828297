"""Masks what lines say of a secret where no sign stands between name and value.

`name:` and `value:` of YAML, Secrets of Kubernetes, .netrc, command lines, SQL, captions.
"""

import re
from typing import Match, Tuple

from . import command_lines, setting_lines
from .command_lines import WORD
from .masks import CONSTANT
from .replacements import Rules
from .rules import CREDENTIAL, HELD_SECRET, SECRET

_NAME_AND_VALUE = re.compile(
    r"(?m)^(?P<lead>[ \t]{0,80}(?:-[ \t]+)?(?:name|key)[ \t]*:[ \t]*[\"']?(?P<name>[\w.\-]{1,64})[\"']?[ \t]*\r?\n"
    r"[ \t]{0,80}(?:value|default)[ \t]*:[ \t]*)(?P<value>[^\r\n]+)")
# {'path': 'password', 'value': …} where no parser of JSON takes it
_MEMBERS = re.compile(
    r"""(?<![\w])(\\{0,8}["']?)(?:name|key|path|field|attribute|property|header|param|loc|k)\1\s{0,4}(?::|=>)\s{0,4}"""
    r"""(?:[(\[][^()\[\]{}\r\n]{0,200}?\\{0,8}["'](?P<last>[^"'\\\r\n]{1,100})\\{0,8}["']\s{0,4},?\s{0,4}[)\]]"""
    r"""|\\{0,8}["'](?P<name>[^"'\\\r\n]{1,100})\\{0,8}["'])\s{0,4},[^{}\[\]\r\n]{0,200}?(?<![\w])"""
    r"""(\\{0,8}["']?)(?:value|val|v|input|data|content)\4\s{0,4}(?::|=>)\s{0,4}"""
    r"""(?P<quote>\\{0,8}["'])(?P<value>(?:(?!(?P=quote)).){1,4000})"""
)
_PATH = re.compile(r"[/:.]")
# `- --token` and in the next line `- …`
_ARGUMENTS = re.compile(
    r"(?m)^([ \t]{0,80}-[ \t]{1,8}[\"']?(--[\w\-]{2,64})[\"']?[ \t]{0,8}\r?\n"
    r"[ \t]{0,80}-[ \t]{1,8}[\"']?)([^\s\"'-][^\r\n\"']{0,1000})"
)
_SECRET = re.compile(r"(?m)^kind:[ \t]*[\"']?Secret\b")
_DATA = re.compile(r"(?m)^(?:data|stringData):[ \t]*\r?\n(?:[ \t]+[^\r\n]*(?:\r?\n|\Z)|[ \t]*\r?\n)+")
_MEMBER = re.compile(r"(?m)^([ \t]+[\w.\-]{1,253}[ \t]*:[ \t]*)([^\r\n]+)$")
_NETRC = re.compile(r"\b((?:machine|login|default|user)[ \t]+(?:[^\s]{1,256}[ \t\r\n]+){0,4}password[ \t\r\n]+)(\S+)")

# A line of the cookies that curl and wget keep.
_COOKIE_JAR = re.compile(
    r"(?m)^((?:#HttpOnly_)?[\w.\-]{1,253}\t(?:TRUE|FALSE)\t[^\t\r\n]{1,1000}\t(?:TRUE|FALSE)\t[0-9]{1,20}\t"
    r"[^\t\r\n]{1,400}\t)([^\t\r\n]+)"
)

# `ENV NAME VALUE`, `aws configure set NAME VALUE`
_NAME_VALUE = r"(?://[\w.\-/:]{1,200}?:)?)(\$?[\w.\-]{1,64})([ \t]{1,8})(?!for[ \t])(" + WORD + ")"
_SETTING = re.compile(
    r"(?m)^([ \t]{0,80}(?:ENV|ARG|setenv|SetEnv|setx|set(?:[ \t]{1,4}-[a-zA-Z]{1,5}){0,3}|\w{1,20}_param"
    r"|\w{1,20}_set_header|add_header|(?:RequestHeader|Header)[ \t](?:set|add|append|setifempty))[ \t]{1,8}"
    + _NAME_VALUE
)
_SETTERS = ("ENV", "ARG", "set", "Header ", "SetEnv", "_param", "add_header")
_SUBCOMMAND = re.compile(r"(\b(?:configure|config|secrets?)[ \t]set[ \t]{1,8}" + _NAME_VALUE)
_SUBCOMMANDS = tuple(word + space + "set" for word in ("configure", "config", "secret", "secrets") for space in " \t")
# `requirepass …`, a line of a name and a word with a digit
_DIRECTIVE = re.compile(r"(?m)^([ \t]{0,80}([\w\-.]{3,60})[ \t]{1,8})([^\s:=<>{};]{6,400})(?=[ \t;]{0,8}\r?$)")
# `enable secret 5 …`, as routers have it: a number says how the value is encrypted
_ENCRYPTED = re.compile(
    r"(?m)^([ \t]{0,20}(?:[\w\-]{1,40}[ \t]{1,4}){0,6}?([\w\-]{3,40})[ \t]{1,4}[0-9]{1,2}[ \t]{1,4})"
    r"([^\s:=<>{}]{6,400})[ \t]{0,8}\r?$"
)
# `enable password …`, `set passwd ENC …`: the last words of a line
_LAST = re.compile(
    r"(?:(?m:^)|(?<=[ \t]))((?P<name>[\w/\-]{3,60})[ \t]{1,8}(?:level[ \t]{1,8}[0-9]{1,2}[ \t]{1,8})?"
    r"(?:(?:ENC|cipher|irreversible-cipher|simple|hash|ascii|plain|clear|md5|sha)[ \t]{1,8})?(?:[0-9]{1,2}[ \t]{1,8})?)"
    r"(?P<value>[^\s:=<>{};,\"'()|]{6,400}={0,2})(?=[ \t;]{0,8}\r?(?:\n|\Z))"
)
_RESOURCES = re.compile(r"(?i)(?:\A|[_/])secrets?\Z")  # which commands show; but not those of routers
_ROUTERS = re.compile(
    r"(?i)(?:\A|[\r\n])[ \t]{0,20}(?:enable|username|ipsec|neighbor|set)[ \t][^\r\n]{0,200}\Z"
)
# What stands before a name in a sentence.
_OF_SENTENCES = re.compile(
    r"(?i)\b(?:missing|invalid|wrong|bad|no|the|an?|your|my|his|her|their|our|incorrect|weak|for|of|and|or|expired|unknown|this|that|"
    r"reset|forgot|forgotten|same|any|with|without|empty|show|get)[ \t]{1,8}\Z"
)
_BEFORE = 240
# `Your password is: …`, also where the value is marked up
_TOLD = re.compile(
    r"(?i)\b((?:(?:password|passcode|passphrase|pin|otp|wachtwoord)[ \t]{1,4}is"
    r"|(?:passwort|kennwort)[ \t]{1,4}(?:lautet|ist)|mot[ \t]de[ \t]passe[ \t]{1,4}est|contrase[ñn]a[ \t]{1,4}es"
    r"|senha[ \t]{1,4}é|password[ \t]{1,4}è|has[łl]o[ \t]{1,4}to)"
    r"[ \t]{0,4}:?\s{0,8}"
    r"(?:</?[a-z]{1,10}(?:\s[^<>]{0,100})?>\s{0,8}){0,4})"
    r"(?=[^\s<>\"]{0,60}[0-9])([^\s<>\"]{4,200})"
)
# One of these stands in every text with it.
_IS = (
    "word is", "code is", "phrase is", "pin is", "otp is", "  is", "\t is", "\tis", "oord is",
    "ort lautet", "ort ist", "passe est", "a es", "a é", "word è", "o to",
)  # fmt: skip
_FUNCTION = re.compile(r"(?i)(\bpassword\(\s{0,4}')([^'\r\n]{1,400})")  # of SQL
_IDENTIFIED = re.compile(
    r"(?i)(\bidentified\s{1,8}(?:with\s{1,8}\S{1,64}\s{1,8})?(?:by|as)\s{1,8}(?:password\s{1,8})?)"
    r"(N?'[^'\r\n]*'?|\"[^\"\r\n]*\"?|(?=[^\s;,'\"]{0,60}[0-9])[^\s;,'\"]{1,100})"
)
_SET_PASSWORD = re.compile(r"(?i)(\bset\s{1,8}password\s{1,8}for\s{1,8}[^\s=]{1,200}\s{0,8}=\s{0,8}')([^'\r\n]{1,400})")
# `variable "db_password" { default = … }` of Terraform
_DEFAULT = re.compile(
    r"(\bvariable[ \t]{1,8}\"([\w\-]{1,100})\"\s{0,8}\{[^{}]{0,2000}?\bdefault[ \t]{0,40}=[ \t]{0,8}\")"
    r"([^\"\r\n]{1,4000})"
)
_INSERT = re.compile(
    r"(?i)(\binsert\s{1,8}into\s{1,8}[^\s()]{1,200}\s{0,8}\(([^()]{1,4000})\)\s{0,8}values\s{0,8})"
    r"((?:\((?:[^()']|'[^']*')*\)[,\s]{0,8})+)"
)
_ITEM = re.compile(r"(\s*)('(?:[^']|'')*'|[^,()']*)(\s*)([,)]|\Z)")
_TUPLE = re.compile(r"\(((?:[^()']|'[^']*')*)\)")
# `API key: …`, also where the words are marked up
_CAPTION = re.compile(
    r"(?i)\b((?:api|access|private|secret|license|account|signing|encryption)[ \t]key)"
    r"(\s{0,8}(?:</[a-z]{1,10}>\s{0,8}){0,2}:\s{0,8}(?:</?[a-z]{1,10}(?:\s[^<>]{0,100})?>\s{0,8}){0,4})([^\s<>\"']{8,400})"
)
_KEY_OF = tuple(
    word + space + "key"
    for space in " \t"
    for word in ("api", "access", "private", "secret", "license", "account", "signing", "encryption")
)
_DIGIT = re.compile(r"[0-9]")


def masked(text: str, rules: Rules) -> str:
    """The text with such values masked; linear."""
    if "HTTP Cookie File" in text:
        text = _COOKIE_JAR.sub(r"\g<1>" + CONSTANT, text)
    text = _settings(command_lines.masked(without_netrc(text)), rules)
    if "value" in text or "input" in text or "data" in text:
        text = _MEMBERS.sub(lambda found: _member(found, rules), text)
    if "\n" not in text:
        return text
    if "- " in text and "--" in text:
        text = _ARGUMENTS.sub(lambda found: _argument(found, rules), text)
    if "value:" in text or "default:" in text:
        text = _NAME_AND_VALUE.sub(lambda found: _value(found, rules), text)
    if _SECRET.search(text):
        text = _DATA.sub(lambda found: _MEMBER.sub(r"\g<1>" + CONSTANT, found.group()), text)
    return text


def _says(text: str, words: Tuple[str, ...]) -> bool:
    """Whether one of `words` is in the text, which is much faster asked than a pattern searched."""
    return any(map(text.__contains__, words))


def without_netrc(text: str) -> str:
    """The text with the passwords of a .netrc masked."""
    return _NETRC.sub(r"\g<1>" + CONSTANT, text) if "machine " in text else text


def _settings(text: str, rules: Rules) -> str:
    if "set password" in text.lower():
        text = _SET_PASSWORD.sub(r"\g<1>" + CONSTANT, text)
    if _says(text, _SETTERS):
        text = _SETTING.sub(lambda found: _setting(found, rules), text)
    if _says(text, _SUBCOMMANDS):
        text = _SUBCOMMAND.sub(lambda found: _setting(found, rules), text)
    text = _DIRECTIVE.sub(lambda found: _directive(found, rules), text)
    text = _LAST.sub(lambda found: _last(found, rules), text)
    text = _ENCRYPTED.sub(lambda found: _directive(found, rules), text)
    lower = text.lower()
    text = setting_lines.masked(text, lower)
    if "password(" in lower:
        text = _FUNCTION.sub(r"\g<1>" + CONSTANT, text)
    if _says(lower, _IS):
        text = _TOLD.sub(r"\g<1>" + CONSTANT, text)
    if 'variable "' in text:
        text = _DEFAULT.sub(lambda found: _argument(found, rules), text)
    if "identified" in lower:
        text = _IDENTIFIED.sub(_identified, text)
    if "insert" in lower:
        text = _INSERT.sub(lambda found: _insert(found, rules), text)
    if "key" in lower and _says(lower, _KEY_OF):
        text = _CAPTION.sub(lambda found: _caption(found, rules), text)
    return text


def _identified(found: Match[str]) -> str:
    quote = found.group(2)[0] if found.group(2)[0] in "\"'" else ""
    return found.group(1) + quote + CONSTANT + quote


def _setting(found: Match[str], rules: Rules) -> str:
    lead, name, space, value = found.groups()
    rule = rules.rule_of(name)
    if rule is None or value[:1] == "=":
        return found.group()
    return lead + name + space + rules.mask(rule, value.strip("\"'"))


def _directive(found: Match[str], rules: Rules) -> str:
    lead, name, value = found.groups()
    if not _DIGIT.search(value) or rules.rule_of(name) not in (SECRET, HELD_SECRET):
        return found.group()
    return lead + CONSTANT


def _last(found: Match[str], rules: Rules) -> str:
    name, value = found.group("name"), found.group("value")
    before = found.string[max(0, found.start() - _BEFORE) : found.start()]
    if not _DIGIT.search(value) or _OF_SENTENCES.search(before):
        return found.group()
    if _RESOURCES.search(name) and not _ROUTERS.search(before):
        return found.group()
    rule = rules.rule_of(name)
    if rule != SECRET and not (rule == CREDENTIAL and name[-4:].lower() == "-key"):
        return found.group()
    return found.group(1) + CONSTANT


def _insert(found: Match[str], rules: Rules) -> str:
    lead, columns, rows = found.groups()
    named = [rules.rule_of(column.strip("\"`[] \r\n\t")) for column in columns.split(",")]

    def row(values: Match[str]) -> str:
        at = [-1]

        def item(value: Match[str]) -> str:
            at[0] += 1
            rule = named[at[0]] if at[0] < len(named) else None
            before, plain, after, end = value.groups()
            if rule is None or not plain.strip("'"):
                return value.group()
            quote = "'" if plain[:1] == "'" else ""
            return before + quote + rules.mask(rule, plain.strip("'").strip()) + quote + after + end

        return "(" + _ITEM.sub(item, values.group(1)) + ")"

    return lead + _TUPLE.sub(row, rows) if any(named) else found.group()


def _caption(found: Match[str], rules: Rules) -> str:
    name, between, value = found.groups()
    rule = rules.rule_of(name.replace(" ", "").replace("\t", "")) if _DIGIT.search(value) else None
    return found.group() if rule is None else name + between + rules.mask(rule, value)


def _argument(found: Match[str], rules: Rules) -> str:
    lead, name, value = found.groups()
    rule = rules.rule_of(name)
    return found.group() if rule is None else lead + rules.mask(rule, value)


def _member(found: Match[str], rules: Rules) -> str:
    name = found.group("last") or found.group("name")
    rule = rules.rule_of(_PATH.split(name.rstrip("/"))[-1])
    lead = found.group()[: found.start("value") - found.start()]
    return found.group() if rule is None else lead + rules.mask(rule, found.group("value"))


def _value(found: Match[str], rules: Rules) -> str:
    rule = rules.rule_of(found.group("name"))
    return found.group() if rule is None else found.group("lead") + rules.mask(rule, found.group("value").strip("\"' "))
