"""The quick search for personal numbers and addresses finds what the plain one does: each pattern from the left, everywhere."""

from __future__ import annotations

import re
from typing import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.gb import nhs

from metlo_auto.collector.analysis.sensitive import names, numbers, places

_EDGE = r"(?<![\w.+/=-])"
_END = r"(?![\w/=-]|\.\d)"
_CARD = re.compile(_EDGE + r"(?:\d{12,19}|\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,3})?|3\d{3}[ -]\d{6}[ -]\d{5})" + _END)
_SSN = re.compile(_EDGE + r"(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}" + _END)
_SSN_SAID = re.compile(
    r"(?:\bssn|social security(?: (?:number|no\.?))?)(?: is)?\W{0,3}((?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4})(?!\d)",
    re.I,
)
_ITIN = re.compile(_EDGE + r"9\d{2}([- ])(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\1\d{4}" + _END)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}[ -]?[A-Za-z0-9](?:[ -]?[A-Za-z0-9]){10,33}")
_AADHAAR = re.compile(r"(?<!\d[ -])" + _EDGE + r"[2-9]\d{3}([ -])\d{4}\1\d{4}(?![ -]\d)" + _END)
_CPF = re.compile(_EDGE + r"\d{3}\.\d{3}\.\d{3}-\d{2}" + _END)
_NHS = re.compile(r"(?<!\d[ -])" + _EDGE + r"\d{3} \d{3} \d{4}(?![ -]\d)" + _END)
_NHS_SAID = re.compile(r"\bNHS(?: (?:number|no\.?))?(?: is)?\W{0,3}(\d{3}([ -]?)\d{3}\2\d{4})(?![\d-])", re.I)
_DNI = re.compile(_EDGE + r"(?:\d{8}|\d{1,2}\.\d{3}\.\d{3}|[XYZ][ -]?\d{7})[ -]?[A-HJ-NP-TV-Z]" + _END)
_PHONE = re.compile(r"(?<![\w.+/=-])(?<!\d )(?:\+|00)(?=[1-9])(?:\d[\s()./-]{0,2}){6,14}\d" + _END)


def _digits(text: str) -> str:
    return re.sub(r"\D+", "", text)


def _ssn(text: str) -> bool:
    if any(match.group().replace(" ", "-") not in numbers._SSN_KNOWN for match in _SSN.finditer(text)):
        return True
    return _SSN_SAID.search(text) is not None or any(len(set(_digits(m.group()))) > 2 for m in _ITIN.finditer(text))


def _is_nhs(text: str) -> bool:
    return len(set(_digits(text))) > 2 and nhs.is_valid(_digits(text))


def _nhs(text: str) -> bool:
    said = any(_is_nhs(match.group(1)) for match in _NHS_SAID.finditer(text))
    return " " in text and (said or any(_is_nhs(match.group()) for match in _NHS.finditer(text)))


def _iban(text: str) -> bool:
    def holds(found: str) -> bool:
        pieces = re.findall(r"[A-Za-z0-9]+", found)
        compacts = ("".join(pieces[: n + 1]).upper() for n in range(len(pieces)))
        return any(15 <= len(each) <= 34 and numbers.is_iban(each) for each in compacts)

    return any(holds(match.group()) for match in _IBAN.finditer(text))


def _birth_date(text: str) -> bool:
    return len(text) >= 9 and any(places._is_birth_day(m.group(1)) for m in places._BIRTH_SAID.finditer(text))


def _ipv4(text: str) -> bool:
    if places._IPV4.fullmatch(text):
        return places._is_ipv4(text)
    return any(
        places._is_ipv4(match.group())
        and not places._VERSION_BEFORE.search(text, max(0, match.start() - 20), match.start())
        for match in places._IPV4_INSIDE.finditer(text)
    )


def _ipv6(text: str) -> bool:
    items = [item for item in places._GAPS.split(text)[:50] if 9 <= len(item) <= 60 and re.search(r"\d", item)]
    is_whole = text.count(":") >= 2 and len(text) <= 45 and places._is_ipv6(text)
    return is_whole or text.count(":") >= 2 and len(text) <= 1_000 and any(map(places._is_ipv6, items))


Way = Callable[[str], bool]
_WAYS: dict[str, tuple[Callable[[str, str], bool], Way]] = {
    "card": (numbers.has_card, lambda text: any(map(numbers._is_card, map(_digits, _cards(text))))),
    "ssn": (numbers.has_ssn, _ssn),
    "iban": (numbers.has_iban, _iban),
    "aadhaar": (
        numbers.has_aadhaar,
        lambda text: any(numbers.aadhaar.is_valid(_digits(m.group())) for m in _AADHAAR.finditer(text)),
    ),
    "cpf": (numbers.has_cpf, lambda text: any(numbers._is_cpf(_digits(m.group())) for m in _CPF.finditer(text))),
    "nhs": (numbers.has_nhs, _nhs),
    "dni": (numbers.has_dni, lambda text: any(numbers._is_dni(m.group()) for m in _DNI.finditer(text))),
    "phone": (numbers.has_phone, lambda text: any(numbers._is_international(m.group()) for m in _PHONE.finditer(text))),
    "ipv4": (places.has_ipv4, _ipv4),
    "ipv6": (places.has_ipv6, _ipv6),
    "birth_date": (places.has_birth_date, _birth_date),
}


def _cards(text: str) -> list[str]:
    found = [match.group() for match in _CARD.finditer(text)]
    return [each for each in found if len(_digits(each)) != 12 or each.isdigit()]


# values of each class, what says of them what they are, and what may stand beside
_PIECES = st.sampled_from("""
219-44-1234|219 44 1234|219441234|912-70-1234|000-12-3456|666 12 3456|123-45-6789|ssn |SSN: |SſN |Social Security No. is |
4111 1111 1111 1111|4111111111111111|3782 822463 10005|5018 0000 0009|GB82WEST12345698765432|gb82 west 1234 5698 7654 32|
2345 6789 0124|2345-6789-0124|529.982.247-25|943 476 5919|9434765919|943-476-5919|NHS |NHS number is |nhs no. |12345678Z|
12345678-Z|12.345.678 Z|X1234567L|Y-1234567-X|+49 30 901820|0049 30 901820|+1 (415) 555-2671|10.1.2.3|192.168.1.20:80|
version |fe80::1|2001:db8:0:0:0:0:0:1|::ffff:10.1.2.3|1:2:3:4:5:6:7.8.9.1|born |BORN on |geb. |née le |NACIDO el |d.o.b. |
naſcido |5 May 1980|5th May 1980|May 5, 1980|05.05.1980|5/ 5/80|1980-05-05|050580|19800505|١٢٣|٣| |-|.|/|:|=|+|,|(|)|a|Z|é|_|1|22|000
""".replace("\n", "").split("|"))  # fmt: skip
_TEXTS = st.lists(_PIECES, max_size=8).map("".join)


@pytest.mark.parametrize("name", _WAYS)
@given(text=_TEXTS)
@settings(max_examples=400)
def test_the_quick_way_finds_what_the_plain_one_does(name: str, text: str) -> None:
    quick, plain = _WAYS[name]
    assert quick("value", text) == plain(text)


@pytest.mark.parametrize("name", _WAYS)
def test_the_pieces_have_values_of_each_class(name: str) -> None:
    pieces = list(_PIECES.elements)  # type: ignore[attr-defined]
    said = [before + piece for before in ("", "born ") for piece in pieces]
    assert any(_WAYS[name][1](text) for text in said)


def test_a_name_is_asked_as_its_terms_are() -> None:
    asked = {names.SSN: names.says_ssn, names.NHS: names.says_nhs, names.DNI: names.says_dni, names.CPF: names.says_cpf}
    for terms, says in asked.items():
        for name in ("value", "dniNumber", "cpf_cnpj", "nhs-no", "socialSecurity", *terms):
            assert says(name) == names.says(name, *terms)
