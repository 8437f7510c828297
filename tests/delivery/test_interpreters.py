"""Several interpreters in one process, each with a delivery of its own, share a spool folder: nothing is taken twice.

The kernel's locks are of the process and keep no other interpreter of it out.
"""

import collections
import json
import subprocess
import sys

import pytest

from tests.delivery.serving import ROOT
from tests.delivery.settings import adds_up
from tests.delivery.test_exits import PRELUDE
from tests.support.faulty_collector import FaultyCollector, first, way

pytestmark = [
    pytest.mark.core,
    pytest.mark.skipif(
        sys.version_info < (3, 12) or sys.implementation.name != "cpython", reason="interpreters need Python 3.12"
    ),
]

PROGRAM = """
import sys, threading
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
def create():
    try:
        return interpreters.create("legacy")
    except TypeError:
        return interpreters.create(isolated=False)
made = []  # an interpreter whose name is dropped ends
def run(code):
    made.append(create())
    result = interpreters.run_string(made[-1], code)
    if result is not None:
        print(result, file=sys.stderr)
threads = [threading.Thread(target=run, args=(code,)) for code in {codes!r}]
for thread in threads: thread.start()
for thread in threads: thread.join()
sys.stdout.flush()
import os
os._exit(0)
"""

LOCK = """
import sys
sys.path.insert(0, {root!r})
from metlo_auto.delivery.spool.folder import Folder
folder = Folder({path!r})
folder.prepare()
"""
TAKES = LOCK + "print('{name}', folder.lock(), folder.inherit('batch.held'), folder.lock(), flush=True)\n"


def run(codes):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(codes=codes)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=110
    )
    assert done.returncode == 0 and b"Error" not in done.stderr.replace(b"ReadTimeout", b""), done.stderr.decode()[-3000:]
    return done.stdout.decode().splitlines()


def test_what_one_interpreter_has_locked_another_does_not_get(tmp_path):
    path = str(tmp_path / "spool" / "folder")
    ready, over = tmp_path / "ready", tmp_path / "over"
    waits = "import os, time\nwhile not os.path.exists(%r): time.sleep(0.01)\n"
    holds = (
        LOCK + "assert folder.lock()\nfolder.hold('batch', [b'x'])\nopen({ready!r}, 'w').close()\n" + waits % str(over)
        + "print('holder', folder.lock(), folder.settle('batch', True), flush=True)\nfolder.unlock()\n"
    )  # fmt: skip
    asks = waits % str(ready) + TAKES + "open({over!r}, 'w').close()\n"
    named = {"root": str(ROOT), "path": path, "ready": str(ready), "over": str(over), "name": "asker"}
    said = run([holds.format(**named), asks.format(**named)])
    assert sorted(said) == ["asker False False False", "holder True True"]
    assert run([TAKES.format(**named)]) == ["asker True False True"]  # and all is given back with the process


def test_each_trace_arrives_once_after_an_outage_and_each_interpreter_counts_its_own(tmp_path):
    work = """
for index in range(30):
    submit("{name}-%d" % index)
    time.sleep(0.05)
end = time.monotonic() + 60
spool = Path({tmp!r}) / "spool"
while time.monotonic() < end and (delivery.stats()["queued"] or list(spool.glob("*/*.batch*"))):
    time.sleep(0.1)
with open({out!r}, "w") as file:
    json.dump(delivery.stats(), file)
"""
    names = ["one", "two"]
    with FaultyCollector(first(3, way("hang"))) as collector:
        codes = []
        for name in names:
            prelude = PRELUDE.format(root=str(ROOT), host=collector.host, tmp=str(tmp_path), options={"timeout": 0.5})
            codes.append(prelude + work.format(name=name, tmp=str(tmp_path), out=str(tmp_path / name)))
        run(codes)
        collector.wait_for(["%s-%d" % (name, index) for name in names for index in range(30)])
        stored = collections.Counter(name for post in collector.posts[3:] for name in post.ids)
    assert max(stored.values()) == 1
    stats = [json.loads((tmp_path / name).read_text()) for name in names]
    for each in stats:
        assert adds_up(each) and each["spooled"] >= 0, each
    assert sum(each["sent"] + each["recovered"] for each in stats) == 60
