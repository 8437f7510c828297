"""What is read from the JSON of a post, trace by trace."""

from __future__ import annotations

import json

import pytest

from metlo_auto.collector.ingest import transport


@pytest.fixture(params=["with orjson", "without"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without":
        monkeypatch.setattr(transport, "orjson", None)
    elif transport.orjson is None:
        pytest.skip("orjson is not installed")


@pytest.mark.parametrize(
    "text",
    ["[1]", '[{"a": "é"}, {"b": [1, {}]}]', ' [ 1 ,\n\t"]," , [] ] \r\n', '\ufeff[{"a":1}]', '["\\ud800", "\\u0000"]'],
)
def test_each_item_comes_with_json_that_says_the_same(text: str) -> None:
    items = transport.parse_items(text.encode())
    assert [item for item, _ in items] == json.loads(text.encode())
    if transport.orjson is None:
        assert [json.loads(own or "") for _, own in items] == [item for item, _ in items]
    else:
        assert all(own is None for _, own in items)


@pytest.mark.parametrize(("text", "wanted"), [("[]", []), ("{}", [{}]), ("", [{}]), ('{"a": [1, 2]}', [{"a": [1, 2]}])])
def test_what_is_no_filled_list_is_its_items_or_one(text: str, wanted: list[object]) -> None:
    assert transport.parse_items(text.encode()) == [(item, None) for item in wanted]


@pytest.mark.parametrize("text", ["[1", "[1,]", "[1] 2", "[1 2]", "[,1]", "1", "[NaN]", "[" * 100_000])
def test_what_is_not_json_is_refused_whole(text: str) -> None:
    with pytest.raises(transport.Refused):
        transport.parse_items(text.encode())
