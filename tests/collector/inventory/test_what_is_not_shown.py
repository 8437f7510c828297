"""Values that say who somebody is, in places where nobody expects them: keys of objects, escapes, names of credentials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from metlo_auto.collector import openapi
from metlo_auto.collector.analysis import masking
from metlo_auto.collector.inventory.export import har_entry
from metlo_auto.collector.inventory.masked_trace import mask_trace, masked_path
from metlo_auto.collector.page.replay import as_curl, as_pytest
from tests.collector.analysed import analysed, classes
from tests.collector.collector_support import trace

FORM = [{"name": "Content-Type", "value": "application/x-www-form-urlencoded"}]
PERSONAL = {
    "phone": "+4930901820",
    "ssn": "219-44-1234",
    "iban": "DE89 3704 0044 0532 0130 00",
    "dni": "12345678Z",
    "nhs": "943 476 5919",
    "card": "4111 1111 1111 1111",
}


def _document(folder: Path, traces: list[dict[str, Any]]) -> tuple[str, set[tuple[str, str]]]:
    with analysed(folder, traces) as connection:
        return json.dumps(openapi.make_document(openapi.read_operations(connection))), classes(connection)


@pytest.mark.parametrize("name", PERSONAL)
@pytest.mark.parametrize("around", ["", "users"])
def test_a_key_that_is_personal_is_no_field(tmp_path: Path, name: str, around: str) -> None:
    body: Any = {PERSONAL[name]: {"age": 3}}
    text, claimed = _document(
        tmp_path, [trace("/t", route="/t", response_body=json.dumps({around: body} if around else body))]
    )
    assert PERSONAL[name] not in text and '"age"' in text
    assert (f"/{around}/{{key}}" if around else "/{key}", name) in claimed


def test_usual_keys_with_digits_stay_fields(tmp_path: Path) -> None:
    keys = ["2024", "line1", "sha256", "utf8", "x_2024_01_02", "p50", "1h", "iso8601", "v1.10.2", "md5sum00112233"]
    text, _ = _document(tmp_path, [trace("/t", route="/t", response_body=json.dumps(dict.fromkeys(keys, 1)))])
    assert [key for key in keys if f'"{key}"' not in text] == ["2024"]


@pytest.mark.parametrize("escape", [quote, quote_plus, lambda text: quote(text, safe="").lower()])
@pytest.mark.parametrize("text", ["ann@example.com door 4711", "+49 30 901820", "219-44-1234 x/y"])
def test_percent_escapes_hide_nothing(text: str, escape: Any) -> None:
    escaped = escape(text)
    if "%" not in escaped:
        pytest.skip("nothing of it is escaped")
    body = f"email={escaped}&page=2"
    made = trace("/t", "POST", route="/t", request_headers=[*FORM, {"name": "Referer", "value": f"https://s.example/?u={escaped}"}],
                 request_body=body, response_body=json.dumps({"next": f"/u?m={escaped}&page=2"}))  # fmt: skip
    for shown in (json.dumps(har_entry(mask_trace(made))), as_curl(made), as_pytest(made, "/t")):
        assert escaped not in shown and "4711" not in shown
    assert "page=2" in masking.in_place(body)


def test_escapes_that_hide_nothing_are_shown() -> None:
    for text in ("a=%7B%22x%22%3A1%7D&b=caf%C3%A9", "100%25", "50% off", "%", "%zz", "x" * 9000 + "%20y"):
        assert masking.in_place(text) == text


def test_more_escapes_than_are_looked_at_are_not_shown() -> None:
    text = " ".join(["a%20b"] * 1_200 + ["ann%40example.com"])
    assert "ann%40" not in masking.in_place(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [("verification_code", "482916"), ("otp", "482915"), ("code", "8f3a9c1e7b2d4f60"), ("inviteCode", "7731"), ("nhs_number", "4857773456"),
     ("ssn", "112233445"), ("dob", "1980"), ("phone_number", "12345"), ("coupon-code", "99001")],
)  # fmt: skip
@pytest.mark.parametrize("place", ["path", "query"])
def test_a_name_that_says_a_class_or_a_code_has_no_example(tmp_path: Path, name: str, value: str, place: str) -> None:
    query = [{"name": name, "value": value}] if place == "query" else []
    made = (
        trace(f"/t/{value}", route=f"/t/{{{name}}}") if place == "path" else trace("/t", route="/t", parameters=query)
    )
    assert value not in _document(tmp_path, [made])[0]


def test_other_parameters_have_one(tmp_path: Path) -> None:
    query = [{"name": "page", "value": "3141"}, {"name": "country_code", "value": "4977"}]
    calls = [trace("/t/2718", route="/t/{order_id}", parameters=query), trace("/rates/EUR", route="/rates/{code}")]
    text, _ = _document(tmp_path, calls)
    assert all(value in text for value in ("2718", "3141", "4977", "EUR"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("nhs_number", "9434765919"), ("token", "8f3a9c1e7b2d4f60"), ("phone", "03090182011"), ("dob", "1980-05-12")],
)
def test_a_step_of_a_path_is_masked_by_its_parameter(name: str, value: str) -> None:
    made = trace(f"/t/{value}/x", route=f"/t/{{{name}}}/x")
    entry = json.dumps(har_entry(mask_trace(made)))
    for shown in (entry, as_curl(made), as_pytest(made, "/t/{x}/x"), masked_path(f"/t/{value}/x", f"/t/{{{name}}}/x")):
        assert value not in shown and "/x" in shown
    assert value in as_curl(made, revealed=True)


def test_other_steps_stay() -> None:
    for path, route in (
        ("/t/12/x", "/t/{id}/x"),
        ("/t/12", "/t/{id}/x"),
        ("/t/{token}", "/t/{token}"),
        ("/t/a%20b", "/t/{slug}"),
        ("", ""),
    ):
        assert masked_path(path, route) == path
