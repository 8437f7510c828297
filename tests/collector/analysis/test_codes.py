"""Which values may be listed as members of an enum: codes that a program chose, never what says who somebody is."""

from __future__ import annotations

import pytest

from metlo_auto.collector.analysis.codes import may_be_member, names_person


@pytest.mark.parametrize(
    "name",
    ["who", "sold_to_whom", "mentor", "studentName", "referrer", "tenant", "attendingNurse", "payee", "follower", "requester",
     "approver", "passenger", "emergency_partner", "applicant", "owner", "username"],
)  # fmt: skip
def test_who_somebody_is_is_no_member_of_an_enum(name: str) -> None:
    assert names_person(name) and not may_be_member(name, "bert")


@pytest.mark.parametrize(
    "name, value",
    [("status", "open"), ("sort", "date"), ("browser_agent", "firefox"), ("whole", "yes"), ("apparent_size", "xl"),
     ("pilotage", "auto"), ("driver", "sqlite"), ("gender", "f"), ("priority", "High"), ("winner", "home")],
)  # fmt: skip
def test_codes_are(name: str, value: str) -> None:
    assert may_be_member(name, value) and not names_person(name)
