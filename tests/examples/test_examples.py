"""Each example, started as its README says; the compose file by the commands in it, without Docker."""

import http.client
import json
import os
import pathlib
import re
import shlex
import shutil
import sys
import time

import pytest

from tests.launcher.recipes import get, installed, running
from tests.support.installed import ROOT, Installed
from tests.support.ports import free_port
from tests.support.recorder import Recorder

EXAMPLES = ROOT / "examples"
sys.path.insert(0, str(EXAMPLES / "shop"))

import traffic  # noqa: E402  (the example's own customers)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    it = installed(tmp_path_factory.mktemp("examples") / "venv")
    it.script("metlo-collector", "metlo_auto.collector.service.cli", "main")
    return it


@pytest.fixture
def recorder():
    with Recorder() as it:
        yield it


@pytest.fixture
def folder(tmp_path):
    """Copies of the examples, so that nothing is written beside them."""

    def copy(name):
        return pathlib.Path(shutil.copytree(str(EXAMPLES / name), str(tmp_path / name), ignore=shutil.ignore_patterns("__pycache__")))

    return copy


def paths(recorder, number):
    recorder.wait_for(number)
    return sorted(trace["request"]["url"]["path"] for trace in recorder.traces)


def test_hello_by_the_launcher(place: Installed, folder, recorder):
    port = free_port()
    environ = place.environ(PORT=str(port), **recorder.environ())
    with running(["metlo-run", "python", "app.py"], port, env=environ, cwd=str(folder("hello"))):
        assert json.loads(get(port, "/hello/you?loud=yes")) == {"greeting": "Hello, you!", "loud": "yes"}
        assert paths(recorder, 1) == ["/hello/you"]


def test_hello_by_gunicorn_conf_py(place: Installed, folder, recorder):
    port = free_port()
    environ = place.environ(GUNICORN_CMD_ARGS="--bind 127.0.0.1:%d" % port, **recorder.environ())
    with running(["gunicorn", "app:app"], port, env=environ, cwd=str(folder("hello"))):
        get(port, "/hello/you")
        assert paths(recorder, 1) == ["/hello/you"]


def test_explicit(place: Installed, folder, recorder):
    port = free_port()
    environ = place.environ(
        FLASK_RUN_PORT=str(port), COLLECTOR_URL=recorder.host, COLLECTOR_KEY=recorder.key, STAGE="test",
        FLASK_APP="app.py")
    with running(["flask", "run"], port, env=environ, cwd=str(folder("explicit"))):
        assert json.loads(get(port, "/notes/1"))["text"] == "tea"
        assert paths(recorder, 1) == ["/notes/1"]
    trace = recorder.traces[0]
    assert (trace["meta"]["environment"], trace["meta"]["route"]) == ("test", "/notes/<int:number>")


@pytest.mark.parametrize("command", ["flask run", "gunicorn app:app"])
def test_the_shop_by_the_launcher(place: Installed, folder, recorder, tmp_path, command):
    port = free_port()
    environ = place.environ(
        FLASK_RUN_PORT=str(port), GUNICORN_CMD_ARGS="--bind 127.0.0.1:%d" % port,
        SHOP_DATABASE=str(tmp_path / "shop.sqlite3"), **recorder.environ())
    with running(["metlo-run", *command.split()], port, env=environ, cwd=str(folder("shop"))):
        sent = traffic.send("http://127.0.0.1:%d" % port)
        assert len(paths(recorder, sent)) == sent


# -- compose.yaml


@pytest.fixture(scope="module")
def services():
    yaml = pytest.importorskip("yaml", reason="PyYAML reads compose.yaml")
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (EXAMPLES / "shop" / "compose.yaml").read_text())
    return yaml.safe_load(text)


def image_command():
    dockerfile = (EXAMPLES / "shop" / "Dockerfile").read_text()
    return json.loads(re.search(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE).group(1))


def test_the_compose_file_names_what_is_there(services):
    assert set(services["services"]) == {"shop", "collector"}
    for service in services["services"].values():
        context = (EXAMPLES / "shop" / service["build"]["context"]).resolve()
        assert (context / service["build"]["dockerfile"]).is_file() and (context / "pyproject.toml").is_file()
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(services["volumes"])


def test_the_image_takes_nothing_large_along():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", ".venvs", ".nox"} <= set(ignored)


def test_what_the_compose_file_starts_finds_the_shops_endpoints(place: Installed, services, folder, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    ports = {"4848": str(free_port()), "8000": str(free_port())}

    def here(text):
        text = text.replace("$$", "$").replace("/data", str(data)).replace("http://collector:", "http://127.0.0.1:")
        return re.sub(r"\b(4848|8000)\b", lambda found: ports[found.group(0)], text)

    def environ(service):
        given = {name: here(value) for name, value in services["services"][service]["environment"].items()}
        return place.environ(METLO_COLLECTOR_DATA_DIR=str(data), SHOP_DATABASE=str(tmp_path / "shop.sqlite3"), **given)

    collector = services["services"]["collector"]
    shop = folder("shop")
    key = environ("shop")["METLO_API_KEY"]
    # a browser's Host is an address, the shop's is the service's name
    assert "collector" in shlex.split(collector["command"][2])
    with running([here(word) for word in collector["command"]], int(ports["4848"]), env=environ("collector"), cwd=str(tmp_path)):
        assert ask(ports["4848"], "/api/v1/verify", key, "collector:4848") == (200, "OK")
        with running([here(word) for word in image_command()], int(ports["8000"]), env=environ("shop"), cwd=str(shop)):
            sent = traffic.send("http://127.0.0.1:" + ports["8000"])
            assert sent > 30
            until, missing = time.monotonic() + 30, [""]
            while missing and time.monotonic() < until:
                found = json.loads(ask(ports["4848"], "/api/local/endpoints", key)[1])
                missing = sorted(set(traffic.EXPECTED) - {(row["method"], row["route"]) for row in found})
                time.sleep(0.1)
            assert missing == []
    assert os.stat(str(data / "api-key")).st_mode & 0o077 == 0


def ask(port, path, key, host="127.0.0.1"):
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
    connection.request("GET", path, headers={"Authorization": key, "Host": host})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text
