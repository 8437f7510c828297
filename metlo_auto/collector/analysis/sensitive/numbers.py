"""Personal numbers: cards, SSN, IBAN, Aadhaar, CPF, NHS, DNI, phones; each a function of name and text, pure."""

from __future__ import annotations

import re
from typing import Optional

import phonenumbers
from stdnum import iban, luhn
from stdnum.br import cpf
from stdnum.es import dni, nie
from stdnum.gb import nhs
from stdnum.in_ import aadhaar
from stdnum.iso7064 import mod_97_10

from metlo_auto.collector.analysis.sensitive import names

# Not the end of a longer word, number, token or path. It stands behind the first character: a pattern that begins with
# a character is looked for several times as fast as one that begins with a look back.
_EDGE = r"(?<![\w.+/=-].)"
_END = r"(?![\w/=-]|\.\d)"
_CARD = re.compile(
    rf"\d{_EDGE}(?:\d{{11,18}}|\d{{3}}(?:[ -]\d{{4}}){{2,3}}(?:[ -]\d{{1,3}})?"
    rf"|(?<=3)\d{{3}}[ -]\d{{6}}[ -]\d{{5}}){_END}"
)
# issuer ranges: Visa, Mastercard, Amex, Diners, Discover, JCB, UnionPay, Maestro, RuPay, Mir, with their
# lengths
_ISSUERS = tuple(
    (re.compile(pattern), lengths)
    for pattern, lengths in (
        (r"4", (13, 16, 19)),
        (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),
        (r"3[47]", (15,)),
        (r"30[0-5]|3095|36|3[89]", (14, 16, 19)),
        (r"6011|64[4-9]|65|81|82|508", (16, 19)),
        (r"35", (16, 17, 18, 19)),
        (r"2131|1800", (15,)),
        (r"62", (16, 17, 18, 19)),
        (r"5018|5020|5038|5893|6304|6759|676[1-3]|50|5[6-8]|639|0604", (12, 13, 14, 15, 16, 17, 18, 19)),
        (r"220[0-4]", (16, 17, 18, 19)),
    )
)
_SSN_LIKE = re.compile(r"\d(?<!\d.)\d{2}[- ]?\d{2}[- ]?\d{4}(?!\d)")
_SSN = re.compile(rf"\d{_EDGE}(?<!9)(?!(?<=0)00|(?<=6)66)\d{{2}}([- ])(?!00)\d{{2}}\1(?!0000)\d{{4}}{_END}")
_SSN_BARE = re.compile(r"(?!000|666|9)\d{3}[- .]?(?!00)\d{2}[- .]?(?!0000)\d{4}")
_SSN_PLAIN = re.compile(r"\d(?<!\d.)(?<!9)(?!(?<=0)00|(?<=6)66)\d{2}(?!00)\d{2}(?!0000)\d{4}(?!\d)")
_BEFORE_SSN = re.compile(r"(?:\bssn|social security(?: (?:number|no\.?))?)(?: is)?\W{0,3}$", re.I)
_MOST_BEFORE = 40  # characters that say what number follows
_SSN_KNOWN = frozenset(("078-05-1120", "219-09-9999", "123-45-6789"))  # printed in adverts and manuals
_ITIN = re.compile(rf"9{_EDGE}" + r"\d{2}([- ])(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\1\d{4}" + _END)
_ITIN_BARE = re.compile(r"9\d{2}(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\d{4}")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}[ -]?[A-Za-z0-9](?:[ -]?[A-Za-z0-9]){10,33}")
_IBAN_BEGIN = re.compile(r"\d(?<=[A-Za-z]{2}.)(?<![A-Za-z0-9]...)\d")
_IBAN_PIECE = re.compile(r"[A-Za-z0-9]+")
# Countries that SWIFT's registry does not have and whose banks write IBANs all the same, with their lengths.
_UNREGISTERED = {
    "CV": 25, "MZ": 25, "GW": 25, "AO": 25, "IR": 26, "DZ": 26,
    **dict.fromkeys(("CF", "CG", "CM", "GA", "GQ", "KM", "MG", "TD"), 27),
    **dict.fromkeys(("BF", "BJ", "CI", "MA", "ML", "NE", "SN", "TG"), 28),
}
_AADHAAR = re.compile(rf"[2-9](?<!\d[ -].){_EDGE}" + r"\d{3}([ -])\d{4}\1\d{4}(?![ -]\d)" + _END)
_AADHAAR_BARE = re.compile(r"[2-9]\d{11}")
_CPF = re.compile(rf"\d{_EDGE}" + r"\d{2}\.\d{3}\.\d{3}-\d{2}" + _END)
_NHS = re.compile(rf"\d(?<!\d[ -].){_EDGE}" + r"\d{2} \d{3} \d{4}(?![ -]\d)" + _END)
_NHS_PLAIN = re.compile(r"\d(?<!\d.)\d{2}([ -]?)\d{3}\1\d{4}(?![\d-])")
_BEFORE_NHS = re.compile(r"\bNHS(?: (?:number|no\.?))?(?: is)?\W{0,3}$", re.I)
_NHS_BARE = re.compile(r"\d{3}([ .-]?)\d{3}\1\d{4}")
_DNI = re.compile(
    rf"[\dXYZ]{_EDGE}(?:(?<=\d)(?:\d{{7}}|\d?\.\d{{3}}\.\d{{3}})|(?<=[XYZ])[ -]?\d{{7}})[ -]?[A-HJ-NP-TV-Z]{_END}"
)
_DNI_BARE = re.compile(r"(?:\d{7,8}|\d{1,2}\.\d{3}\.\d{3}|[XYZ][ .-]?(?:\d{7}|\d\.\d{3}\.\d{3}))[ -]?[A-Z]")
_PHONE = re.compile(rf"[+0]{_EDGE}(?<!\d .)(?:(?<=\+)|(?<=0)0)(?=[1-9])(?:\d[\s()./-]{{0,2}}){{6,14}}\d{_END}")
_DATE_LIKE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?|\d{1,2}[./]\d{1,2}[./]\d{4}|(?:\d{1,3}\.){3}\d{1,3}|.*\d:\d.*")
_PHONE_TEXT = re.compile(
    r"[+(\d][\d\s().,/–+*#-]{4,30}\d(?:\s?(?:x|ext\.?|extension|#|durchwahl|;ext=|,)\s?\d{1,6})?", re.I
)

_OTHERS = re.compile(r"\D+")


def _digits(text: str) -> str:
    return _OTHERS.sub("", text)


def has_card(_name: str, text: str) -> bool:
    if _CARD.search(text) is None:
        return False
    return any(_is_card(_digits(found)) for found in map(_matched, _CARD.finditer(text)))


def _matched(match: "re.Match[str]") -> str:
    """The match; three groups of four digits are nobody's card."""
    found = match.group()
    return "" if len(_digits(found)) == 12 and not found.isdigit() else found


def _is_card(digits: str) -> bool:
    if len(set(digits)) < 2:
        return False
    known = any(len(digits) in lengths and issuer.match(digits) for issuer, lengths in _ISSUERS)
    return known and bool(luhn.is_valid(digits))


def has_ssn(name: str, text: str) -> bool:
    """Parted by dashes or spaces anywhere; as plain digits where the field's name, or the text before it, says so."""
    if names.says_ssn(name) and _says_ssn(text.strip()):
        return True
    if _SSN_LIKE.search(text) is None:
        return False
    if any(match.group().replace(" ", "-") not in _SSN_KNOWN for match in _SSN.finditer(text)):
        return True
    if any(_follows(_BEFORE_SSN, text, match) for match in _SSN_PLAIN.finditer(text)):
        return True
    return any(len(set(_digits(match.group()))) > 2 for match in _ITIN.finditer(text))


def _follows(before: "re.Pattern[str]", text: str, match: "re.Match[str]") -> bool:
    """Whether what stands right before `match` says what it is."""
    return before.search(text, max(0, match.start() - _MOST_BEFORE), match.start()) is not None


def _says_ssn(text: str) -> bool:
    digits = text.zfill(9) if text.isdigit() and 7 <= len(text) <= 9 else text  # a number loses its leading zeros
    if len(set(_digits(digits))) < 2:
        return False
    return bool(_SSN_BARE.fullmatch(digits) or _ITIN_BARE.fullmatch(digits))


def has_iban(_name: str, text: str) -> bool:
    return _IBAN_BEGIN.search(text) is not None and any(_has_iban(match.group()) for match in _IBAN.finditer(text))


def _has_iban(text: str) -> bool:
    """True where some of its pieces, from the first on, are an IBAN: words may follow it."""
    compact = ""
    for piece in _IBAN_PIECE.findall(text):
        compact += piece.upper()
        if 15 <= len(compact) <= 34 and is_iban(compact):
            return True
    return False


def is_iban(text: str) -> bool:
    """Whether letters and digits without anything between them are an IBAN; `text` in upper case."""
    if _UNREGISTERED.get(text[:2]) == len(text):
        return text[-20:].isdigit() and bool(mod_97_10.is_valid(text[4:] + text[:4]))
    return bool(iban.is_valid(text, check_country=False))


def has_aadhaar(name: str, text: str) -> bool:
    if names.says_aadhaar(name) and _AADHAAR_BARE.fullmatch(text):
        return bool(aadhaar.is_valid(text))
    if _AADHAAR.search(text) is None:
        return False
    return any(aadhaar.is_valid(_digits(match.group())) for match in _AADHAAR.finditer(text))


def has_cpf(name: str, text: str) -> bool:
    if names.says_cpf(name) and text.isdigit() and 9 <= len(text) <= 11:
        return _is_cpf(text.zfill(11))
    return "-" in text and any(_is_cpf(_digits(match.group())) for match in _CPF.finditer(text))


def _is_cpf(digits: str) -> bool:
    return len(set(digits)) > 1 and bool(cpf.is_valid(digits))  # the check digits of 111.111.111-11 are right


def has_nhs(name: str, text: str) -> bool:
    """Parted by spaces anywhere but under a name for phones; as plain digits where the name or the text before it says
    so.
    """
    if names.says_nhs(name) and _NHS_BARE.fullmatch(text.strip()):
        return _is_nhs(text)
    if " " not in text:
        return False
    if _NHS_PLAIN.search(text) is None:
        return False
    if any(_follows(_BEFORE_NHS, text, m) and _is_nhs(m.group()) for m in _NHS_PLAIN.finditer(text)):
        return True
    return not names.says_phone(name) and any(_is_nhs(match.group()) for match in _NHS.finditer(text))


def _is_nhs(text: str) -> bool:
    digits = _digits(text)
    return digits.isascii() and len(set(digits)) > 2 and bool(nhs.checksum(digits) == 0)  # they are ten


def has_dni(name: str, text: str) -> bool:
    """Eight digits, or X, Y or Z and seven, with their letter; in lower case where the field's name says so."""
    if names.says_dni(name):
        said = text.strip().upper()
        if _DNI_BARE.fullmatch(said):
            return _is_dni(said)
    return _DNI.search(text) is not None and any(_is_dni(match.group()) for match in _DNI.finditer(text))


def _is_dni(text: str) -> bool:
    compact = "".join(c for c in text if c.isalnum())
    if len(set(compact)) < 3:
        return False
    return bool(nie.is_valid(compact) if compact[0].isalpha() else dni.is_valid(compact.zfill(9)))


def has_phone(name: str, text: str) -> bool:
    """International numbers anywhere; national ones, and plain digits, only where the field's name says so."""
    if names.says_phone(name) and _is_said_phone(text.strip()):
        return True
    return _PHONE.search(text) is not None and any(_is_international(m.group()) for m in _PHONE.finditer(text))


def _is_said_phone(text: str) -> bool:
    digits = _digits(text)
    if not 6 <= len(digits) <= 20 or len(set(digits)) < 3 or _DATE_LIKE.fullmatch(text):
        return False
    return bool(_PHONE_TEXT.fullmatch(text.removeprefix("tel:").strip())) and any(
        _parsed(text, region) is not None for region in ("US", "DE")
    )


def _is_international(text: str) -> bool:
    if len(set(_digits(text))) < 3:
        return False
    if text.startswith("00"):  # or a number that was filled up with zeros
        number = _parsed("+" + text[2:], None)
        return number is not None and not text.isdigit() and phonenumbers.is_valid_number(number)
    return _parsed(text, None) is not None


def _parsed(text: str, region: Optional[str]) -> Optional[phonenumbers.PhoneNumber]:
    """The number, None where it cannot be one."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None
