"""Masks secrets by their place in lines of settings, protocols and SQL that have no name for them.

Such as chap-secrets, sasl_passwd, HAProxy, kickstart, `PRAGMA key`. Must not know names. Every pattern is linear.
"""

import re
from typing import Pattern

from .masks import CONSTANT

_QUOTED = r"N?'[^'\r\n]{0,100}'"
_NEXT = r"\s{0,4},\s{0,4}"


def _spaced(pattern: str) -> Pattern[str]:
    """`~` stands for a space; letters have no case."""
    return re.compile("(?i)" + pattern.replace("~", r"[ \t]{1,8}"))


_APOP = _spaced(r"(\bAPOP [^\s\"]{1,100} )(?=[^\s\"]{0,60}[0-9])([^\s\"\\]{8,100})")
_CHAP = re.compile(  # chap-secrets and pap-secrets: a client, a server, a secret, addresses
    r"(?m)^(\"?[\w.@\-]{1,100}\"?[ \t]{1,20}(?:\*|\"?[\w.\-]{1,100}\"?)[ \t]{1,20}\"?)([^\s\"#]{4,200})"
    r"(?=\"?[ \t]{1,20}(?:\*|[0-9][0-9./]{6,40})[ \t]{0,8}\r?$)"
)
_SASL = re.compile(  # of Postfix: a server, a user and a password
    r"(?m)^([ \t]{0,8}\[?(?=[\w.\-]{0,100}(?:smtp|mail))[\w.\-]{1,200}\]?(?::[0-9]{1,5})?[ \t]{1,40}"
    r"[\w.@+\-]{1,100}:)([^\s\"'<>]{4,200})(?=[ \t]{0,8}\r?$)"
)
_SCHEME = _spaced(  # of LDAP and Dovecot
    r"(\{(?:ssha|smd5|ssha256|ssha512|sha512-crypt|sha256-crypt|blf-crypt|md5-crypt)\})([^\s\"'<>\\]{8,400})"
)
_SQL = re.compile(  # by their place among the arguments
    (
        r"(?i)(\b(?:aes|pgp_sym)_(?:en|de)crypt\([^'\r\n]{0,200}?,\s{0,4}'|\bsp_addlogin\s{1,4}Q~N?'"
        r"|\bsp_password\s{1,4}(?:NULL|Q)~N?'|\bsp_addlinkedsrvlogin\s{1,4}(?:(?:Q|NULL)~){4}N?'"
        r"|\bpassword\s{1,4}from\s{1,4}'|\bpragma\s{1,4}(?:re)?key\s{0,4}=\s{0,4}'"
        r"|\battach\s{1,4}(?:database\s{1,4})?Q\s{1,4}as\s{1,4}\w{1,60}\s{1,4}key\s{1,4}')([^'\r\n]{1,400})"
    )
    .replace("Q", _QUOTED)
    .replace("~", _NEXT)
)
_ARGUMENTS = re.compile(  # of ClickHouse: a server, a database, a table, a user; of MongoDB and Neo4j: a user
    (
        r"(\b(?:mysql|postgresql)\(\s{0,4}(?:Q~){4}'"
        r"|\b(?:db\.auth|changeUserPassword|security\.createUser)\(\s{0,4}[\"'][^\"'\r\n]{1,100}[\"']~[\"'])"
        r"([^\"'\r\n]{1,400})"
    )
    .replace("Q", _QUOTED)
    .replace("~", _NEXT)
)
_DIGEST_KEY = _spaced(
    r"(\b(?:message-digest-key|authentication-key)~[0-9]{1,10}~md5~(?:[0-9]~)?)(?=[^\s\"]{2})([^\s\"]{1,200})"
)
_STATS = _spaced(r"(\bstats~auth~[^\s:\"]{1,100}:)([^\s\"]{1,200})")  # of HAProxy
_SET_USER = _spaced(r"(\b(?:setuser|user)[ \t][^\r\n\"]{0,200}?[ \t][>#])([^\s\"]{1,400})")  # of Redis
_LOGIN = _spaced(  # `user ann pass …`
    r"(\b(?:user(?:name)?|login)~[\w.@\-]{1,100}~(?:there~)?(?:with~)?pass(?:word)?~)"
    r"(?=[^\s\"']{0,60}[0-9])([^\s\"'<>=:]{4,200})(?!\S)"
)
_GRUB = re.compile(r"(\bgrub\.pbkdf2\.sha[0-9]{1,3}\.[0-9]{1,8}\.)([\w.]{8,1000})")
_ROOT = _spaced(r"(\brootpw~(?:--(?:plaintext|iscrypted)~)?)(?!--)([^\s\"]{4,400})")  # of kickstart
_USM = r"\bsnmp-server[ \t]user\b[^\r\n]{0,200}?[ \t]"
_USM_AUTH = _spaced("(" + _USM + r"auth~(?:sha|md5)~)([^\s\"]{4,100})")
_USM_PRIVATE = _spaced("(" + _USM + r"priv~(?:(?:aes|3des|des)~)?(?:[0-9]{2,3}~)?)([^\s\"]{4,100})")

# What is in the text, in lower case, where a pattern is looked for.
_BY_WORD = (
    ("apop", _APOP), ("secret", _CHAP), ("smtp", _SASL), ("ssha", _SCHEME), ("smd5", _SCHEME), ("-crypt}", _SCHEME),
    ("crypt(", _SQL), ("sp_", _SQL), ("pragma", _SQL), ("attach", _SQL), ("password from", _SQL),
    ("sql(", _ARGUMENTS), ("db.auth(", _ARGUMENTS), ("userpassword(", _ARGUMENTS), ("security.createuser(", _ARGUMENTS),
    ("-key", _DIGEST_KEY), ("stats", _STATS), ("setuser", _SET_USER), ("+@", _SET_USER), (" pass", _LOGIN),
    ("grub.pbkdf2.", _GRUB), ("rootpw", _ROOT), ("snmp-server", _USM_AUTH), ("snmp-server", _USM_PRIVATE),
)  # fmt: skip


def masked(text: str, lower: str) -> str:
    """The text with such values masked; `lower`: the text in lower case."""
    for said, pattern in _BY_WORD:
        if said in lower:
            text = pattern.sub(r"\g<1>" + CONSTANT, text)
    return text
