"""What a field's name says about its value: words of a name, and the names that matter; pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GAP = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """`dateOfBirth`, `date-of-birth` and `DATE_OF_BIRTH` as `date of birth`."""
    return tuple(word.lower() for word in _GAP.split(_HUMP.sub(" ", name)) if word)


@lru_cache(maxsize=4096)
def says(name: str, *terms: str) -> bool:
    """True where one of `terms` (words with spaces between) stands in `name`, or is `name` written as one
    word.
    """
    text = " ".join(words(name))
    squeezed = text.replace(" ", "")
    return any(f" {term} " in f" {text} " or term.replace(" ", "") == squeezed for term in terms)


PHONE = (
    "phone",
    "phones",
    "mobile",
    "mobiles",
    "telephone",
    "tel",
    "cell",
    "cellphone",
    "cellular",
    "fax",
    "msisdn",
    "phone number",
    "phone numbers",
    "whatsapp",
    "contact number",
    "contact no",
    "contact numbers",
    "landline",
    "sms",
    "gsm",
    "handy",
    "handynummer",
    "telefon",
    "telefono",
    "telefonnummer",
    "telefone",
    "celular",
    "movil",
    "mobil",
    "portable",
    "telnr",
    "puhelin",
    "telefoon",
    "call back number",
    "callback number",
    "caller",
    "callee",
    "caller id",
    "dial",
    "phone no",
    "tel no",
    "mobile no",
    "mobile number",
    "telephones",
    "home number",
    "work number",
    "fono",
    "手机",
    "电话",
    "携帯",
    "電話",
)
# the last word of a name that says something about a phone, not its number
NO_PHONE = frozenset(
    (
        "id",
        "ids",
        "at",
        "date",
        "time",
        "timestamp",
        "type",
        "count",
        "verified",
        "hash",
        "status",
        "model",
        "os",
        "version",
        "brand",
        "price",
        "enabled",
        "country",
        "duration",
        "size",
        "width",
        "height",
        "length",
        "total",
        "limit",
        "index",
        "order",
        "uuid",
        "carrier",
        "on",
    )
)
SSN = (
    "ssn",
    "social security",
    "social security number",
    "social security no",
    "tax id",
    "itin",
    "social",
    "tin",
    "taxpayer id",
    "us ssn",
    "ssn last",
)
AADHAAR = ("aadhaar", "aadhar", "adhaar", "uid number", "uidai", "aadhaar number", "aadhaar no")
CPF = ("cpf", "cpf cnpj", "cadastro pessoa")
NHS = ("nhs", "nhs number", "nhs no", "nhs id", "national health service number")
DNI = (
    "dni",
    "nie",
    "nif",
    "dni nie",
    "dni nif",
    "nif nie",
    "numero dni",
    "numero nie",
    "documento identidad",
    "documento de identidad",
    "documento nacional de identidad",
)
BIRTH = (
    "dob",
    "d o b",
    "date of birth",
    "birth date",
    "birthdate",
    "birthday",
    "birth day",
    "born",
    "born on",
    "birth",
    "bday",
    "birth dt",
    "date birth",
    "birth year",
    "birth month",
    "year of birth",
    "geburtsdatum",
    "geburtstag",
    "geburt",
    "geboren",
    "geboren am",
    "nacido",
    "nacida",
    "nascido",
    "nascida",
    "geb datum",
    "gebdat",
    "fecha nacimiento",
    "fecha de nacimiento",
    "nacimiento",
    "fechanacimiento",
    "nascimento",
    "data nascimento",
    "data de nascimento",
    "datanascimento",
    "nascita",
    "data di nascita",
    "date naissance",
    "date de naissance",
    "datenaissance",
    "naissance",
    "geboortedatum",
    "fodselsdato",
    "fødselsdato",
    "födelsedatum",
    "fodelsedatum",
    "syntymaaika",
    "data urodzenia",
    "urodzenia",
    "datum narozeni",
    "dogum tarihi",
    "生日",
    "出生日期",
    "誕生日",
    "生年月日",
)
NO_BIRTH = frozenset(
    (
        "place",
        "certificate",
        "message",
        "verified",
        "created",
        "updated",
        "weight",
        "registered",
        "country",
        "city",
        "name",
        "reminder",
        "sent",
        "greeting",
        "discount",
        "hospital",
        "stone",
        "rate",
        "control",
        "order",
        "father",
        "time",
    )
)
LATITUDE = ("lat", "latitude", "breitengrad", "latitud")
LONGITUDE = ("lng", "lon", "long", "longitude", "laengengrad", "longitud")
COORDINATES = (
    "coordinates",
    "coordinate",
    "coords",
    "coord",
    "geo",
    "geopoint",
    "geo point",
    "latlng",
    "lat lng",
    "lnglat",
    "lng lat",
    "latlon",
    "lat lon",
    "lat long",
    "latlong",
    "gps",
    "geolocation",
    "bbox",
    "center",
    "centroid",
    "ll",
)
VERSION = (
    "version",
    "versions",
    "ver",
    "release",
    "build",
    "oid",
    "firmware",
    "user agent",
    "ua",
    "browser",
    "tag",
    "semver",
)
MESSAGE_ID = (
    "message id",
    "messageid",
    "in reply to",
    "references",
    "msgid",
    "msg id",
    "thread id",
    "content id",
    "cid",
    "ical uid",
    "icaluid",
)


def _asks_for(*terms: str) -> Callable[[str], bool]:
    """Whether `says` finds one of `terms` in a name, remembered by the name alone: to look up many terms takes long."""

    @lru_cache(maxsize=4096)
    def asked(name: str) -> bool:
        return says(name, *terms)

    return asked


says_ssn = _asks_for(*SSN)
says_aadhaar = _asks_for(*AADHAAR)
says_cpf = _asks_for(*CPF)
says_nhs = _asks_for(*NHS)
says_dni = _asks_for(*DNI)
says_version = _asks_for(*VERSION)
says_message_id = _asks_for(*MESSAGE_ID)


@lru_cache(maxsize=4096)
def says_birth(name: str) -> bool:
    return says(name, *BIRTH) and not NO_BIRTH.intersection(words(name))


@lru_cache(maxsize=4096)
def says_phone(name: str) -> bool:
    said = words(name)
    return says(name, *PHONE) and not (said and said[-1] in NO_PHONE)


@lru_cache(maxsize=4096)
def says_place(name: str) -> int:
    """90 for a latitude, 180 for a longitude, 360 for both together, 0 for neither."""
    if says(name, *LATITUDE):
        return 360 if says(name, *COORDINATES) else 90
    if "long" in words(name)[:-1]:  # of a `long_name`
        return 0
    return 180 if says(name, *LONGITUDE) and not says(name, *COORDINATES) else 360 if says(name, *COORDINATES) else 0


# values under these names in a response are secrets that nobody should get back
SECRET = frozenset((
    "password", "passwd", "pwd", "passphrase", "secret", "clientsecret", "privatekey", "apikey", "secretkey",
    "apisecret", "accesskey", "pin", "otp", "cvv", "cvc", "securityanswer", "encryptionkey", "signingkey",
    "passwordhash", "mfasecret", "totpsecret",
))  # fmt: skip
# and under these in a URL they are credentials that end up in every log on the way
CREDENTIAL = SECRET | frozenset((
    "token", "accesstoken", "refreshtoken", "authtoken", "idtoken", "sessiontoken", "sessionid", "sid", "jwt", "auth",
    "authorization", "bearer", "signature",
))  # fmt: skip


def plain(name: str) -> str:
    """Without case and separators, as redaction compares names."""
    return "".join(words(name))
