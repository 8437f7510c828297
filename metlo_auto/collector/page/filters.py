"""Makes the words of `words` and the shapes of `chart` available to templates."""

from __future__ import annotations

import time

from metlo_auto.collector.analysis.shapes import unescape
from metlo_auto.collector.inventory.masked_trace import masked_path
from metlo_auto.collector.page import labels, masking
from metlo_auto.collector.page.blueprint import blueprint


@blueprint.app_template_filter("ago")
def _ago(seconds: float) -> str:
    return labels.ago(time.time() - seconds)


for _named in (
    labels.count,
    labels.short,
    labels.size,
    labels.duration,
    labels.share,
    labels.rate,
    labels.iso,
    labels.clock,
    labels.moment,
    labels.plural,
):
    blueprint.add_app_template_filter(_named)


@blueprint.app_template_filter("class_name")
def _class_name(name: str) -> str:
    return _SHORT.get(name, name.replace("_", " "))


_SHORT = {
    "ssn": "SSN",
    "iban": "IBAN",
    "cpf": "CPF",
    "nhs": "NHS number",
    "dni": "DNI or NIE",
    "ipv4": "IPv4",
    "ipv6": "IPv6",
    "jwt": "JWT",
    "birth_date": "birth date",
}


@blueprint.app_template_filter("field_name")
def _field_name(path: str) -> str:
    """`/items/[]/price` as `items[].price`."""
    return ".".join(unescape(step) for step in path.split("/")[1:]).replace(".[]", "[]") or "whole body"


@blueprint.app_template_filter("section_name")
def _section_name(name: str) -> str:
    """`response 2xx application/json` as `response 2xx`."""
    return " ".join(name.split(" ")[: 2 if name.startswith("response") else 1])


@blueprint.app_template_filter("masked")
def _masked(text: str) -> str:
    return masking.masked("", text)


blueprint.add_app_template_filter(masked_path)
