"""Which texts are codes, as programs choose them, and which may be shown under the name of a field; pure."""
# ruff: noqa: SIM905 - long lists of words read best as text

from __future__ import annotations

import re
from typing import Union

from metlo_auto.collector.analysis import by_form
from metlo_auto.collector.analysis.constants import is_constant
from metlo_auto.collector.analysis.credentials import is_credential, words

MOST = 40  # characters
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+*/-]*", re.ASCII)
_TITLE = re.compile(r"[A-Z][a-z]+(?:[A-Z'-][a-z]+)*", re.ASCII)  # Anna, Meyer-Schmidt, McDonald, Berlin
# What stands under these words says who people are, or is written by them.
_PERSON = frozenset(
    """
    name names firstname lastname fullname username nickname surname givenname familyname displayname forename
    login handle nick user users owner author creator assignee reviewer customer client contact member person
    people patient employee manager sender recipient from to cc bcc email mail phone tel mobile address street
    city town county place location zip zipcode postcode postal birthday dob born ssn iban company organisation
    organization employer school title subject message text comment note notes description bio about body
    content q query search term keyword keywords alias profile account cardholder holder nombre apellido nom
    prenom vorname nachname cognome sobrenome
    who whom whose mentor teacher student pupil coach trainer tutor referrer inviter inviting invited passenger
    traveller traveler tenant landlord witness nurse therapist physician dentist pilot referee opponent subscriber
    follower friend sibling spouse partner guardian beneficiary payee payer insured responder responsible supervisor
    signatory mentionee participant attendee speaker presenter courier rider chauffeur salesperson buyer seller
    maintainer committer collaborator contributor reporter requester requestor approver visitor applicant candidate
    donor borrower
    """.split()
)
# What stands under these is one of many, or what people call something, so that a few of them are no enum.
_NO_ENUM = _PERSON | frozenset(
    """
    team teams squad group groups crew club clan department dept division branch section label labels tag tags project
    projects workspace room channel folder list board campaign segment store shop site brand vendor supplier class
    repo repository product article item topic nickname caption party family house league
    editor by first last middle given family maiden addresses doctor comments summary answer question id ids key
    token password secret pin code number
    """.split()
)
# These say that a capitalised word is one of a set.
_CHOICE = frozenset(
    """
    status state type kind category level mode role severity priority phase stage method action event format
    unit currency country language locale scope visibility result outcome reason error day month weekday gender
    plan tier sort order direction color colour size protocol encoding os platform environment env version theme
    variant strategy policy algorithm op operator operation permission permissions access interval frequency period
    engine architecture arch charset style layout shape transport browser
    """.split()
)


def is_code(text: str) -> bool:
    """True for one word of letters, digits and joints that is no name: `paid`, `EUR`, `v2.1`, but not `Anna`."""
    return _is_one_word(text) and not _TITLE.fullmatch(text)


def names_person(name: str) -> bool:
    """True for a field whose values say who someone is, what they wrote, or a credential."""
    parts = words(name)
    return bool(_PERSON.intersection(parts)) or "".join(parts) in _PERSON or is_credential(name)


# What stands under these lets somebody in, or pays.
_ENTERED = frozenset(
    """
    verification verify auth authorization confirm confirmation activation activate security access login signin reset
    invite invitation coupon voucher promo gift recovery backup sms mfa 2fa otp passcode redeem pairing device oauth
    """.split()
)


def may_have_example(name: str, value: str) -> bool:
    """False under a name whose values are personal or let somebody in, whatever they look like."""
    parts = words(name)
    if names_person(name) or not by_form.says_nothing(name):
        return False
    last = parts[-1] if parts else ""
    if last == "code" and len(parts) == 1:  # of a currency, or of a login
        return value.isalpha() and is_constant(value)
    return not (last in ("invite", "invitation", "otp", "nonce") or last == "code" and not _ENTERED.isdisjoint(parts))


def may_be_member(name: str, value: Union[str, int, float]) -> bool:
    """True where `value` of the field `name` may be listed as a member of an enum: numbers, codes where the name says
    that a program chose them, and constants elsewhere.
    """
    if not isinstance(value, str):
        return True
    parts = words(name)
    if parts and parts[-1] in _CHOICE:
        return _is_one_word(value)
    return is_code(value) and _NO_ENUM.isdisjoint(parts) and is_constant(value)


def _is_one_word(text: str) -> bool:
    return 0 < len(text) <= MOST and not text.startswith("redacted") and bool(_CODE.fullmatch(text))
