"""Each measurement runs and says something; how fast anything is, is not asked here."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Other tests run meanwhile, and have deadlines.
COMMAND = [sys.executable, str(ROOT / "scripts" / "bench"), "--among-others"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1500),  # the first makes the environments, and only one measures at a time
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measures with Linux's books"),
    pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed"),
]


def bench(results, *arguments):
    """What it said and its JSON."""
    command = [*COMMAND, "--results", str(results), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    if "could not install" in done.stderr:
        pytest.skip("no package index: " + done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout, json.loads((results / (arguments[0] + ".json")).read_text())


def test_overhead_delivers_every_trace_of_every_row_and_draws(tmp_path):
    said, result = bench(
        tmp_path, "overhead", "--rows", "hello", "form", "--workers", "sync", "--rounds", "1", "--seconds", "1")
    assert "hello, gunicorn sync" in said and "form, gunicorn sync" in said
    for row in result["rows"]:
        assert set(row["costs"]) == {"metlo-auto", "metlo-auto[speed]", "metlo 0.0.17"}
        assert all(cost["delivered"] == 1.0 for cost in row["costs"].values())
        assert all(sample["requests"] > 0 for samples in row["samples"].values() for sample in samples)
    assert (tmp_path / "overhead.svg").read_text().lstrip().startswith("<?xml")


def test_results_name_versions_and_machine_but_neither_host_nor_paths(tmp_path):
    _, result = bench(tmp_path, "overhead", "--rows", "hello", "--workers", "sync", "--rounds", "1", "--seconds", "1",
                      "--variants", "metlo-auto")
    assert result["versions"]["bare"]["flask"] and result["versions"]["metlo-auto"]["metlo-auto"]
    assert result["cores"] == os.cpu_count() and result["processor"] and result["date"].endswith("UTC")
    assert os.uname().nodename not in json.dumps(result)
    assert str(ROOT) not in json.dumps(result)


def test_hotpath_sees_every_part_of_a_request(tmp_path):
    said, result = bench(tmp_path, "hotpath", "--rounds", "1", "--seconds", "1", "--variants", "metlo-auto")
    steps = result["rows"][0]["steps"]
    assert {"before the answer", "after the answer", "sender"} <= {step["when"] for step in steps}
    assert all(step["us"] >= 0 for step in steps)
    assert "undisturbed" in said


def test_startup_compares_each_task_with_the_bare_command(tmp_path):
    said, result = bench(tmp_path, "startup", "--rounds", "2")
    assert {row["variant"] for row in result["rows"]} == {"bare", "metlo-auto"}
    assert all(len(row["times"]) == len(row["bare"]) == 2 for row in result["rows"])
    assert "armed child" in said


def test_latency_loads_all_at_the_same_rate(tmp_path):
    said, result = bench(tmp_path, "latency", "--workers", "sync", "--rounds", "1", "--seconds", "1",
                         "--variants", "metlo-auto")
    waits = result["rows"][0]["waits"]
    assert waits["bare"][0]["requests"] == waits["metlo-auto"][0]["requests"] > 0
    assert "p99.9" in said


def test_growth_has_a_point_for_each_size_and_draws(tmp_path):
    _, result = bench(tmp_path, "growth", "--series", "headers", "--rounds", "1", "--variants", "metlo-auto")
    points = result["series"]["headers"]["variants"]["metlo-auto"]
    assert [point["at"] for point in points] == [0, 10, 20, 40, 80]
    assert (tmp_path / "growth.svg").exists()


def test_collector_analyses_all_that_it_accepted(tmp_path):
    _, result = bench(tmp_path, "collector", "--seconds", "1")
    assert result["analysed"] == result["accepted"] >= result["analysed_meanwhile"] >= 0  # none in so short a time, maybe
    assert result["accepted"] % 100 == 0 and result["singles"] > 0


def test_collector_traces_tells_disk_and_pages_and_totals_are_exact(tmp_path):
    said, result = bench(tmp_path, "collector", "--traces", "4000", "--endpoints", "30")
    status = result["status"]
    assert result["sent"] == result["calls"] == status["accepted_traces"] == status["applied_traces"] >= 4000
    assert (status["lost_traces"], result["endpoints"]) == (0, 30)
    assert [moment[0] for moment in result["moments"]] == sorted(moment[0] for moment in result["moments"])
    assert all(0 < page[2] <= page[3] for page in result["pages"]) and "MB on disk" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_measurement_that_is_killed_leaves_no_server_behind(number, tmp_path):
    psutil = pytest.importorskip("psutil")
    bench(tmp_path, "overhead", "--rows", "hello", "--workers", "sync", "--rounds", "1", "--seconds", "1",
          "--variants", "metlo-auto")  # so that everything is installed
    command = [*COMMAND, "--results", str(tmp_path), "overhead", "--rows", "hello", "--workers", "sync",
               "--rounds", "9", "--seconds", "30", "--variants", "metlo-auto"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        started, end = [], time.monotonic() + 600  # only one measures at a time
        while not any("wrk" in " ".join(process.cmdline()) for process in started if process.is_running()):
            assert running.poll() is None and time.monotonic() < end
            started = psutil.Process(running.pid).children(recursive=True)
            time.sleep(0.1)
        assert any("gunicorn" in " ".join(process.cmdline()) for process in started)
    finally:
        running.send_signal(number)
    running.wait(60)
    assert psutil.wait_procs(started, timeout=30)[1] == []
