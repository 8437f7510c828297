"""Exit statuses, bad usage, baselines and what is printed."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.security_tests.scene import Scene, run

FEW = ("--rate", "300", "--only", "exposure,hidden")


@pytest.mark.parametrize(
    "arguments, said",
    [
        ((), "needs the URL"),
        (("ftp://127.0.0.1",), "needs the URL"),
        (("http://127.0.0.1:1", "--as", "alice"), "--as number 1 is not NAME=HEADER:VALUE"),
        (("http://127.0.0.1:1", "--only", "sql"), "--only knows no kind sql"),
        (("http://127.0.0.1:1", "--only", "auth", "--skip", "auth"), "leave no kind"),
        (("http://127.0.0.1:1", "--rate", "-1"), "above 0"),
        (("http://127.0.0.1:1", "--config", "no-such.toml"), "cannot read no-such.toml"),
        (("http://127.0.0.1:1", "--baseline", "no-such.json"), "cannot read no-such.json"),
    ],
)
def test_bad_usage_ends_with_2_and_one_line(tmp_path: Path, arguments: "tuple[str, ...]", said: str) -> None:
    done = run(tmp_path, "test", *arguments)
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_a_target_that_does_not_answer_ends_with_3(tmp_path: Path) -> None:
    done = run(tmp_path, "test", "http://127.0.0.1:1")
    assert done.returncode == 3 and "nothing answers at http://127.0.0.1:1" in done.stderr


def test_a_collector_that_saw_nothing_ends_with_3(clinic_app: Scene, tmp_path: Path) -> None:
    done = run(tmp_path, "test", clinic_app.url)
    assert done.returncode == 3 and "seen no endpoint" in done.stderr


def test_an_unknown_endpoint_ends_with_2(clinic_app: Scene) -> None:
    assert clinic_app.test("--endpoint", "GET /nowhere").status == 2


def test_a_dry_run_sends_nothing_and_says_what_it_would_do(clinic_app: Scene) -> None:
    before = clinic_app.collector.status()["accepted_traces"]
    ran = clinic_app.test("--dry-run")
    assert ran.status == 0 and "GET /v2/visits/{visit}/summary: auth, bola" in ran.out and ran.report == {}
    assert clinic_app.collector.status()["accepted_traces"] == before


def test_fail_on_decides_which_severity_fails(clinic_app: Scene) -> None:
    only_hidden = ("--rate", "300", "--only", "hidden")
    assert clinic_app.test(*only_hidden).status == 0
    assert clinic_app.test(*only_hidden, "--fail-on", "medium").status == 1


def test_a_baseline_accepts_findings_until_its_date(clinic_app: Scene) -> None:
    kept = clinic_app.folder / "known.json"
    first = clinic_app.test(*FEW, "--write-baseline", str(kept))
    assert first.status == 1
    second = clinic_app.test(*FEW, "--baseline", str(kept))
    assert second.status == 0 and second.report["findings"] == []
    assert {f["id"] for f in second.report["accepted"]} == {f["id"] for f in first.report["findings"]}
    data = json.loads(kept.read_text())
    for item in data["accepted"]:
        item["until"] = (date.today() - timedelta(days=1)).isoformat()
    kept.write_text(json.dumps(data))
    assert clinic_app.test(*FEW, "--baseline", str(kept)).status == 1


def test_ids_are_the_same_in_every_run(clinic_app: Scene) -> None:
    one, other = (clinic_app.test(*FEW, "--seed", seed) for seed in ("5", "6"))
    assert [f["id"] for f in one.report["findings"]] == [f["id"] for f in other.report["findings"]]


def test_max_requests_ends_a_run_and_says_what_was_left(clinic_app: Scene) -> None:
    ran = clinic_app.test("--rate", "300", "--max-requests", "25")
    assert ran.report["requests"] <= 25 and "--max-requests" in ran.report["stopped"]
    assert any("--max-requests" in skip["reason"] for skip in ran.report["skipped"])


def test_json_has_the_shape_that_is_documented(clinic_app: Scene) -> None:
    report = clinic_app.test(*FEW).report
    assert {"run", "target", "tested", "requests", "findings", "skipped"} <= set(report)
    assert set(report["findings"][0]) == {
        "id", "kind", "severity", "owasp", "cwe", "method", "route", "service", "file", "line", "identity", "title",
        "evidence", "baseline", "test", "advice",
    }  # fmt: skip
    assert all(set(skip) == {"method", "route", "kind", "reason"} for skip in report["skipped"])


def test_a_login_is_done_from_the_configuration(vulnerable_app: Scene, tmp_path: Path) -> None:
    config = tmp_path / "tests.toml"
    config.write_text(
        "[identity.alice.login]\npath = '/login'\njson = { user = 'alice', password = '${PASSWORD}' }\n"
        "[identity.bob]\nheaders = { Authorization = 'Bearer ${BOB}' }\n"
    )
    bob = vulnerable_app.identities["bob"].rpartition(" ")[2]
    done = run(vulnerable_app.collector.data_dir, "test", vulnerable_app.url, "--config", str(config), "--rate", "300", "--only",
               "bola", "--endpoint", "GET /api/invoices/{invoice_id}", PASSWORD="pw-alice", BOB=bob)  # fmt: skip
    assert done.returncode == 1 and "bola" in done.stdout, done.stdout + done.stderr
    assert run(vulnerable_app.collector.data_dir, "test", vulnerable_app.url, "--config", str(config)).returncode == 2
    wrong = run(vulnerable_app.collector.data_dir, "test", vulnerable_app.url, "--config", str(config), PASSWORD="no", BOB=bob)
    assert wrong.returncode == 3 and "alice cannot sign in" in wrong.stderr
