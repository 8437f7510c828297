"""Which texts are codes, as programs choose them, and which names of fields stand before what people are called; pure."""
# ruff: noqa: E501, SIM905 - long lists of words read best as text

from __future__ import annotations

import re

from metlo_auto.collector.analysis.credentials import is_credential, words

MOST = 40  # characters
_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.:+/-]{0,39})")
_TITLE = re.compile(r"[A-Z][a-z]+(?:[-'][A-Z][a-z]+)*")  # Anna, Meyer-Schmidt, Berlin
_PERSON = frozenset(
    """
    name names firstname lastname fullname username nickname surname givenname familyname displayname forename login handle nick
    user users owner author creator assignee reviewer customer client contact member person people patient employee manager sender
    recipient from to cc bcc email mail phone tel mobile address street city town county place location zip zipcode postcode
    postal birthday dob born ssn iban company organisation organization employer school title subject message text comment note
    notes description bio about body content q query search term keyword keywords alias profile account cardholder holder
    nombre apellido nom prenom vorname nachname cognome sobrenome
    """.split()
)


def is_code(text: str) -> bool:
    """True for one word of letters, digits and joints that is no name: `paid`, `EUR`, `v2.1`, `order-12`, but not `Anna`."""
    if not 0 < len(text) <= MOST or text.startswith("redacted"):
        return False
    return bool(_CODE.fullmatch(text)) and not _TITLE.fullmatch(text)


def names_person(name: str) -> bool:
    """True for a field whose values say who someone is, what they wrote, or a credential."""
    parts = words(name)
    return bool(_PERSON.intersection(parts)) or "".join(parts) in _PERSON or is_credential(name)
