"""Sensitive data as tables: at least forty hits and forty misses of each class."""

from __future__ import annotations

import base64
from typing import Union

import pytest
from stdnum import verhoeff

from metlo_auto.collector.analysis.sensitive import CLASSES, detect, is_claimed, mask
from tests.collector.analysis.sensitive_cases import MORE_HITS, MORE_MISSES

Case = tuple[str, Union[str, int, float]]  # name of the field, value


def _unnamed(*values: Union[str, int, float]) -> list[Case]:
    return [("value", value) for value in values]


def _jwt(header: str) -> str:
    return base64.urlsafe_b64encode(header.encode()).decode().rstrip("=") + ".eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl"


_KEY = "-----BEGIN {}-----\nMIIEowIBAAKCAQEA\n-----END {}-----"

HITS: dict[str, list[Case]] = {
    "email": _unnamed(
        "a@b.co",
        "ann@shop.example",
        "ann.lee@shop.example",
        "ann+news@shop.example",
        "ann_lee@shop.example",
        "ANN@SHOP.EXAMPLE",
        "a1@b2.org",
        "ann@mail.shop.example",
        "ann@shop-online.com",
        "ann@x.museum",
        "o'brien@a.ie",
        "ann-lee@shop.example",
        "Ann Lee <ann@shop.example>",
        "write to ann@shop.example, please",
        "mailto:a@b.org",
        "ann@shop.example; bob@shop.example",
        "(ann@shop.example)",
        "ann%lee@shop.example",
        "1@2.net",
        "x@xn--bcher-kva.example",
        "see ann@shop.example.",
    ),
    "phone": [
        *_unnamed(
            "+14155552671",
            "+1 415 555 2671",
            "+1 (415) 555-2671",
            "+1-415-555-2671",
            "+1.415.555.2671",
            "+442071838750",
            "+44 20 7183 8750",
            "+49 30 901820",
            "+4930901820",
            "+33 1 42 68 53 00",
            "+81 3-3224-9999",
            "+91 98765 43210",
            "+5511987654321",
            "+61 2 9374 4000",
            "0049 30 901820",
            "call +1 415 555 2671 now",
            "+358 9 16001",
            "+971 4 391 4444",
            "+27 21 480 6000",
        ),
        ("phone", "4155552671"),
        ("phoneNumber", "(415) 555-2671"),
        ("mobile", "0176 12345678"),
        ("contact_tel", "030-901820"),
        ("fax", "415.555.2671"),
    ],
    "card": [
        *_unnamed(
            "4111111111111111",
            "4012888888881881",
            "4222222222222",
            "5555555555554444",
            "5105105105105100",
            "2223003122003222",
            "378282246310005",
            "371449635398431",
            "30569309025904",
            "38520000023237",
            "6011111111111117",
            "6011000990139424",
            "3530111333300000",
            "3566002020360505",
            "6200000000000005",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "3782 822463 10005",
            "card 4111111111111111 charged",
            "6304000000000000"[:-1] + "0",
        ),
        ("number", 4111111111111111),
        ("number", 5555555555554444),
    ],
    "ssn": [
        *_unnamed(
            "123-45-6780",
            "001-01-0001",
            "899-99-9998",
            "536-90-4399",
            "457-55-5462",
            "219-09-9998",
            "665-12-3456",
            "667-12-3456",
            "123 45 6780",
            "SSN 536-90-4399",
            "ssn: 457-55-5462.",
            "(536-90-4399)",
            "772-01-0001",
            "100-10-1000",
            "250-45-6789",
            "333-22-4444",
            "574-12-9876",
            "700-01-1234",
        ),
        ("ssn", "536904399"),
        ("social_security_number", "457555462"),
        ("taxId", "250456789"),
    ],
    "iban": _unnamed(
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819",
        "GB29 NWBK 6016 1331 9268 19",
        "FR1420041010050500013M02606",
        "ES9121000418450200051332",
        "IT60X0542811101000000123456",
        "NL91ABNA0417164300",
        "BE68539007547034",
        "CH9300762011623852957",
        "AT611904300234573201",
        "PL61109010140000071219812874",
        "SE4550000000058398257466",
        "NO9386011117947",
        "DK5000400440116243",
        "FI2112345600000785",
        "PT50000201231234567890154",
        "IE29AIBK93115212345678",
        "LU280019400644750000",
        "CZ6508000000192000145399",
        "please pay to NL91ABNA0417164300 today",
        "TR330006100519786457841326",
    ),
    "ipv4": [
        *_unnamed(
            "203.0.113.7",
            "8.8.8.8",
            "192.168.1.1",
            "10.0.0.1",
            "172.16.254.1",
            "198.51.100.23",
            "1.1.1.1",
            "93.184.216.34",
            "255.255.255.254",
            "203.0.113.7:8080",
            "100.64.0.1",
            "169.254.1.1",
            "224.0.0.1",
            "151.101.1.140",
            "9.9.9.9",
        ),
        ("ip", "203.0.113.9"),
        ("ip_address", "198.51.100.1"),
        ("remoteAddr", "192.0.2.1"),
        ("client", "192.0.2.2"),
        ("source", "192.0.2.3:443"),
        ("host", "192.0.2.4"),
    ],
    "ipv6": _unnamed(
        "2001:db8::1",
        "2001:0db8:0000:0000:0000:0000:0000:0001",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "[2001:db8::1]",
        "::ffff:203.0.113.7",
        "2a00:1450:4001:81b::200e",
        "fd00::1",
        "ff02::1",
        "2001:db8:85a3::8a2e:370:7334",
        "2001:DB8::A",
        "64:ff9b::192.0.2.33",
        "2001:db8:0:0:1::",
        "2620:fe::fe",
        "2a03:2880:f10c:83:face:b00c:0:25de",
        "2001:db8:1::",
        "100::1",
        "2002:c000:204::",
    ),
    "jwt": [
        ("token", _jwt(header))
        for alg in ("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "EdDSA", "none")
        for header in (f'{{"alg":"{alg}"}}', f'{{"alg":"{alg}","typ":"JWT"}}')
    ]
    + _unnamed("Bearer " + _jwt('{"alg":"HS256"}'), '{"t": "' + _jwt('{"alg":"ES512"}') + '"}'),
    "private_key": [
        ("value", _KEY.format(kind, kind))
        for kind in (
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "DSA PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
            "SSH2 ENCRYPTED PRIVATE KEY",
            "ANY PRIVATE KEY",
            "ED25519 PRIVATE KEY",
        )
    ]
    + [
        ("config", "key = '''" + _KEY.format(kind, kind) + "'''")
        for kind in (
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "DSA PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
            "SSH2 ENCRYPTED PRIVATE KEY",
            "ANY PRIVATE KEY",
            "ED25519 PRIVATE KEY",
        )
    ],
    "cloud_key": _unnamed(
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ASIA" + "IOSFODNN7EXAMPLE",
        "aws_key=AKIA" + "I44QH7DHBEXAMPLE",
        "AIza" + "S" * 35,
        "ya29." + "a0AfH6SMBx" * 3,
        "GOCSPX-" + "a" * 28,
        "ghp_" + "a1B2" * 9,
        "gho_" + "a1B2" * 9,
        "ghs_" + "a1B2" * 9,
        "github_pat_" + "a1B2_" * 14,
        "glpat-" + "a1B2" * 5,
        "xoxb-" + "123456789012-abcdef",
        "xoxp-" + "123456789012-abcdef",
        "sk_live_" + "a1B2" * 6,
        "rk_live_" + "a1B2" * 6,
        "sk_test_" + "a1B2" * 6,
        "whsec_" + "a1B2" * 8,
        "SG." + "a" * 22 + "." + "b" * 43,
        "npm_" + "a1B2" * 9,
        "sk-ant-" + "a1B2" * 6,
        "dop_v1_" + "ab12" * 16,
        "shpat_" + "ab12" * 8,
        "AccountKey=" + "a" * 86 + "==",
        "hvs." + "a1B2" * 6,
    ),
    "coordinates": [
        *_unnamed(
            "52.5200,13.4050",
            "(52.5200, 13.4050)",
            "-33.8688, 151.2093",
            "40.7128,-74.0060",
            "0.0001,0.0001",
            "89.9999,-179.9999",
        ),
        ("lat", 52.5201),
        ("latitude", -33.8688),
        ("lng", 13.4051),
        ("lon", 151.2093),
        ("longitude", -74.0061),
        ("lat", "52.5200"),
        ("lng", "13.4050"),
        ("geo_lat", 1.2345),
        ("geoLng", -1.2345),
        ("startLatitude", 48.137),
        ("end_longitude", 11.575),
        ("LAT", 52.5201),
        ("long", 100.1234),
        ("position.lat", 12.3456),
        ("lat", -89.999),
        ("lng", -179.999),
    ],
    "birth_date": [
        (name, value)
        for name in ("dob", "dateOfBirth", "date_of_birth", "birthdate", "birth_date", "birthday", "born", "user_dob")
        for value in ("1980-02-29", "31.12.1999", "12/31/1975")
    ],
}
MISSES: dict[str, list[Case]] = {
    "email": _unnamed(
        "", "@", "a@", "@b.co", "a@b", "ann at shop.example", "@ann", "logo@2x.png", "icon@3x.svg", "user@localhost",
        "git@github", "a@b.c", "package@1.2.3", "react@18.2.0", "ann@@shop.example", "ann@shop..example", "@scope/package",
        "https://medium.com/@ann", "price @ 3.50", "redacted-abcdefghijkl", "ann@-.", 12345, "me@[127.0.0.1]",
    ),
    "phone": [
        *_unnamed(
            "", "1", "4155552671", "2026-01-31", "2026-01-31 10:00:00", "1234567890", "192.168.100.200", "1.2.3.4",
            "+1", "+12345", "+0123456789", "+999999999999999999", "+1111111111", "4111111111111111", "1700000000", "12:34:56",
            "3.14159265358979", "ORD-2026-000123", "978-3-16-148410-0", 4155552671, "a+14155552671",
        ),
        ("phone", "none"), ("phone", "1234"), ("phone", "0000000000"), ("order_id", "4155552671"),
    ],
    "card": [
        *_unnamed(
            "4111111111111112", "4111 1111 1111 1112", "0000000000000000", "1111111111111111", "1234567890123456",
            "9999999999999995", "411111111111111", "41111111111111111", "a4111111111111111", "4111111111111111a",
            "1700000000000", "20260131100000", "0.4111111111111111", "4111111111111111.5", "49927398716",
            "7992739871300000", "978316148410", "4222222222222222", "6011111111111111", "550e8400-e29b-41d4-a716-446655440000",
            "/orders/4111111111111111",
        ),
        ("id", 1234567890123456), ("ts", 1700000000000),
    ],
    "ssn": [
        *_unnamed(
            "000-00-0000", "000-12-3456", "666-12-3456", "900-12-3456", "999-99-9999", "123-00-4567", "123-45-0000",
            "123-45-6789", "078-05-1120", "219-09-9999", "123456789", "123-456-789", "12-345-6789", "1123-45-6780",
            "123-45-67801", "123-45 6780", "2023-45-6780", "A123-45-6780", 123456789, 536904399, "415-555-2671",
        ),
        ("id", "536904399"), ("ssn", "000000000"), ("ssn", "666123456"),
    ],
    "iban": _unnamed(
        "DE89370400440532013001", "DE8937040044053201300", "DE893704004405320130000", "GB29NWBK60161331926818", "XX89370400440532013000",
        "", "DE89", "FR1420041010050500013M02607", "ES9121000418450200051333", "NL91ABNA0417164301",
        "AB12CDEF34567890", "ADE89370400440532013000", "BE68539007547035", "CH9300762011623852958", "SKU12ABCD1234EFGH",
        "AT611904300234573202", "PL61109010140000071219812875", "NO9386011117948", "DK5000400440116244", "ISO27001",
        "US12345678901234567890",
    ),
    "aadhaar": [
        *_unnamed(
            "2341 2341 2347", "1234 5678 9012", "0000 0000 0000", "234123412346", "2341-2341 2346", "4111 1111 1111 1111",
            "2341 2341 234", "2341 2341 23466", "A2341 2341 2346", "2026 0131 1000", "", "234-123-412-346", 234123412346,
            "1991 1866 5246", "4991 1866 5247", "2000 0000 0007", "+2341 2341 2346", "2341 2341 2346 1234", "12 34 56 78 90 12", "5000 0000",
            "4991 1866 524",
        ),
        ("aadhaar", "123456789012"),
    ],
    "cpf": _unnamed(
        "111.111.111-11", "000.000.000-00", "123.456.789-00", "529.982.247-26", "52998224725", "529.982.247.25", "529-982-247-25",
        "529.982.24-725", "1529.982.247-25", "529.982.247-251", "", "529.982.247", 529982247, "168.995.350-08", "999.999.999-99",
        "123.123.123-12", "987.654.321-01", "400.500.600-70", "192.168.100-10", "529,982,247-25", "a529.982.247-25",
    ),
    "ipv4": [
        *_unnamed(
            "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.999", "01.02.03.04", "0.0.0.0", "127.0.0.1", "255.255.255.255", "v1.2.3.4",
            "1.2.3.4-beta", "1,2,3,4", "1.2.3.4/24", "1.2.3.x", "10.0", "server v10.0.0.1 is down", "1.2.3.4:", "10.0.0.٣", 1234,
        ),
        ("version", "1.2.3.4"), ("app_version", "10.0.19045.1"), ("firmware", "2.0.1.7"), ("release", "4.8.0.1"), ("oid", "1.3.6.1"),
    ],
    "ipv6": _unnamed(
        "", ":", "::", "::1", "12:34", "12:34:56", "12:34:56:78", "00:1A:2B:3C:4D:5E", "a:b:c", "1::2::3", "2001:db8::g",
        "12345::1", "1:2:3:4:5:6:7:8:9", "https://a.b", "urn:isbn:123", "10:20:30", "key:value:other", "2026-01-31T10:00:00",
        "std::vector", "::before", "a::b c", "Foo::Bar",
    ),
    "jwt": _unnamed(
        "", "eyJ", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9.eyJ", "a.b.c", "1.2.3", "www.shop.example", "eyJub3QiOiJqb3NlIn0.abcd.efgh",
        "eyJ!!!.abcd.efgh", "redacted-abcdefghijkl", "Bearer redacted-abcdefghijkl", "eyJhbGciOjF9.abcd.efgh", "eyJmb28iOiJiYXIifQ",
        "header.payload.signature", "eyJhIjoxfQ.eyJiIjoyfQ.sig", "aaaa.bbbb.cccc", "app.min.js", "eyJbXX0=.abcd.efgh", "com.shop.App", 1,
        "xeyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig",
    ),
    "private_key": _unnamed(
        "", "-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----", "-----BEGIN RSA PUBLIC KEY-----", "PRIVATE KEY", "private key",
        "BEGIN PRIVATE KEY", "-----BEGIN CERTIFICATE REQUEST-----", "-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----BEGIN PGP MESSAGE-----",
        "-----END PRIVATE KEY-----", "ssh-rsa AAAAB3NzaC1yc2E", "ssh-ed25519 AAAAC3Nza", "-----BEGIN X509 CRL-----", "-----BEGIN DH PARAMETERS-----",
        "my_private_key", "-----BEGIN OPENSSH PUBLIC KEY-----", "---- BEGIN PRIVATE KEY ----", "key", "-----BEGIN PKCS7-----", 1,
    ),
    "cloud_key": _unnamed(
        "", "AKIA", "AKIA1234", "AKIAIOSFODNN7EXAMPL", "akiaiosfodnn7example", "XAKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLEX", "AIzaShort",
        "ghp_short", "github_pat_x", "glpat-x", "xoxb-1", "xoxo-hugs-and-kisses", "sk_live_", "sk_fake_a1B2a1B2a1B2a1B2", "SG.a.b", "npm_install", "sk-toggle",
        "task-ant-hill", "risk-assessment-of-the-project", "redacted-abcdefghijkl", "AccountKey=abc", "550e8400-e29b-41d4-a716-446655440000", 1,
    ),
    "coordinates": [
        *_unnamed("", "1,2", "1.5,2.5", "91.0000,181.0000", "95.1234,13.4050", "52.5200", "3.1415926", "1.23456,2.34567,3.45678", "12.3456-78.9012", 52.5201, 13.4051),
        ("lat", 52), ("lat", 52.5), ("lat", 91.1234), ("lng", 181.1234), ("flat", 52.5201), ("platform", 1.2345), ("length", 12.3456),
        ("price", 12.3456), ("latency", 12.3456), ("lat", "north"), ("lng", ""), ("long_description", "text"), ("late", 1.2345),
    ],
    "birth_date": [
        ("created", "1980-02-29"), ("date", "1980-02-29"), ("updated_at", "1980-02-29"), ("dob", ""), ("dob", "yes"), ("dob", "1880-01-01"),
        ("dob", "2999-01-01"), ("dob", "1980-13-01"), ("dob", "1980-02-30"), ("dob", "1980"), ("dob", "29"), ("birthplace", "1980-02-29"),
        ("place_of_birth", "Berlin"), ("birthday_message", "happy"), ("stubborn", "1980-02-29"), ("dob_verified", "true"), ("reborn", "1980-02-29"),
        ("newborns", "12"), ("due", "1980-02-29"), ("bond", "1980-02-29"), ("dob", "0000-00-00"), ("born", "in Berlin"),
    ],
}  # fmt: skip


def _verhoeff_digit(head: str) -> str:
    return head + str(verhoeff.calc_check_digit(head))


def _grouped(text: str) -> str:
    return " ".join(text[i : i + 4] for i in range(0, 12, 4))


def _cpf(head: str) -> str:
    """By the rule as the tax office writes it, not by the code under test."""
    digits = [int(character) for character in head]
    for start in (10, 11):
        rest = sum(weight * digit for weight, digit in zip(range(start, 1, -1), digits)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    return "{}{}{}.{}{}{}.{}{}{}-{}{}".format(*digits)


HITS["aadhaar"] = [("value", "4991 1866 5246"), ("value", "2341 2341 2346")] + [
    case
    for i in range(10)
    for case in (
        ("number", _grouped(_verhoeff_digit(f"{2 + i % 8}9{i}8{i}7{9 - i}6{i}54"))),
        ("aadhaar_number", _verhoeff_digit(f"{2 + i % 8}1{i}2{i}3{9 - i}4{i}56")),
    )
]
HITS["cpf"] = [("value", "529.982.247-25"), ("value", "168.995.350-09")] + [
    case
    for i in range(10)
    for case in (
        ("value", _cpf(f"12{i}45{i}78{9 - i}")),
        ("cpf", _cpf(f"98{i}65{i}32{9 - i}").replace(".", "").replace("-", "")),
    )
]


for _name, _cases in MORE_HITS.items():
    HITS[_name] = HITS.get(_name, []) + _cases
for _name, _cases in MORE_MISSES.items():
    MISSES[_name] = MISSES.get(_name, []) + _cases


@pytest.mark.parametrize("name", [item.name for item in CLASSES])
def test_each_class_has_forty_hits_and_forty_misses(name: str) -> None:
    assert len(HITS[name]) >= 40 and len(MISSES[name]) >= 40


@pytest.mark.parametrize("name, case", [(name, case) for name, cases in HITS.items() for case in cases])
def test_hit(name: str, case: Case) -> None:
    assert name in detect(*case)


@pytest.mark.parametrize("name, case", [(name, case) for name, cases in MISSES.items() for case in cases])
def test_miss(name: str, case: Case) -> None:
    assert name not in detect(*case)


@pytest.mark.parametrize(
    "name, hits, observations, claimed",
    [
        ("email", 1, 1000, True),
        ("card", 1, 10, False),
        ("card", 4, 10, True),
        ("aadhaar", 4, 10, False),
        ("email", 0, 9, False),
    ],
)
def test_a_claim_needs_its_share_of_all_observations(name: str, hits: int, observations: int, claimed: bool) -> None:
    assert is_claimed(name, hits, observations) is claimed


@pytest.mark.parametrize("text", [str(value) for cases in HITS.values() for _, value in cases])
def test_a_masked_value_cannot_be_read(text: str) -> None:
    masked = mask(text)
    assert text not in masked
    assert sum(character.isalnum() for character in masked) <= 8 + text.count("@") * 8
