"""Which texts may be members of an enum: codes that a developer wrote, and nothing that a person did; pure."""

from __future__ import annotations

import re
from typing import Union

from metlo_auto.collector.analysis.sensitive.names import words

MOST = 40  # characters of a code
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+*-]*", re.ASCII)
_CAPITALISED = re.compile(r"[A-Z][a-z]+(?:[A-Z-][a-z]+)*", re.ASCII)
# what stands under these words is written by people, or says who they are
_PERSONAL = frozenset((
    "name", "names", "firstname", "lastname", "surname", "forename", "fullname", "username", "nickname",
    "displayname", "user", "users", "nick", "login", "handle", "author", "owner", "creator", "assignee",
    "editor", "reviewer", "customer", "client", "contact", "person", "people", "patient", "employee", "member",
    "recipient", "sender", "by", "first", "last", "middle", "given", "family", "maiden", "street", "city",
    "town", "address", "addresses", "zip", "postcode", "postal", "email", "mail", "phone", "company",
    "employer", "school", "doctor", "title", "subject", "comment", "comments", "text", "message", "note",
    "notes", "description", "bio", "about", "summary", "body", "content", "query", "q", "search", "answer",
    "question", "id", "ids", "key", "token", "password", "secret", "pin", "code", "number", "vorname",
    "nachname", "nombre", "apellido", "nom", "prenom",
))  # fmt: skip
# and these say that a capitalised word is one of a set
_CHOICE = frozenset((
    "status", "state", "type", "kind", "category", "level", "mode", "role", "severity", "priority", "phase",
    "stage", "method", "action", "event", "format", "unit", "currency", "country", "language", "locale",
    "scope", "visibility", "result", "outcome", "reason", "error", "day", "month", "weekday", "gender", "plan",
    "tier",
))  # fmt: skip


def may_be_code(name: str, value: Union[str, int, float]) -> bool:
    """True where `value` of the field `name` may be published: a word as code has it, under a name of no person."""
    if not isinstance(value, str):
        return True
    if len(value) > MOST or value.startswith("redacted") or not _CODE.fullmatch(value):
        return False
    said = words(name)
    is_choice = bool(said) and said[-1] in _CHOICE
    if not is_choice and not _PERSONAL.isdisjoint(said):
        return False
    return is_choice or not _CAPITALISED.fullmatch(value)
