"""Beside other agents, started by their own commands: both work, each request is reported once, our posts by nobody."""

import json
import pathlib
import sys
from typing import Any, Dict, Iterator

import pytest

from tests.launcher.recipes import recipes
from tests.support.installed import Installed, run
from tests.support.recorder import Recorder
from tests.support.venvs import app_venv

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),  # the first run installs all of them
    pytest.mark.skipif(sys.version_info < (3, 9), reason="these agents need Python 3.9"),
]
PACKAGES = [
    "flask", "coverage", "ddtrace", "elastic-apm", "newrelic", "opentelemetry-distro",
    "opentelemetry-instrumentation-flask", "opentelemetry-instrumentation-requests",
    "opentelemetry-instrumentation-urllib3",
]
APP = """
import json, sys
import flask
app = flask.Flask("app")
app.route("/")(lambda: "hello")
for path in ("/", "/none"):
    response = app.test_client().get(path)
    response.get_data()
    response.close()
names = ("ddtrace", "newrelic.core.config", "elasticapm", "opentelemetry.instrumentation.flask", "coverage")
print(json.dumps([name for name in names if name in sys.modules]))
"""
SETTINGS = {
    "OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none",
    "DD_TRACE_ENABLED": "true", "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false", "DD_TRACE_STARTUP_LOGS": "false",
    "ELASTIC_APM_DISABLE_SEND": "true", "ELASTIC_APM_SERVICE_NAME": "test",
    "NEW_RELIC_DEVELOPER_MODE": "true", "NEW_RELIC_LICENSE_KEY": "0" * 40, "NEW_RELIC_APP_NAME": "test",
    "NEW_RELIC_LOG": "stderr",
}
AGENTS = {
    "opentelemetry-instrument": "opentelemetry.instrumentation.flask",
    "elasticapm-run": "elasticapm",
    "ddtrace-run": "ddtrace",
    "newrelic-admin run-program": "newrelic.core.config",
}


@pytest.fixture(scope="module")
def agents() -> pathlib.Path:
    try:
        return app_venv("agents", PACKAGES)
    except RuntimeError as error:
        pytest.skip("the other agents cannot be installed here: %s" % str(error)[-200:])


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as it:
        yield it


def start(metlo: Installed, agents: pathlib.Path, recorder: Recorder, command: str) -> Any:
    environ: Dict[str, str] = metlo.environ(PATH="%s:/usr/bin:/bin" % agents, **dict(recorder.environ(), **SETTINGS))
    (metlo.home / "app.py").write_text(APP)
    return run(command.split() + ["app.py"], environ)


def test_the_document_names_these_orders() -> None:
    orders = [line.split(" metlo-run ")[0] for line in recipes()["agents"].splitlines()]
    assert sorted(orders) == sorted(AGENTS)


@pytest.mark.parametrize("command", AGENTS)
def test_metlo_run_as_the_inner_one(metlo: Installed, agents: pathlib.Path, recorder: Recorder, command: str) -> None:
    done = start(metlo, agents, recorder, command + " metlo-run python")
    assert done.returncode == 0, done.stderr
    assert AGENTS[command] in done.stdout
    assert "metlo" not in done.stderr
    assert sorted(trace["request"]["url"]["path"] for trace in recorder.wait_for(2)) == ["/", "/none"]


@pytest.mark.parametrize("command", ["ddtrace-run", "newrelic-admin run-program"])
def test_those_that_look_for_the_next_sitecustomize_may_be_the_inner_one_too(
    metlo: Installed, agents: pathlib.Path, recorder: Recorder, command: str
) -> None:
    done = start(metlo, agents, recorder, "metlo-run %s python" % command)
    assert done.returncode == 0, done.stderr
    assert AGENTS[command] in done.stdout and "metlo" not in done.stderr
    assert len(recorder.wait_for(2)) == 2


@pytest.mark.parametrize("command", ["opentelemetry-instrument", "elasticapm-run"])
def test_those_that_hide_us_get_one_warning_and_run(
    metlo: Installed, agents: pathlib.Path, recorder: Recorder, command: str
) -> None:
    done = start(metlo, agents, recorder, "metlo-run %s python" % command)
    assert done.returncode == 0 and AGENTS[command] in done.stdout
    warnings = [line for line in done.stderr.splitlines() if "metlo" in line]
    assert len(warnings) == 1 and warnings[0].endswith("the right order is: %s metlo-run python app.py" % command)
    assert recorder.traces == []


def test_opentelemetry_sees_the_requests_of_the_app_and_not_our_posts(
    metlo: Installed, agents: pathlib.Path, recorder: Recorder
) -> None:
    done = start(metlo, agents, recorder, "opentelemetry-instrument metlo-run python")
    recorder.wait_for(2)
    decoder = json.JSONDecoder()
    kinds, rest = [], done.stdout
    while "{" in rest:
        span, end = decoder.raw_decode(rest[rest.index("{") :])
        kinds.append(span["kind"])
        rest = rest[rest.index("{") + end :]
    assert kinds == ["SpanKind.SERVER"] * 2


def test_coverage_measures_the_app(metlo: Installed, agents: pathlib.Path, recorder: Recorder) -> None:
    (metlo.home / ".coverage").unlink() if (metlo.home / ".coverage").exists() else None
    done = start(metlo, agents, recorder, "metlo-run coverage run")
    assert done.returncode == 0, done.stderr
    assert "coverage" in done.stdout and len(recorder.wait_for(2)) == 2
    assert (metlo.home / ".coverage").exists()
