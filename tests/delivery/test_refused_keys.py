"""What a refused key leaves on disk is named, and sent or deleted by one command."""

import json
import os
import subprocess
import sys
import time

import pytest

from metlo_auto.delivery.spool.folders import all_folders
from tests.delivery.serving import ROOT
from tests.delivery.settings import make_trace, wait_for_stats
from tests.support.faulty_collector import FaultyCollector
from tests.support.serving import clean_environ


def run(collector, tmp_path, *words, key="the-new-key-of-now"):
    env = clean_environ(tmp_path, PYTHONPATH=str(ROOT), METLO_HOST=collector.host, METLO_API_KEY=key,
                        METLO_SPOOL_DIR=str(tmp_path / "spool"), METLO_ENV_FILE="off")  # fmt: skip
    return subprocess.run([sys.executable, "-m", "metlo_auto", *words], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True, timeout=60)  # fmt: skip


@pytest.fixture
def refused(tmp_path, deliver):
    """A collector, and what an app left that had the wrong key, three hours ago."""
    with FaultyCollector(key="the-new-key-of-now") as collector:
        app = deliver(collector.host, tmp_path, api_key="the-old-key-of-then")
        for name in range(700):
            app.submit(make_trace(name))
        wait_for_stats(app, lambda stats: stats["errors"] > 0)
        app.end()
        assert app.stats()["spooled"] == 700 and not collector.arrived
        [waiting] = all_folders(str(tmp_path / "spool"))
        folder = tmp_path / "spool" / waiting.name
        for file in folder.glob("*.batch"):
            born = int((time.time() - 3 * 3600) * 1e6)
            file.rename(folder / ("%018d" % born + file.name[18:]))
        yield collector, waiting.name


def test_check_names_what_waits_under_a_refused_key(refused, tmp_path):
    collector, name = refused
    done = run(collector, tmp_path, "--check")
    assert "700 traces wait under the key that ends in then, which the collector refused, the oldest for 3 hours" in done.stdout
    assert "metlo-run --spool send %s" % name in done.stdout and "metlo-run --spool delete %s" % name in done.stdout
    assert "the-old-key" not in done.stdout
    found = json.loads(run(collector, tmp_path, "--check", "--json").stdout)
    assert "spool_of_another_key" in json.dumps(found)
    own = run(collector, tmp_path, "--check", key="the-old-key-of-then").stdout
    assert "700 traces wait there, the oldest for 3 hours; the collector refused the key the last time" in own


@pytest.mark.parametrize("named", [True, False], ids=["named", "all"])
def test_what_was_refused_is_sent_under_the_present_key(named, refused, tmp_path):
    collector, name = refused
    done = run(collector, tmp_path, "--spool", "send", *([name] if named else []))
    assert done.returncode == 0, done.stderr
    assert "700 traces wait under METLO_API_KEY now" in done.stderr and "all of them were sent" in done.stderr
    collector.assert_once(range(700))
    assert not all_folders(str(tmp_path / "spool"))


def test_what_cannot_be_sent_now_waits_for_the_app(refused, tmp_path, deliver):
    collector, name = refused
    collector.stop()
    done = run(collector, tmp_path, "--spool", "send")
    assert done.returncode == 1 and "700 traces still wait" in done.stderr
    collector.start()
    app = deliver(collector.host, tmp_path, api_key="the-new-key-of-now")
    app.submit(make_trace("new"))
    collector.wait_for(["new", *range(700)])


def test_what_was_refused_is_deleted(refused, tmp_path):
    collector, name = refused
    listed = run(collector, tmp_path, "--spool", "list")
    assert listed.returncode == 0 and name in listed.stdout and "700 traces" in listed.stdout
    done = run(collector, tmp_path, "--spool", "delete")
    assert done.returncode == 0 and "700 traces deleted" in done.stderr
    assert not all_folders(str(tmp_path / "spool")) and not collector.arrived
    assert "nothing waits" in run(collector, tmp_path, "--spool", "list").stdout


def test_what_was_not_refused_is_only_touched_by_its_name(refused, tmp_path):
    collector, name = refused
    os.unlink(str(tmp_path / "spool" / name / "refused"))
    for verb in ("send", "delete"):
        done = run(collector, tmp_path, "--spool", verb)
        assert done.returncode == 1 and "name a folder" in done.stderr
    assert run(collector, tmp_path, "--spool", "delete", "../" + name).returncode == 1
    assert [each.traces for each in all_folders(str(tmp_path / "spool"))] == [700]
    assert run(collector, tmp_path, "--spool", "delete", name).returncode == 0
    assert not all_folders(str(tmp_path / "spool"))


def test_a_key_that_is_taken_again_is_not_said_to_be_refused(refused, tmp_path, deliver):
    collector, name = refused
    collector.key = "the-old-key-of-then"
    app = deliver(collector.host, tmp_path, api_key="the-old-key-of-then")
    app.submit(make_trace("new"))
    collector.wait_for(["new", *range(700)])
    end = time.monotonic() + 20
    while (tmp_path / "spool" / name / "refused").exists():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("words, said", [
    (["--spool"], "--spool wants list, send or delete"), (["--spool", "sen"], "--spool knows list, send and delete"),
    (["--spool=list", "x"], ""),
])
def test_what_is_mistyped_is_said(words, said, refused, tmp_path):
    done = run(refused[0], tmp_path, *words)
    assert said in done.stderr and done.returncode == (2 if said else 0)
