"""The subcommands: status, export, delete, caps; and what they say when something is missing."""

from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Iterator

import pytest

from metlo_auto.collector import output_files
from metlo_auto.collector.service.requirements_check import complaint, missing
from tests.collector.collector_support import ROOT, Collector, environment, run, trace


def _fill(collector: Collector, number: int = 5, route: str = "/users/{id}") -> None:
    before = collector.status()["accepted_traces"]
    collector.batch([trace(route.replace("{id}", str(i)), route=route, trace_id=str(i)) for i in range(number)])
    collector.settled(before + number)


def test_help_names_every_command(tmp_path: Path) -> None:
    said = run(tmp_path, "--help").stdout
    for command in ("serve", "attach", "status", "openapi", "export", "delete"):
        assert command in said
        assert run(tmp_path, command, "--help").returncode == 0


def test_without_a_command_it_shows_its_help(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 2 and "usage" in done.stdout


def test_status_tells_the_running_page_and_the_counts(collector: Collector) -> None:
    _fill(collector)
    said = run(collector.data_dir, "status").stdout
    assert collector.url + "/?token=" in said
    counts = json.loads(run(collector.data_dir, "status", "--json").stdout)
    assert (counts["applied_traces"], counts["lost_traces"]) == (5, 0)
    collector.stop()
    assert run(collector.data_dir, "status").stdout.startswith("not running")


def test_export_gives_every_kept_trace_as_it_came(collector: Collector, tmp_path: Path) -> None:
    sent = [trace("/a", route="/a", response_body='{"é": "\\ud800"}', trace_id=str(i)) for i in range(450)]
    collector.batch(sent)
    collector.settled(450)
    lines = run(collector.data_dir, "export").stdout.splitlines()
    assert [json.loads(line) for line in lines] == sent


def test_export_writes_a_har_that_is_whole_json(collector: Collector, tmp_path: Path) -> None:
    page = [{"name": "q", "value": "a b"}]
    collector.batch([trace("/a", "POST", 201, parameters=page, request_body="{}", response_body="[]", duration=12.5)])
    collector.settled(1)
    target = tmp_path / "traffic.har"
    assert run(collector.data_dir, "export", "--format", "har", "--out", str(target)).returncode == 0
    log = json.loads(target.read_text())["log"]
    [entry] = log["entries"]
    assert (log["version"], entry["time"]) == ("1.2", 12.5)
    assert entry["request"]["url"] == "http://shop.example/a?q=a+b"
    assert entry["request"]["postData"] == {"mimeType": "application/json", "text": "{}"}
    assert entry["response"]["content"]["text"] == "[]"


def test_export_of_one_endpoint(collector: Collector) -> None:
    _fill(collector, 3)
    _fill(collector, 2, "/orders/{id}")
    done = run(collector.data_dir, "export", "--endpoint", "GET /orders/{id}")
    assert done.stdout.count("\n") == 2
    unknown = run(collector.data_dir, "export", "--endpoint", "GET /nothing")
    assert unknown.returncode == 2 and "GET /nothing" in unknown.stderr


@pytest.mark.parametrize("command", [("export", "--endpoint"), ("delete", "--yes", "--endpoint")])
def test_an_endpoint_that_there_is_none_of_names_the_nearest(collector: Collector, command: tuple[str, ...]) -> None:
    _fill(collector)
    done = run(collector.data_dir, *command, "GET /user/{id}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "metlo-collector: there is no endpoint 'GET /user/{id}'; did you mean 'GET /users/{id}'?\n"


def test_a_file_is_replaced_and_a_link_or_a_pipe_stays_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("before")
    (tmp_path / "link").symlink_to("real")
    os.mkfifo(tmp_path / "pipe")
    output_files.write(str(tmp_path / "link"), ["now"])
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "now"
    with subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE) as reader:
        output_files.write(str(tmp_path / "pipe"), ["through ", "it"])
        assert reader.communicate(timeout=20)[0] == b"through it"
    assert (tmp_path / "pipe").is_fifo() and sorted(os.listdir(tmp_path)) == ["link", "pipe", "real"]


def test_a_file_that_cannot_be_finished_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("before")

    def fails() -> Iterator[str]:
        yield "half"
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        output_files.write(str(tmp_path / "file"), fails())
    assert (tmp_path / "file").read_text() == "before" and os.listdir(tmp_path) == ["file"]


def test_standard_output_by_its_name_takes_what_else_is_printed_too(tmp_path: Path) -> None:
    done = run(tmp_path, "findings", "--junit", "/dev/stdout")
    assert done.returncode == 0 and done.stdout.startswith("<?xml") and done.stdout.endswith("\n0 findings\n"), done.stdout


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
@pytest.mark.parametrize("command", ["endpoints", "openapi", "status"])
@pytest.mark.parametrize("into", [">/dev/full", ">&-"])
def test_output_that_cannot_be_written_is_one_line(tmp_path: Path, command: str, into: str) -> None:
    script = f"exec {shlex.quote(sys.executable)} -m metlo_auto.collector {command} {into}"
    done = subprocess.run(["sh", "-c", script], env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if into == ">/dev/full":
        assert (done.returncode, done.stderr) == (1, "metlo-collector: No space left on device\n")
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_a_file_that_cannot_be_written_is_named_as_it_was_given(tmp_path: Path) -> None:
    done = run(tmp_path, "findings", "--sarif", str(tmp_path / "no" / "a.sarif"))
    assert (done.returncode, done.stderr) == (1, f"metlo-collector: {tmp_path}/no/a.sarif: No such file or directory\n")


def test_a_reader_that_leaves_early_is_no_error_message(collector: Collector) -> None:
    _fill(collector, 400)
    command = [sys.executable, "-m", "metlo_auto.collector", "export"]
    with subprocess.Popen(
        command, env=environment(collector.data_dir), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None and child.stderr is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""


def test_delete_asks_first(collector: Collector) -> None:
    _fill(collector)
    done = run(collector.data_dir, "delete", "--all", stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "--yes" in done.stderr
    assert len(collector.get("/api/local/traces")) == 5


def test_nothing_waits_for_the_answer_of_a_person(collector: Collector) -> None:
    _fill(collector)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "metlo_auto.collector", "delete", "--all"]
    with subprocess.Popen(command, env=environment(collector.data_dir), stdin=theirs, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert os.read(child.stdout.fileno(), 100).startswith(b"Delete everything?")
        _fill(collector)
        os.write(ours, b"y\n")
        assert child.wait(30) == 0
    os.close(ours)
    os.close(theirs)
    assert collector.get("/api/local/traces") == []


def test_delete_raw_leaves_the_inventory(collector: Collector) -> None:
    _fill(collector)
    assert run(collector.data_dir, "delete", "--raw", "--yes").returncode == 0
    assert collector.get("/api/local/traces") == []
    assert [e["calls"] for e in collector.get("/api/local/endpoints")] == [5]
    assert collector.status()["sample_bytes"] == 0


def test_what_was_deleted_is_gone_from_the_disk(collector: Collector) -> None:
    collector.batch([trace("/users/1", route="/users/{id}", response_body="x" * 500_000 + "canary-on-disk")])
    collector.settled(1)
    assert run(collector.data_dir, "delete", "--all", "--yes").returncode == 0
    files = [file for file in collector.data_dir.iterdir() if "collector.db" in file.name]
    assert sum(file.stat().st_size for file in files) < 400_000
    assert not [file for file in files if b"canary-on-disk" in file.read_bytes()]


def test_delete_of_one_endpoint_leaves_the_others(collector: Collector) -> None:
    _fill(collector, 3)
    _fill(collector, 2, "/orders/{id}")
    assert run(collector.data_dir, "delete", "--endpoint", "GET /users/{id}", "--yes").returncode == 0
    assert [e["route"] for e in collector.get("/api/local/endpoints")] == ["/orders/{id}"]
    assert len(collector.get("/api/local/traces")) == 2


def test_after_delete_all_it_counts_from_nothing_and_learns_again(collector: Collector) -> None:
    body = json.dumps({"mail": "ann@shop.example"})
    for _ in range(2):
        collector.batch([trace("/u", route="/u", response_body=body)])
        collector.settled(1)
        [endpoint] = collector.get("/api/local/endpoints")
        assert (endpoint["calls"], endpoint["sensitive"]) == (1, ["email"])
        fields = collector.get("/api/local/endpoints/{}/fields".format(endpoint["id"]))
        assert [claim["example"] for field in fields for claim in field["sensitive"]] != [""]
        assert run(collector.data_dir, "delete", "--all", "--yes").returncode == 0
        status = collector.status()
        assert (status["accepted_traces"], status["applied_traces"], status["lost_traces"]) == (0, 0, 0)


def test_a_retry_after_delete_all_brings_nothing_back(collector: Collector) -> None:
    collector.batch([trace()], "batch-1")
    collector.settled(1)
    run(collector.data_dir, "delete", "--all", "--yes")
    assert collector.batch([trace()], "batch-1").text == "OK"
    assert collector.get("/api/local/endpoints") == []


@pytest.mark.parametrize("cap, kept", [(["--keep-requests", "10"], 10), (["--keep-megabytes", "0"], 0)])
def test_caps_hold_and_what_they_cost_is_counted(tmp_path: Path, cap: list[str], kept: int) -> None:
    collector = Collector(tmp_path, *cap)
    try:
        _fill(collector, 60)
        assert len(collector.get("/api/local/traces")) == kept
        status = collector.status()
        assert (status["expired_traces"], status["applied_traces"]) == (60 - kept, 60)
        assert [e["calls"] for e in collector.get("/api/local/endpoints")] == [60]
    finally:
        collector.stop()


def test_old_requests_expire(tmp_path: Path) -> None:
    collector = Collector(tmp_path)
    twenty_days_ago = datetime.fromtimestamp(time.time() - 20 * 86_400, timezone.utc)
    old = {"requestTimestamp": twenty_days_ago.isoformat()}
    collector.batch([trace("/old", meta=old), trace("/new")])
    collector.settled(2)
    collector.stop()
    collector = Collector(tmp_path)
    try:
        collector.batch([trace("/new")])  # the analyser tidies up before its first work
        collector.settled(3)
        assert [kept["request"]["url"]["path"] for kept in collector.get("/api/local/traces")] == ["/new", "/new"]
    finally:
        collector.stop()


def test_a_store_of_another_kind_names_what_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, "status", "--store", "mysql://user:secret@127.0.0.1:1/x")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "secret" not in done.stderr


def test_a_missing_package_is_named_with_the_command_that_mends_it() -> None:
    assert missing(["json", "no_such_package_of_anyone"]) == ["no_such_package_of_anyone"]
    said = complaint(["flask"], "/usr/bin/python3")
    assert "flask" in said and "/usr/bin/python3 -m pip install 'metlo-auto[collector]'" in said


def test_without_its_packages_the_collector_says_so_in_one_line(tmp_path: Path) -> None:
    bare = [sys.executable, "-S", "-m", "metlo_auto.collector", "status"]  # -S: no site-packages
    env = {**environment(tmp_path), "PYTHONPATH": str(ROOT)}
    done: Any = subprocess.run(bare, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "pip install" in done.stderr
