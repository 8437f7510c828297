"""Everything that hangs on the blueprint; importing this module makes it whole."""

from __future__ import annotations

from metlo_auto.collector.page import (
    docs_view,
    endpoint_view,
    errors,
    export_view,
    filters,
    findings_view,
    home,
    live_updates,
    openapi_view,
    requests_view,
    sensitive_view,
    settings_view,
    tests_view,
)
from metlo_auto.collector.page.blueprint import blueprint

__all__ = [
    "blueprint",
    "docs_view",
    "endpoint_view",
    "errors",
    "export_view",
    "filters",
    "findings_view",
    "home",
    "live_updates",
    "openapi_view",
    "requests_view",
    "sensitive_view",
    "settings_view",
    "tests_view",
]
