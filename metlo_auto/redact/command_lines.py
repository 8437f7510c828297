"""Masks what commands are given as a secret without a name: `docker login -p …`, `sqlplus ann/…`, `kinit <<< …`.

Settings of routers and lines of protocols that read like commands are here too. Must not know names. Linear.
"""
# ruff: noqa: SIM905 - long lists of words read best as text

import re
from typing import Iterable, Match, Pattern

from .masks import CONSTANT

WORD = r"(?:\"[^\"\r\n]{0,400}\"?|'[^'\r\n]{0,400}'?|[^\s\"']{1,400})"

_CURL = re.compile(r"(\s(?:-u|--user|-U|--proxy-user)[ =]{0,4}[\"']?[^\s:\"']{1,200}:)([^\s\"']+)")  # the user stays
_BEFORE = 1000  # characters before an option in which its command begins
_NEXT_LINE = re.compile(r"(?<!\\)\r?\n")


def _spaced(pattern: str) -> str:
    """`@` stands for what else a command is given, `~` for a space."""
    return pattern.replace("@", r"\b[^\r\n|]{0,400}?[ \t]").replace("~", r"[ \t]{1,8}")


_OPTIONS = re.compile(
    r"((?<![\w\-])(?:"
    + _spaced(
        r"sshpass~-p|redis-cli@-a|(?:docker|podman|nerdctl)[ \t]login@-p|crane[ \t]auth[ \t]login@-p"
        r"|mysql(?:dump|admin)?\b[^\r\n|:]{0,400}?[ \t]-p(?=\S)"
        r"|az[ \t]login\b(?=[^\r\n|]{0,400}--service-principal)[^\r\n|]{0,400}?[ \t]-p"
        r"|(?:mongo(?:sh|dump|restore|export|import)?|cqlsh|ncftp(?:put|get)|rdesktop|twine|rabbitmqadmin)@-p(?![a-z])"
        r"|(?:sqlcmd|ipmitool|mosquitto_(?:pub|sub)|unzip)@-P|doctl@-t|openssl[ \t]enc@-[kK]"
        r"|[xw]freerdp@/p:|signtool@/p(?![a-z])|schtasks@/rp"
        r"|lftp@-u[ \t]{1,4}[^\s,]{1,100},|smbclient@-U[ \t]{0,4}[^\s%]{1,100}%"
        r"|(?:sqlplus|sqlldr|expdp|impdp)@[\w$#]{1,60}/(?![/\s])"
        r"|ldap(?:search|add|modify|delete|passwd|whoami)@-w"
        r"|snmp(?:walk|get|getnext|bulkwalk|bulkget|set|table|trap)@-[cAX]"
        r"|(?:un)?rar@-h?p(?=\S)|(?:mariadb|mycli)@-p(?=\S)|mycli@-p|ssh-keygen@-[NP]"
        r"|security[ \t][\w\-]{3,40}keychain@-p"
        r"|set-key-partition-list@-k|add-generic-password@-w|(?:rpcclient|winexe)@-U[ \t]{0,4}[^\s%]{1,100}%"
        r"|(?:psexec|evil-winrm|hdbsql|cypher-shell|beeline|racadm|oras|buildah|regctl|testsaslauthd|steghide)@-p(?![a-z])"
        r"|(?:usermod|useradd|veracrypt)@-p(?![a-z])|(?:valkey|keydb)-cli@-a|pdftotext@-[ou]pw|pdftk@(?:input|owner|user)_pw"
        r"|(?:ccrypt|outguess|mcrypt)@-[kK]|sendemail@-xp|swaks@-ap|crackmapexec@-p|vmrun@-gp|notarytool@-p"
        r"|gh[ \t]secret[ \t]set@(?:-b|--body)"
    )
    + r")[ \t=]{0,8})("
    + WORD
    + ")"
)
_WITH_OPTIONS = """
    sshpass redis-cli docker podman nerdctl crane mysql mongo cqlsh ncftp rdesktop twine rabbitmqadmin sqlcmd ipmitool
    mosquitto_ unzip doctl openssl freerdp signtool schtasks lftp smbclient sqlplus sqlldr expdp impdp ldap snmp
    service-principal rar mariadb mycli ssh-keygen keychain set-key-partition-list add-generic-password rpcclient winexe
    psexec evil-winrm hdbsql cypher-shell beeline racadm oras buildah regctl testsaslauthd steghide usermod useradd
    veracrypt valkey keydb pdftotext pdftk ccrypt outguess mcrypt sendemail swaks crackmapexec vmrun notarytool
""".split() + ["gh secret", "gh\tsecret"]
# What follows without an option.
_OPERANDS = re.compile(
    r"((?<![\w\-])(?:"
    + _spaced(
        r"rabbitmqctl~(?:add_user|change_password)~[^\s]{1,100}|vault~login|snmp(?:-server|[ \t]service)?~community"
        r"|com2sec(?:6|~-Cn~\S{1,60})?~\S{1,100}~\S{1,100}(?=[^\r\n]{0,60}[0-9])|sentinel~auth-pass~\S{1,100}|r[ow]community6?"
        r"|(?:nmcli|mysqladmin|neighbor)\b[^\r\n|]{0,200}?[ \t]password"
        r"|(?:radius-server|tacacs-server|crypto[ \t]isakmp|pre-shared-key)\b[^\r\n|]{0,200}?[ \t]key|key-string"
        r"|activate-refresh-token~[^\s]{1,100}|add-authtoken|wpa_passphrase~" + WORD
    )
    + _spaced(
        r"|htpasswd~-(?:(?=[a-zA-Z]{0,6}n)[a-zA-Z]{1,8}|[a-zA-Z]{0,6}b[a-zA-Z]{0,6}~[^\s]{1,200})~[^\s]{1,100}"
        r"|ConvertTo-SecureString(?:~-String)?)~)(?=[^\s-])(?:[0-9]{1,2}~)?("
    )
    + WORD
    + ")"
)
_WITH_OPERANDS = """
    rabbitmqctl vault community nmcli mysqladmin neighbor radius-server tacacs-server isakmp
    pre-shared-key com2sec sentinel key-string
    activate-refresh-token add-authtoken wpa_passphrase htpasswd ConvertTo-SecureString
""".split()
# Of values, what names a secret without a sign.
WITHOUT_A_SIGN = (
    r"(?:rabbitmqctl|vault|set|community|ENV|sqlplus|sqlldr|expdp|impdp|signtool|schtasks|nmcli|mysqladmin|neighbor"
    r"|radius-server|tacacs-server|isakmp|pre-shared-key|com2sec|sentinel|key-string|activate-refresh-token|add-authtoken|wpa_passphrase"
    r"|ConvertTo-SecureString|AUTH|APOP|rootpw|enable|(?i:setuser)|snmp-server|(?i:nickserv)) "
)
# What a command reads: `kinit <<< …`, `echo … | docker login --password-stdin`, `echo ann:… | chpasswd`.
_HERE = re.compile(
    r"((?<![\w\-])(?:kinit|--with-token|--password-stdin)\b[^\r\n<]{0,200}<<<[ \t]{0,8})(" + WORD + ")"
)
_ECHO = _spaced(r"((?<![\w\-])(?:echo|printf)~(?:-[a-zA-Z]{1,3}~)?")
_PIPED = re.compile(
    _ECHO + ")(" + WORD + r")(?=[ \t]{0,8}\|[^|\r\n]{0,200}?--(?:with-token|password-stdin)\b)"
)  # fmt: skip
_PAIR_PIPED = re.compile(
    _ECHO + r"[\"']?[\w.\-]{1,60}:)([^\s\"'|]{1,200})(?=[\"']?[ \t]{0,8}\|[^|\r\n]{0,60}chpasswd\b)"
)  # fmt: skip
_EAP = re.compile(r"(:[ \t]{0,8}(?:PSK|EAP|XAUTH|NTLM)[ \t]{1,8}\\?\")([^\"\r\n\\]{1,400})")  # of strongSwan
_NICK = re.compile(
    r"(?i)(\bnickserv[ \t]{1,4}:?(?:identify|ghost|recover|release)[ \t]{1,4}(?:[^\s\"]{1,60}[ \t]{1,4})?)"
    r"([^\s\"\\]{1,200})"
)
_REDIS = re.compile(  # `AUTH ann …`, but for what mail and FTP say after it
    r"((?m:^)AUTH[ \t]{1,4}(?!(?:PLAIN|LOGIN|TLS|SSL|XOAUTH2|CRAM-MD5|DIGEST-MD5|GSSAPI|NTLM)\b)"
    r"(?:[\w.\-]{1,60}[ \t]{1,4})?)(?=[^\s]{0,60}[0-9])([^\s]{1,400})(?=[ \t]{0,4}(?:[\r\n]|\Z))"
)


def masked(text: str) -> str:
    """The text with such values masked."""
    if "curl" in text and (" -u" in text or " -U" in text or "user" in text):
        text = _CURL.sub(_user, text)
    if ("-" in text or "/" in text) and _says(text, _WITH_OPTIONS):
        text = _constant(_OPTIONS, text)
    if _says(text, _WITH_OPERANDS):
        text = _constant(_OPERANDS, text)
    if "<<<" in text:
        text = _constant(_HERE, text)
    if "-stdin" in text or "--with-token" in text:
        text = _constant(_PIPED, text)
    if "chpasswd" in text:
        text = _constant(_PAIR_PIPED, text)
    if "PSK" in text or "EAP" in text or "XAUTH" in text or "NTLM" in text:
        text = _constant(_EAP, text)
    if "AUTH" in text:
        text = _constant(_REDIS, text)
    if "nickserv" in text.lower():
        text = _constant(_NICK, text)
    return text


def _constant(pattern: Pattern[str], text: str) -> str:
    return pattern.sub(r"\g<1>" + CONSTANT, text)


def _says(text: str, words: Iterable[str]) -> bool:
    """Whether one of `words` is in the text, which is much faster asked than a pattern searched."""
    return any(map(text.__contains__, words))


def _user(found: Match[str]) -> str:
    text, end = found.string, found.start()
    begin = text.rfind("curl", max(0, end - _BEFORE), end)
    if begin < 0 or _NEXT_LINE.search(text, begin, end):
        return found.group()
    return found.group(1) + CONSTANT
