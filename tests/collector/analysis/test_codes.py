"""Which values may be listed as members of an enum: codes that a program chose, never what says who somebody is."""

from __future__ import annotations

import pytest

from metlo_auto.collector.analysis.codes import may_be_member, names_person
from metlo_auto.collector.inventory.fields import build


@pytest.mark.parametrize(
    "name",
    ["who", "sold_to_whom", "mentor", "studentName", "referrer", "tenant", "attendingNurse", "payee", "follower", "requester",
     "approver", "passenger", "emergency_partner", "applicant", "owner", "username"],
)  # fmt: skip
def test_who_somebody_is_is_no_member_of_an_enum(name: str) -> None:
    assert names_person(name) and not may_be_member(name, "bert")


@pytest.mark.parametrize(
    "name, value",
    [("status", "open"), ("sort", "date"), ("browser", "firefox"), ("whole", "yes"), ("apparent_size", "xl"),
     ("pilotage", "auto"), ("driver", "http"), ("gender", "f"), ("priority", "High"), ("winner", "home")],
)  # fmt: skip
def test_codes_are(name: str, value: str) -> None:
    assert may_be_member(name, value) and not names_person(name)


@pytest.mark.parametrize(
    "name",
    ["team", "group", "label", "value", "result_of", "agent", "driver", "crew", "winner", "tag", "list_of", "channel", "squads", "area",
     "entry", "assigned", "responsible_team", "queue", "watchers", "squad_lead", "on_call", "shift", "host", "hero", "rank_by", "line"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["bert", "anna.meyer", "kestrel-squad", "ann_lee", "kepler", "bmeyer2", "TeamRocket", "ACME", "zoe"])
def test_what_people_are_called_or_call_something_is_no_member(name: str, value: str) -> None:
    assert not may_be_member(name, value)


@pytest.mark.parametrize("name", ["team", "group", "label", "tags", "project", "channel", "workspaceFolder"])
def test_what_people_name_has_no_members_though_the_names_are_usual_words(name: str) -> None:
    assert not may_be_member(name, "support") and not may_be_member(name, "sales")


@pytest.mark.parametrize(
    "name, value",
    [("value", "in_progress"), ("agreed", "yes"), ("entry", "EUR"), ("entry", "p0"), ("locale_of", "en-US"), ("paying", "bank_transfer"), ("flag", "true"),
     ("delivery", "notStarted"), ("media", "application/json"), ("verb", "GET"), ("speed", "fast"), ("grade", "A"), ("window", "last_month"), ("ending", "cancelled"),
     ("how", "credit-card"), ("what", "text"), ("when", "daily"), ("area", "eu"), ("visible", "public"), ("visible", "PRIVATE"), ("payment", "partially_refunded"),
     ("algorithm", "sha256"), ("theme", "dracula"), ("platform", "linux"), ("kind", "giraffe"), ("eventType", "UserCreated"), ("sort", "-created")],
)  # fmt: skip
def test_constants_are_members_whatever_the_field_is_called(name: str, value: str) -> None:
    assert may_be_member(name, value.lstrip("-"))


def test_what_an_older_version_kept_is_judged_again() -> None:
    rows = [("response 200 application/json", "", "type", "object", 40, 1.0), ("response 200 application/json", "/team", "type", "string", 40, 1.0),
            ("response 200 application/json", "/tags", "type", "array", 40, 1.0), ("response 200 application/json", "/tags/[]", "type", "string", 40, 1.0),
            ("response 200 application/json", "/status", "type", "string", 40, 1.0)]  # fmt: skip
    for path, values in (("/team", ("bert", "anna")), ("/tags/[]", ("support", "sales")), ("/status", ("open", "closed"))):
        rows += [("response 200 application/json", path, "value", value, 20, 1.0) for value in values]
    found = {field.path: field.enum for field in build(rows)}
    assert found["/team"] == found["/tags/[]"] == () and found["/status"] == ("closed", "open")
