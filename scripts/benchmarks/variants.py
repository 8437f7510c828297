"""Who attends the app: nobody, this agent, Metlo's own, its peers; how each is installed and started."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from benchmarks import venvs

KEY = "bench-key"


class Variant(NamedTuple):
    """One agent. `launcher` stands before gunicorn's command; "{sink}" in `environment` is the collector's URL."""

    name: str
    requirements: tuple[str, ...] = ()
    launcher: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    is_ours: bool = False
    revision: str = ""  # of git; "" is this checkout
    traces: int = 1  # per request
    patience: float = 10.0  # seconds that it may keep the last traces
    is_native: bool = False  # with the compiled way of a request, which needs cargo


BARE = "bare"
_OURS = ("wrapt==2.5.2", "requests==2.34.2", "python-dotenv==1.2.2")
_SPEED = ("orjson==3.13.0",)
# The sink takes what it gets: what is measured is the agent, not the rate that another collector would need.
_METLO = {"METLO_HOST": "{sink}", "METLO_API_KEY": KEY, "METLO_ENV_FILE": "off", "METLO_MAX_RATE": "0"}


def _ours(name: str, extra: tuple[str, ...] = (), revision: str = "", **environment: str) -> Variant:
    return Variant(name, _OURS + extra, ("metlo-run",), dict(_METLO, **environment), True, revision)


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant(BARE),
        _ours("metlo-auto"),
        _ours("metlo-auto[speed]", _SPEED)._replace(is_native=True),
        _ours("metlo-auto-unredacted", METLO_REDACT="none"),
        Variant("metlo 0.0.17", ("metlo==0.0.17",), environment={"BENCH_ATTACH": "metlo"}),
        Variant(
            "opentelemetry",
            (
                "opentelemetry-distro==0.66b1",
                "opentelemetry-instrumentation-flask==0.66b1",
                "opentelemetry-exporter-otlp-proto-http==1.45.1",
            ),
            ("opentelemetry-instrument",),
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "{sink}",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
                "OTEL_METRICS_EXPORTER": "none",
                "OTEL_LOGS_EXPORTER": "none",
                "OTEL_SERVICE_NAME": "bench",
            },
        ),
        Variant(
            "ddtrace",
            ("ddtrace==4.16.0",),
            ("ddtrace-run",),
            {
                "DD_TRACE_AGENT_URL": "{sink}",
                "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
                "DD_REMOTE_CONFIGURATION_ENABLED": "false",
            },
        ),
        Variant("elastic", ("elastic-apm==6.26.2",), environment={"BENCH_ATTACH": "elastic"}),
        Variant("sentry", ("sentry-sdk==2.75.0",), environment={"BENCH_ATTACH": "sentry"}),
        Variant("moesif", ("moesifwsgi==1.10.5",), environment={"BENCH_ATTACH": "moesif"}),
        Variant("apitally", ("apitally[flask]==1.0.0",), environment={"BENCH_ATTACH": "apitally"}, patience=40.0),
    )
}
FIELD = (BARE, "metlo-auto", "metlo-auto[speed]", "metlo 0.0.17")
PEERS = ("opentelemetry", "ddtrace", "elastic", "sentry", "moesif", "apitally")


def variant(name: str) -> Variant:
    """By its name; `NAME@REVISION` is one of ours as it was at that git revision."""
    plain, _, revision = name.partition("@")
    found = VARIANTS.get(plain)
    if found is None or (revision and not found.is_ours):
        raise venvs.Trouble(f"no such variant: {name}; there are {', '.join(VARIANTS)}")
    return found._replace(name=name, revision=revision) if revision else found


def installed(variant: Variant, python: str) -> Path:
    """Its environment's folder."""
    name = "app" if not variant.requirements else "app-" + variant.name.replace(" ", "-").replace("[", "-").strip("]")
    folder = venvs.venv(name, venvs.COMMON + variant.requirements, python)
    if variant.is_ours:
        venvs.install_agent(folder, variant.revision)
    if variant.is_native:
        venvs.install_native(folder, variant.revision)
    return folder
