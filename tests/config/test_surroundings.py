"""What else stands in an environment: Kubernetes, OpenTelemetry, devices and pipes in place of `.env`."""

import os
import socket

import pytest

from metlo_auto.config.settings import load

pytestmark = pytest.mark.core
GOOD = {"METLO_HOST": "https://collector.example", "METLO_API_KEY": "kkkkkkkk", "METLO_ENV_FILE": "off", "HOME": "/home/a"}
SERVICE = {
    "{}_SERVICE_HOST": "10.0.0.1", "{}_SERVICE_PORT": "80", "{}_SERVICE_PORT_HTTP": "80", "{}_PORT": "tcp://10.0.0.1:80",
    "{}_PORT_80_TCP": "tcp://10.0.0.1:80", "{}_PORT_80_TCP_PROTO": "tcp", "{}_PORT_80_TCP_PORT": "80",
    "{}_PORT_80_TCP_ADDR": "10.0.0.1", "{}_PORT_53_UDP": "udp://10.0.0.1:53",
}


@pytest.mark.parametrize("name", ["METLO", "METLO_COLLECTOR", "METLO_SERVICE", "METLO_HOST", "METLO_API_KEY", "METLO_BACKEND_V2"])
def test_what_kubernetes_sets_for_a_service_of_that_name_warns_nobody(name):
    loaded = load(dict(GOOD, **{key.format(name): value for key, value in SERVICE.items()}), None)
    assert (loaded.problems, loaded.errors, loaded.settings.service) == ([], [], "")


@pytest.mark.parametrize("name, value", [("METLO_PORT", "80"), ("METLO_SERVIC", "a"), ("METLO_HOSTT", "tcp://a"), ("METLO_WORKER", "1")])
def test_a_mistyped_name_still_warns(name, value):
    assert len(load(dict(GOOD, **{name: value}), None).problems) == 1


@pytest.mark.parametrize("environ, service, source", [
    ({}, "", "default"), ({"METLO_SERVICE": "shop"}, "shop", "environment"),
    ({"OTEL_SERVICE_NAME": "tele"}, "tele", "environment, OTEL_SERVICE_NAME"),
    ({"METLO_SERVICE": "shop", "OTEL_SERVICE_NAME": "tele"}, "shop", "environment"), ({"OTEL_SERVICE_NAME": " "}, "", "default"),
])
def test_the_service_is_metlos_or_opentelemetrys(environ, service, source):
    loaded = load(dict(GOOD, **environ), None)
    assert (loaded.settings.service, loaded.sources["service"]) == (service, source)


def test_a_key_that_was_pasted_into_another_setting_is_not_shown():
    for name in ("METLO_HOST", "METLO_WORKERS", "METLO_MAX_BODY"):
        loaded = load(dict(GOOD, **{"METLO_API_KEY": "SECRETKEY", name: "x?SECRETKEY"}), None)
        assert len(loaded.problems + loaded.errors) == 1 and "SECRETKEY" not in str(loaded.problems + loaded.errors)


def other_files(folder):
    os.mkfifo(str(folder / "pipe"))
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(folder / "sock"))
    os.symlink("/dev/zero", str(folder / "zero"))
    os.symlink("loop", str(folder / "loop"))
    (folder / "large").write_bytes(b"A=1\n" * 300000)
    (folder / "bytes").write_bytes(b"\xff\xfe\xfd")
    (folder / "folder").mkdir()


@pytest.mark.parametrize("name, reason", [
    ("pipe", "it is a pipe, not a file"), ("sock", "it is a socket, not a file"), ("zero", "it is a device, not a file"),
    ("large", "it is larger than 1024 KB"), ("folder", "it is a folder, not a file"), ("bytes", "it is not UTF-8 text"),
    ("loop", "symbolic links"), ("absent", "No such file"),
])
def test_what_is_no_file_of_settings_is_one_line_at_once(tmp_path, name, reason):
    other_files(tmp_path)
    loaded = load(dict(GOOD, METLO_ENV_FILE=str(tmp_path / name)), None)
    [problem] = loaded.problems
    assert str(tmp_path / name) in problem and reason in problem and not loaded.errors


def test_dev_null_is_an_empty_file():
    assert load(dict(GOOD, METLO_ENV_FILE="/dev/null"), None).problems == []


def test_a_pipe_is_passed_over_and_the_next_file_upwards_counts(tmp_path):
    (tmp_path / "sub").mkdir()
    os.mkfifo(str(tmp_path / "sub" / ".env"))
    (tmp_path / ".env").write_text("METLO_HOST=https://c.example\nMETLO_API_KEY=k\n")
    loaded = load({"HOME": "/home/a"}, str(tmp_path / "sub"))
    assert len(loaded.problems) == 1 and not loaded.errors and loaded.env_file == str(tmp_path / ".env")
