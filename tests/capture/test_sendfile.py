"""Files go out as without the agent: by the kernel's sendfile, or as waitress's own buffer."""

import json
import os
import shutil
import subprocess

import pytest

from tests.capture.pairs import MARK, header, pair_of, python_for
from tests.support.recorder import Recorder
from tests.support.serving import Server, clean_environ, instrumented, request

SIZE = 3 << 20
WAYS = {"gunicorn-sync": "sendfile", "gunicorn-gthread": "sendfile", "waitress": "buffer"}


def with_file(folder):
    with open(str(folder / "file.bin"), "wb") as file:
        file.write(os.urandom(SIZE))
    return folder


@pytest.fixture(scope="module", params=sorted(WAYS))
def files(request, tmp_path_factory):
    with pair_of(request.param, "files:app", with_file(tmp_path_factory.mktemp("home"))) as made:
        yield made


def counts(pair):
    name = WAYS[pair.kind]
    return [json.loads(server.ask(request("GET", "/counts")).body).get(name, 0) for server in (pair.bare, pair.seen)]


@pytest.mark.parametrize("target", ["/file", "/static-file/file.bin"])
@pytest.mark.parametrize("wanted,size", [(None, SIZE), ("bytes=0-999999", 1000000)])
def test_a_file_goes_out_by_the_servers_own_shortcut(files, target, wanted, size):
    before = counts(files)
    answer, trace = files.ask("GET", target, headers={"Range": wanted} if wanted else ())
    bare, seen = (now - then for now, then in zip(counts(files), before))
    assert len(answer.body) == size
    assert bare == seen
    assert seen > 0 or wanted  # a range is wrapped by Werkzeug, with and without the agent
    assert trace["response"]["body"] == ""
    assert trace["meta"]["responseBody"]["omitted"] == "file"


def test_a_file_that_the_client_has_is_not_sent_again(files):
    tag = files.ask("HEAD", "/file")[0].header("ETag")
    answer, trace = files.ask("GET", "/file", headers={"If-None-Match": tag})
    assert answer.status == trace["response"]["status"] == 304
    assert trace["response"]["body"] == "" and "responseBody" not in trace["meta"]


def test_a_hook_of_the_app_may_still_read_the_file(files):
    answer, trace = files.ask("GET", "/file?read=1")
    assert len(answer.body) == SIZE and header(trace["response"], "X-Size") == str(SIZE)


def test_a_file_in_memory_is_answered_alike(files):
    before = counts(files)
    answer, trace = files.ask("GET", "/memory")
    bare, seen = (now - then for now, then in zip(counts(files), before))
    assert b"0123456789" in answer.body and bare == seen
    declared = int(header(trace["response"], "Content-Length") or 0)  # Flask before 1.0 says nothing of it
    assert trace["meta"]["responseBody"] == {"size": declared, "captured": 0, "omitted": "file"}


def can_trace():
    strace = shutil.which("strace")
    return strace is not None and subprocess.run([strace, "-qq", "true"], stderr=subprocess.DEVNULL).returncode == 0


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not can_trace(), reason="strace is not here, or may not trace")
@pytest.mark.parametrize("kind", ["uwsgi", "gunicorn-gthread", "gunicorn-sync"])
def test_the_kernel_is_asked_to_send_the_file(kind, tmp_path):
    environ = clean_environ(with_file(tmp_path), TEST_FOLDER=str(tmp_path))
    calls = str(tmp_path / "calls")
    trace_it = ("strace", "-I", "1", "-f", "-qq", "-e", "trace=sendfile", "-e", "signal=none", "-o", calls)
    with Recorder() as recorder:
        with Server(kind, "files:app", instrumented(environ, recorder.environ()), python=python_for(kind), launcher=trace_it) as server:
            answer = server.ask(request("GET", "/file", headers={MARK: "file"}))
            noted = recorder.wait_for(1)[0]["meta"]["responseBody"]
    with open(calls) as lines:
        sent = [int(line.rsplit("= ", 1)[1].split()[0]) for line in lines if "sendfile(" in line or "sendfile resumed" in line]
    assert len(answer.body) == SIZE == sum(size for size in sent if size > 0)
    assert noted == {"size": SIZE, "captured": 0, "omitted": "file"}
