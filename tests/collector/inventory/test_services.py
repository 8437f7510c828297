"""Endpoints belong to services: apps with the same routes and hosts, or with many hosts, are told apart and kept together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml

from metlo_auto.collector.analysis.analysis_state import MOST_HOSTS, MOST_SERVICES, AnalysisState
from metlo_auto.collector.store.inbox import Filed
from tests.collector.analysed import admitted, analysed
from tests.collector.collector_support import ROOT, Collector, run, trace

SERVICES = ("billing", "mail", "search", "shop")
LEAK = json.dumps({"email": "ann.smith@example.com", "id": 7})


def _traces() -> Iterator[dict[str, Any]]:
    for number, service in enumerate(SERVICES):
        meta = {"service": service}
        for host in ("localhost:5000", f"10.0.0.{number}:8000"):  # one development server after the other, and pods
            yield trace("/health", route="/health", host=host, meta=meta, response_body=json.dumps({service: True}))
            yield trace("/users/1", route="/users/{id}", host=host, meta=meta, response_body=LEAK if service == "mail" else "{}")
    yield trace("/fails", route="/fails", host="localhost:5000", status=500, meta={"service": "search"})
    yield trace("/nowhere", host="localhost:5000", status=404, meta={"service": "search"})


def _routes(service: str) -> dict[str, Any]:
    def rule(path: str, line: int) -> dict[str, Any]:
        return {"methods": ["GET"], "rule": path, "endpoint": path, "file": f"{service}/views.py", "line": line}

    rules = [rule("/health", 3), rule("/users/<int:id>", 7), rule(f"/only-{service}", 9)]
    return {"app": "app", "service": service, "instance": 0, "mount": "", "routes": rules}


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A collector that four apps report to, which all call themselves `app` and have the same routes."""
    collector = Collector(tmp_path_factory.mktemp("services"))
    for service in SERVICES:
        assert collector.post("/api/local/routes", _routes(service)).status_code == 200
    listed = list(_traces())
    assert collector.batch(listed).status_code == 200
    collector.settled(len(listed))
    yield collector
    collector.stop()


def _page(collector: Collector, path: str) -> str:
    answer = collector.session.get(collector.url + path, headers={"Authorization": collector.key}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_each_has_its_endpoints_whatever_the_host(four: Collector) -> None:
    listed = {(e["service"], e["route"]): e for e in four.get("/api/local/endpoints")}
    assert set(listed) == {(service, route) for service in SERVICES for route in ("/health", "/users/{id}")} | {("search", "/fails")}
    for number, service in enumerate(SERVICES):
        found = listed[service, "/health"]
        assert (found["calls"], found["hosts"]) == (2, [f"10.0.0.{number}:8000", "localhost:5000"])
        fields = four.get(f"/api/local/endpoints/{found['id']}/fields")
        assert {field["path"] for field in fields if field["section"].startswith("response")} == {"", f"/{service}"}
    assert [e["service"] for e in listed.values() if e["sensitive"]] == ["mail"]


def test_routes_and_findings_are_their_own(four: Collector) -> None:
    compared = four.get("/api/local/routes")
    assert {(r["service"], r["template"]) for r in compared["never_called"]} == {(s, f"/only-{s}") for s in SERVICES}
    assert [(e["service"], e["route"]) for e in compared["not_declared"]] == [("search", "/fails")]
    leaks = [f for f in four.get("/api/local/findings") if f["kind"] == "anonymous-data"]
    assert [(f["service"], f["file"], f["line"]) for f in leaks] == [("mail", "mail/views.py", 7)]
    assert {f["service"] for f in four.get("/api/local/findings?service=search")} == {"search"}
    assert {e["service"] for e in four.get("/api/local/endpoints?service=mail")} == {"mail"}


def test_an_app_declares_anew_without_touching_others_of_its_name(four: Collector) -> None:
    four.post("/api/local/routes", _routes("mail"))
    assert len(four.get("/api/local/routes")["declared"]) == 3 * len(SERVICES)


@pytest.mark.parametrize("path", ["/", "/requests", "/findings", "/sensitive", "/tests", "/openapi", "/settings"])
def test_each_page_shows_one_service_where_it_is_asked_for(four: Collector, path: str) -> None:
    everything, page = _page(four, path), _page(four, path + "?service=mail")
    if path not in ("/settings", "/tests"):
        assert ">search<" in everything and "<option>mail</option>" in everything
    if path != "/settings":
        assert "<option selected>mail</option>" in page and 'href="/findings?service=mail"' in page
    assert "/fails" not in page and "/only-search" not in page


def test_pages_show_only_what_is_the_services(four: Collector) -> None:
    assert "ann" in _page(four, "/sensitive?service=mail") and "None found" in _page(four, "/sensitive?service=shop")
    assert _page(four, "/requests?service=search").count('class="when"') == 6  # the 404 too
    assert "Server errors" in _page(four, "/findings?service=search")
    assert "Server errors" not in _page(four, "/findings?service=mail")
    listed = {(e["service"], e["route"]): e for e in four.get("/api/local/endpoints")}
    page = _page(four, "/endpoints/" + listed["mail", "/users/{id}"]["id"])
    assert "mail/views.py:7" in page and 'href="/?service=mail">mail</a>' in page and "10.0.0.1:8000, localhost:5000" in page
    ordered = _page(four, "/?sort=service&method=GET")
    assert ordered.index(">billing</a>") < ordered.index(">mail</a>") < ordered.index(">shop</a>")


def test_each_has_its_document(four: Collector) -> None:
    document = json.loads(_page(four, "/openapi.json?service=search"))
    assert (document["info"]["title"], set(document["paths"])) == ("search", {"/health", "/users/{id}", "/fails"})
    assert {server["url"] for server in document["servers"]} == {"http://localhost:5000", "http://10.0.0.2:8000"}
    schema = document["paths"]["/health"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == {"search"}
    answer = four.session.get(four.url + "/openapi.json", headers={"Authorization": four.key}, timeout=30)
    assert answer.status_code == 400 and "service=billing" in answer.text


@pytest.mark.parametrize("path", ["/", "/requests", "/findings", "/sensitive", "/tests", "/openapi", "/openapi.json"])
def test_a_page_of_an_unknown_service_names_the_nearest(four: Collector, path: str) -> None:
    answer = four.session.get(four.url + path + "?service=serach", headers={"Authorization": four.key}, timeout=30)
    assert answer.status_code == 404 and "did you mean" in answer.text and "search" in answer.text


def test_commands_show_one_service(four: Collector) -> None:
    def said(*arguments: str) -> Any:
        done = run(four.data_dir, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert [e["route"] for e in json.loads(said("endpoints", "--service", "search", "--json"))] == ["/fails", "/health", "/users/{id}"]
    assert "2 endpoints" in said("endpoints", "--service", "mail", "--for-host", "10.0.0.1:8000")
    assert "mail (10.0.0.1:8000, localhost:5000)" in said("endpoints")
    assert {f["service"] for f in json.loads(said("findings", "--service", "mail", "--json"))} == {"mail"}
    told = json.loads(said("routes", "--service", "shop", "--json"))
    assert [(r["service"], r["template"]) for r in told["never_called"]] == [("shop", "/only-shop")]
    assert told["not_declared"] == []
    exported = [json.loads(line) for line in said("export", "--service", "search").splitlines()]
    assert {t["meta"]["service"] for t in exported} == {"search"} and len(exported) == 6
    document = yaml.safe_load(said("openapi", "--service", "search", "--yaml"))
    assert document["info"]["title"] == "search" and set(document["paths"]["/fails"]["get"]["responses"]) == {"500"}
    together = json.loads(said("openapi", "--all"))
    assert together["paths"]["/health"]["get"]["x-services"] == list(SERVICES)
    assert together["paths"]["/fails"]["get"]["x-services"] == ["search"]


def test_findings_of_two_services_have_fingerprints_of_their_own(tmp_path: Path) -> None:
    from metlo_auto.collector.inventory.finding_reports import fingerprint
    from metlo_auto.collector.inventory.findings import find_all

    same = {"route": "/u", "response_body": LEAK}
    traces = [trace("/u", host=host, meta={"service": name}, **same) for name in ("a", "b") for host in ("h:1", "h:2")]
    with analysed(tmp_path, [*traces, *(trace("/u", host=host, **same) for host in ("h:1", "h:2"))]) as connection:
        found = [f for f in find_all(connection, 0.0) if f.kind.name == "anonymous-data"]
    marks = {f.endpoint.service: fingerprint(f) for f in found}
    assert set(marks) == {"a", "b", "h:1", "h:2"}
    assert marks["h:1"] == marks["h:2"] and len(set(marks.values())) == 3  # a port says nothing


@pytest.mark.parametrize("command", ["endpoints", "findings", "routes", "openapi", "export"])
def test_an_unknown_service_is_an_error_that_names_the_nearest(four: Collector, command: str) -> None:
    done = run(four.data_dir, command, "--service", "serach")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "metlo-collector: there is no service 'serach'; did you mean 'search'?\n"


def test_security_tests_refuse_an_unknown_service(four: Collector) -> None:
    done = run(four.data_dir, "test", four.url, "--service", "serach", "--dry-run")
    assert done.returncode == 2 and "did you mean 'search'?" in done.stderr


@pytest.mark.parametrize("more", [(), ("--check", "FILE"), ("--yaml",)])
def test_the_document_of_one_of_several_services_has_to_be_chosen(four: Collector, tmp_path: Path, more: tuple[str, ...]) -> None:
    file = tmp_path / "api.json"
    assert run(four.data_dir, "openapi", "--service", "mail", "--out", str(file)).returncode == 0
    done = run(four.data_dir, "openapi", *(str(file) if word == "FILE" else word for word in more))
    assert (done.returncode, done.stdout) == (2, "")
    assert "4 services were called: billing, mail, search, shop" in done.stderr and "--service NAME" in done.stderr
    assert run(four.data_dir, "openapi", "--check", str(file), "--service", "mail").returncode == 0
    assert run(four.data_dir, "openapi", "--check", str(file), "--service", "search").returncode == 1


def test_the_app_stands_for_its_service_and_the_host_for_both(tmp_path: Path) -> None:
    told = [{"service": "s", "app": "a"}, {"app": "a"}, {"service": " ", "app": ""}, {"service": 7}, {}]
    with analysed(tmp_path, [trace("/x", route="/x", host="H.example", meta=meta) for meta in told]) as connection:
        from metlo_auto.collector.inventory.queries import list_endpoints

        assert {(e.service, e.calls) for e in list_endpoints(connection)} == {("s", 1), ("a", 1), ("h.example", 3)}


def test_what_neither_agent_nor_host_names_is_a_service_that_can_be_asked_for(tmp_path: Path) -> None:
    collector = Collector(tmp_path)
    try:
        collector.batch([trace("/x", route="/x", host=""), trace("/y", route="/y", meta={"service": "mail"})])
        collector.settled(2)
        assert {e["service"] for e in collector.get("/api/local/endpoints")} == {"unnamed", "mail"}
        assert [e["route"] for e in collector.get("/api/local/endpoints?service=unnamed")] == ["/x"]
        assert "/y" not in _page(collector, "/?service=unnamed") and "/x" in _page(collector, "/?service=unnamed")
        assert "/x" in run(collector.data_dir, "endpoints", "--service", "unnamed").stdout
    finally:
        collector.stop()


@pytest.mark.parametrize("what", ["endpoints", "findings"])
def test_the_api_asked_for_an_unknown_service_names_the_nearest(four: Collector, what: str) -> None:
    answer = four.session.get(f"{four.url}/api/local/{what}?service=serach", headers={"Authorization": four.key}, timeout=30)
    assert (answer.status_code, answer.text) == (404, "there is no service 'serach'; did you mean 'search'?\n")


def test_hosts_of_a_service_fold_and_services_stay_few() -> None:
    hosts = [trace("/x", route="/x", host=f"10.0.0.{n}", meta={"service": "pods"}) for n in range(50)]
    services = [trace("/x", route="/x", meta={"service": f"s{n}"}) for n in range(MOST_SERVICES + 40)]
    result = admitted([Filed(1, 1e9, 1, 590, json.dumps(hosts + services).encode())], AnalysisState())
    pods = [row for row in result.endpoints.values() if row["service"] == "pods"]
    assert [row["calls"] for row in pods] == [50]
    of_pods = {host: n for (name, host), n in result.hosts.items() if name == pods[0]["id"]}
    assert len(of_pods) == MOST_HOSTS + 1 and of_pods["*"] == 50 - MOST_HOSTS
    assert len({row["service"] for row in result.endpoints.values()}) == MOST_SERVICES + 1
    assert result.counts["other_service_traces"] == 41


SUITE = '''
import json
from flask import Flask

app = Flask("{name}")

@app.get("/items/<int:item>")
def item(item):
    return {{"{name}": item}}

def test_item():
    assert app.test_client().get("/items/3").json == {{"{name}": 3}}
'''


@pytest.mark.slow
def test_two_suites_with_the_same_routes_in_one_data_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name in ("stock", "orders"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"test_{name}.py").write_text(SUITE.format(name=name))
        environ = {**os.environ, "METLO_COLLECTOR_DATA_DIR": str(data), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "metlo_auto", "--local", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=90)
        assert done.returncode == 0, done.stdout + done.stderr
    listed = json.loads(run(data, "endpoints", "--json").stdout)
    assert [(e["service"], e["route"], e["calls"], e["hosts"]) for e in listed] == [
        ("orders", "/items/{item}", 1, ["localhost"]), ("stock", "/items/{item}", 1, ["localhost"]),
    ]  # fmt: skip
    assert run(data, "openapi").returncode == 2
