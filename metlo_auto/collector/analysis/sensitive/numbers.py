"""Personal numbers: cards, SSN, IBAN, Aadhaar, CPF, phones; each a function of name and text, pure."""

from __future__ import annotations

import re

from metlo_auto.collector.analysis.sensitive import checksums, names

_EDGE = r"(?<![\w.+/=-])"  # not the end of a longer word, number, token or path
_END = r"(?![\w/=-]|\.\d)"
_CARD = re.compile(_EDGE + r"(?:\d{13,19}|\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,3})?|3\d{3}[ -]\d{6}[ -]\d{5})" + _END)
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
        (r"35(?:2[89]|[3-8])", (16, 17, 18, 19)),
        (r"62", (16, 17, 18, 19)),
        (r"5018|5020|5038|5893|6304|6759|676[1-3]", (13, 14, 15, 16, 17, 18, 19)),
        (r"220[0-4]", (16, 17, 18, 19)),
    )
)
_SSN = re.compile(_EDGE + r"(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}" + _END)
_SSN_BARE = re.compile(r"(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}")
_SSN_KNOWN = frozenset(("078-05-1120", "219-09-9999", "123-45-6789"))  # printed in adverts and manuals
_IBAN = re.compile(_EDGE + r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?" + _END)
_IBAN_LENGTHS = {
    "AD": 24,
    "AE": 23,
    "AL": 28,
    "AT": 20,
    "AZ": 28,
    "BA": 20,
    "BE": 16,
    "BG": 22,
    "BH": 22,
    "BR": 29,
    "BY": 28,
    "CH": 21,
    "CR": 22,
    "CY": 28,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "DO": 28,
    "EE": 20,
    "EG": 29,
    "ES": 24,
    "FI": 18,
    "FO": 18,
    "FR": 27,
    "GB": 22,
    "GE": 22,
    "GI": 23,
    "GL": 18,
    "GR": 27,
    "GT": 28,
    "HR": 21,
    "HU": 28,
    "IE": 22,
    "IL": 23,
    "IQ": 23,
    "IS": 26,
    "IT": 27,
    "JO": 30,
    "KW": 30,
    "KZ": 20,
    "LB": 28,
    "LC": 32,
    "LI": 21,
    "LT": 20,
    "LU": 20,
    "LV": 21,
    "MC": 27,
    "MD": 24,
    "ME": 22,
    "MK": 19,
    "MR": 27,
    "MT": 31,
    "MU": 30,
    "NL": 18,
    "NO": 15,
    "PK": 24,
    "PL": 28,
    "PS": 29,
    "PT": 25,
    "QA": 29,
    "RO": 24,
    "RS": 22,
    "SA": 24,
    "SC": 31,
    "SE": 24,
    "SI": 19,
    "SK": 24,
    "SM": 27,
    "ST": 25,
    "SV": 28,
    "TL": 23,
    "TN": 24,
    "TR": 26,
    "UA": 29,
    "VA": 22,
    "VG": 24,
    "XK": 20,
}
_AADHAAR = re.compile(r"(?<!\d[ -])" + _EDGE + r"[2-9]\d{3}([ -])\d{4}\1\d{4}(?![ -]\d)" + _END)
_AADHAAR_BARE = re.compile(r"[2-9]\d{11}")
_CPF = re.compile(_EDGE + r"\d{3}\.\d{3}\.\d{3}-\d{2}" + _END)
_CPF_BARE = re.compile(r"\d{11}")
_PHONE = re.compile(r"(?<![\w.+/=-])(?:\+|00)(?=[1-9])(?:\d[\s().-]{0,2}){7,14}\d" + _END)
_PHONE_NATIONAL = re.compile(r"\(?\d{2,5}\)?(?:[ .-]?\d{2,5}){1,4}|\d{7,12}")
_COUNTRY = re.compile(
    r"1|7|2(?:0|[1-69]\d|7)|3(?:[0-469]|[578]\d)|4(?:[013-9]|2\d)|5(?:[1-8]|[09]\d)|6(?:[0-6]|[789]\d)"
    r"|8(?:[1246]|[058]\d)|9(?:[0-58]|[679]\d)"
)

_OTHERS = re.compile(r"\D+")


def _digits(text: str) -> str:
    return _OTHERS.sub("", text)


def has_card(_name: str, text: str) -> bool:
    return any(_is_card(_digits(match.group())) for match in _CARD.finditer(text))


def _is_card(digits: str) -> bool:
    if len(set(digits)) < 2:
        return False
    known = any(len(digits) in lengths and issuer.match(digits) for issuer, lengths in _ISSUERS)
    return known and checksums.luhn(digits)


def has_ssn(name: str, text: str) -> bool:
    if names.says(name, *names.SSN) and _SSN_BARE.fullmatch(text):
        return True
    return any(match.group().replace(" ", "-") not in _SSN_KNOWN for match in _SSN.finditer(text))


def has_iban(_name: str, text: str) -> bool:
    return any(_is_iban(match.group().replace(" ", "")) for match in _IBAN.finditer(text))


def _is_iban(text: str) -> bool:
    length = _IBAN_LENGTHS.get(text[:2], 0)
    return length == len(text) and checksums.iban(text)


def has_aadhaar(name: str, text: str) -> bool:
    if names.says(name, *names.AADHAAR) and _AADHAAR_BARE.fullmatch(text):
        return checksums.verhoeff(text)
    return any(checksums.verhoeff(_digits(match.group())) for match in _AADHAAR.finditer(text))


def has_cpf(name: str, text: str) -> bool:
    if names.says(name, *names.CPF) and _CPF_BARE.fullmatch(text):
        return checksums.cpf(text)
    return any(checksums.cpf(_digits(match.group())) for match in _CPF.finditer(text))


def has_phone(name: str, text: str) -> bool:
    """International numbers anywhere; national ones only where the field's name says so."""
    if any(_is_international(match.group()) for match in _PHONE.finditer(text)):
        return True
    if not names.says(name, *names.PHONE):
        return False
    digits = _digits(text)
    return 7 <= len(digits) <= 12 and len(set(digits)) > 2 and bool(_PHONE_NATIONAL.fullmatch(text.strip()))


def _is_international(text: str) -> bool:
    digits = _digits(text)
    digits = digits[2:] if text.startswith("00") else digits
    return 8 <= len(digits) <= 15 and len(set(digits)) > 2 and bool(_COUNTRY.match(digits))
