"""Which rule the value of a name falls under; knows words, not where a name stands."""

import re
from typing import Dict, List, Optional, Pattern, Tuple

from . import tables

CREDENTIAL = "credential"  # becomes a mark that tells sessions apart
SECRET = "secret"  # short enough to be guessed: becomes a constant, never a hash
AUTHORIZATION = "authorization"  # a scheme and a credential
TOKEN = "token"  # a credential; an object under this name is judged by its own names
HELD = "held"  # the same, and a number is none
HELD_MAP = "held map"  # the same, and its members may be named by what they are for
HELD_SECRET = "held secret"  # the same, and becomes a constant
PIN = "pin"  # a secret where it looks like a PIN
PIN_CODE = "pin code"  # the same, unless it looks like a postcode of India
SIGNATURE = "signature"  # a credential where it is one word: no signature below an e-mail
SESSION_ID = "sid"  # a credential, unless it is an id as Twilio has them
LIKELY = "likely"  # under no name that says so: a credential where it looks random
UNSURE = "unsure"  # the same under a name that may say so: shorter ones too

# Those under which objects are judged by their own names, and what a value without a name of its own becomes.
PLAIN = {
    TOKEN: CREDENTIAL,
    HELD: CREDENTIAL,
    HELD_MAP: CREDENTIAL,
    HELD_SECRET: SECRET,
    PIN: PIN,
    PIN_CODE: PIN_CODE,
    SIGNATURE: SIGNATURE,
    SESSION_ID: SESSION_ID,
    UNSURE: UNSURE,
}
KEPT_NUMBERS = frozenset([HELD, HELD_MAP, HELD_SECRET, SIGNATURE, SESSION_ID, LIKELY, UNSURE])

# Those under which a value may be none of a secret, and is then looked into as others are.
DOUBTFUL = frozenset([PIN, PIN_CODE, SIGNATURE, SESSION_ID, LIKELY, UNSURE])

# Vowels and other marks that stand in words of Hindi, Thai, Arabic and their like, and are no letters for `\w`.
MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0e4e\u0eb1-\u0ecd\u1000-\u109f\u1780-\u17d3"
_PARTS = re.compile(r"[^\w\-" + MARKS + "]+")  # user[password][], user.password, wsse:Password, ctl00$Password
# ASCII alone, as the quick look has it: U+212A, which lower() makes a `k`, is no letter of a name.
_LETTERS = {ord(char): None for char in "-_0123456789"}
_LETTERS.update({code: code + 32 for code in range(65, 91)})  # type: ignore[misc]
_LAST_WORD = re.compile(r"(?:[A-Z]+|[A-Z]?[^\W\d_A-Z]+)\Z")
_LONGEST_WORD = 40
_MOST_PARTS = 12
_SENTENCE = 3  # spaces: a key of a translation, not a name
_ABOUT = max(map(len, tables.ABOUT_PASSWORDS))


def letters_of(name: str) -> str:
    """A name as it is compared: its letters without case, `-`, `_` and digits."""
    return name.translate(_LETTERS)


def _ends(words: Dict[str, str]) -> Pattern[str]:
    return re.compile("(?:" + "|".join(sorted(words, key=len, reverse=True)) + r")\Z")


_BY_END = dict.fromkeys(tables.SECRET_ENDS, SECRET)
_BY_END.update(dict.fromkeys(tables.CREDENTIAL_ENDS, CREDENTIAL))
_BY_END.update(dict.fromkeys(tables.AUTHORIZATION_ENDS, AUTHORIZATION))
_BY_END.update(dict.fromkeys(tables.PIN_ENDS, PIN), pincode=PIN_CODE)
_BY_END.update(
    {
        "signature": SIGNATURE, "signaturevalue": SIGNATURE,
        "cookie": HELD_MAP,
        "cookies": HELD_MAP,
        "tokens": HELD_MAP,
        "credential": HELD_SECRET,
        "credentials": HELD_SECRET,
        "creds": HELD_SECRET,
    }
)
for _word in tables.WITH_QUALIFIERS:
    _BY_END.update([(_word + more, _BY_END[_word]) for more in tables.QUALIFIERS])
_BY_WORD = dict.fromkeys(tables.SECRET_WORDS + tables.PASSWORD_WORDS, SECRET)
_BY_WORD.update(dict.fromkeys(tables.PIN_WORDS, PIN))
_BY_WORD.update(dict.fromkeys(tables.CREDENTIAL_WORDS, CREDENTIAL))
_BY_WORD.update({"sig": SIGNATURE, "auth": HELD, "pass": HELD_SECRET})
_BY_NAME = dict(_BY_WORD, session=HELD, sessions=HELD, sid=SESSION_ID, token=TOKEN)
_BY_NAME.update(dict.fromkeys(tables.LIKELY_NAMES, UNSURE))
_BY_NAME.update(dict.fromkeys(tables.PIN_NAMES, PIN))
_BY_END.update(dict.fromkeys(tables.LIKELY_ENDS, UNSURE))
_BY_NAME.update([("x" + name, rule) for name, rule in _BY_NAME.items()])
_OF_PROPERTIES = re.compile(r"(?:api|access|private|secret|license|account|signing|encryption)\.key\Z")
_BY_PHRASE = {phrase: _BY_END[phrase.replace(" ", "")] for phrase in tables.PHRASES}
_END_LENGTHS = sorted({len(end) for end in _BY_END}, reverse=True)
_ASCII_PASSWORDS = [word for word in tables.PASSWORDS if len(word.encode()) == len(word)]
OTHER_PASSWORDS = tuple([word for word in tables.PASSWORDS if len(word.encode()) > len(word)])
_ASCII = bytes(range(128))
_PASSWORD = re.compile("|".join(sorted(_ASCII_PASSWORDS, key=len, reverse=True)))
_ABOUT_PASSWORDS = tuple(tables.ABOUT_PASSWORDS)
_BESIDE = frozenset(tables.BESIDE_SECRETS)
_PUBLIC_TOKENS = tuple(tables.PUBLIC_TOKENS)
_COUNTED_TOKENS = tuple(tables.COUNTED_TOKENS)
_PUBLIC_ENDS = tuple(tables.PUBLIC_ENDS)
_PIN_CODE = re.compile(r"(?i:pin)[-_](?i:code)[0-9]*\Z|[pP]inCode[0-9]*\Z")


def stands_beside(name: str) -> bool:
    """Whether a name is that of no secret, and may stand beside one."""
    return letters_of(name) in _BESIDE


def rule_of(name: str) -> Optional[str]:
    """The rule for a name or any of its parts; None where it stands before no secret."""
    if " " in name:
        if name.count(" ") >= _SENTENCE:
            return None
        found = _BY_PHRASE.get(name.strip().lower())
        if found is not None:
            return found
    for part in _PARTS.split(name, _MOST_PARTS):
        found = _rule_of_part(part) if part else None
        if found is not None:
            return found
    if name.startswith("fs.azure.account.key."):
        return SECRET
    if name.endswith("key") and _OF_PROPERTIES.search(name):
        return _by_end(letters_of(name[-_LONGEST_WORD:].replace(".", "")))
    return SECRET if says_other_password(name) else None  # whose letters may have marks between them, as in Thai


def _rule_of_part(part: str) -> Optional[str]:
    letters = letters_of(part)
    if letters.endswith("pincode"):
        return PIN_CODE if _PIN_CODE.search(part) else None
    if letters.endswith(_PUBLIC_ENDS):
        return None
    rule = _BY_NAME.get(letters) or _by_end(letters) or _by_last_word(part)
    return rule or (SECRET if _names_password(letters) or says_other_password(part) else None)


def _by_end(letters: str) -> Optional[str]:
    for length in _END_LENGTHS:
        rule = _BY_END.get(letters[-length:])
        if rule is not None:
            return None if _is_public(letters, letters[-length:]) else rule
    return None


def _is_public(letters: str, end: str) -> bool:
    before = letters[: -len(end)]
    if end == "tokens" and before.endswith(_COUNTED_TOKENS):
        return True
    if end == "token" or end == "tokens":
        return before in tables.PUBLIC_TOKEN_NAMES or before.endswith(_PUBLIC_TOKENS)
    return False


def _by_last_word(part: str) -> Optional[str]:
    found = _LAST_WORD.search(part[-_LONGEST_WORD:].rstrip("0123456789-_"))
    return _BY_WORD.get(found.group().lower()) if found else None


def _names_password(letters: str) -> bool:
    """Whether a word for password stands in a name that goes on with nothing about how one has to be."""
    return any(
        not letters[found.end() : found.end() + _ABOUT].startswith(_ABOUT_PASSWORDS)
        for found in _PASSWORD.finditer(letters)
    )


def says_other_password(text: str) -> bool:
    """Whether a word for password in other letters than a to z stands in a text."""
    data = text.encode("utf-8", "replace")
    near = near_other_passwords(other_letters(data)) if len(data) > len(text) else []
    if not near:
        return False
    lower_ascii = data.lower()
    if not any([part in lower_ascii for part in near]):  # noqa: C419 - a generator costs more
        return False
    lower = text.lower()
    return any(word in lower for word in OTHER_PASSWORDS)


def other_letters(data: bytes) -> bytes:
    """Of a text in UTF-8, what is not ASCII: mostly little."""
    return data.translate(None, _ASCII)


def near_other_passwords(letters: bytes) -> List[bytes]:
    """What else stands in a text with these other letters where it says such a word; empty only where it says none.

    Spares making whole texts lower case.
    """
    lower = _lower_letters(letters.decode("utf-8", "replace"))
    return [part for word, part in _OTHER_LETTERS if word[0] in lower and word in lower]


def _lower_letters(letters: str) -> str:
    """Lower case as it is whatever stands beside a letter, as that of sigma is not; without what becomes ASCII."""
    lower = letters.lower().replace("\u03c2", "\u03c3")
    return other_letters(lower.encode("utf-8", "replace")).decode("utf-8", "replace")


def _longest_in_ascii(word: str) -> bytes:
    """Letters of a word that stand in each lower-case text with it; none of U+212A, which lower() makes a `k`."""
    return max(re.findall(rb"[\x00-\x7f]*", word.encode()), key=len) if "k" not in word else b""


_OTHER_LETTERS = tuple([(_lower_letters(word), _longest_in_ascii(word)) for word in OTHER_PASSWORDS])


def needles() -> "Tuple[Tuple[str, bool, bool], ...]":
    """What stands in every text with a name of a secret: letters, whether they begin a word, whether they end one.

    A word is what is left of a text between two characters that are no letters, without `-`, `_` and digits.
    """
    found = [(word, False, False) for word in _ASCII_PASSWORDS]
    found += [(word, False, True) for word in sorted(set(_BY_END) | set(_BY_WORD))]
    found += [(word, True, True) for word in sorted(_BY_NAME)]
    # What stands beside a secret: a JSON Web Key, a body of an API gateway, a command line.
    found += [(word, True, True) for word in tables.BESIDE_SECRETS]
    found += [(word, True, False) for word in tables.BEGIN_BESIDE]
    found += [(phrase, False, False) for phrase in tables.PHRASES]
    found += [(phrase, False, False) for phrase in tables.PHRASES_BESIDE]
    return tuple([needle for needle in found if needle[0]])
