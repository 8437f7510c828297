"""The recipes of docs/deploy.md work as they stand there, with another port and other folders."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import Any, Dict, Iterator, List

import flask
import pytest

from tests.launcher.recipes import APP, get, installed, open_to_others, python_for_others, recipes, running
from tests.support.installed import ROOT, Installed, run
from tests.support.ports import free_port
from tests.support.recorder import Recorder
from tests.support.venvs import UWSGI, app_venv

RECIPES = recipes()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return installed(tmp_path_factory.mktemp("deploy") / "venv")


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as it:
        yield it


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """The app's."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.py").write_text(APP)
    return tmp_path / "app"


def works(
    shell: str, folder: pathlib.Path, environ: Dict[str, str], recorder: Recorder, port: int, requests: int = 3
) -> str:
    """Starts the line, asks the app and sees that each request was reported once; gives what was said."""
    with running(["/bin/sh", "-c", "exec " + shell], port, env=environ, cwd=str(folder)) as log:
        for number in range(requests):
            assert get(port, "/hello/%d" % number) == "hello %d" % number
        recorder.wait_for(requests)
    paths = sorted(trace["request"]["url"]["path"] for trace in recorder.traces)
    assert paths == ["/hello/%d" % number for number in range(requests)]
    return log.read_text()


@pytest.mark.parametrize("name", ["flask", "gunicorn", "waitress"])
def test_a_command_under_metlo_run(place: Installed, folder: pathlib.Path, recorder: Recorder, name: str) -> None:
    if name == "flask" and not hasattr(flask.Flask, "make_aborter"):
        pytest.skip("Flask knows --app only since 2.2")
    port = free_port()
    shell = RECIPES[name].replace("8000", str(port))
    works(shell, folder, place.environ(**recorder.environ()), recorder, port)


def test_the_procfile(place: Installed, folder: pathlib.Path, recorder: Recorder) -> None:
    port = free_port()
    kind, shell = RECIPES["Procfile"].strip().split(": ", 1)
    assert kind == "web"
    works(shell, folder, place.environ(PORT=str(port), **recorder.environ()), recorder, port)


def test_gunicorn_conf_py(place: Installed, folder: pathlib.Path, recorder: Recorder) -> None:
    (folder / "gunicorn.conf.py").write_text(RECIPES["gunicorn.conf.py"])
    port = free_port()
    works("gunicorn --bind 127.0.0.1:%d app:app" % port, folder, place.environ(**recorder.environ()), recorder, port)


def test_gunicorn_conf_py_with_lazy_imports(place: Installed, folder: pathlib.Path, recorder: Recorder) -> None:
    """Pythons before 3.15 take no notice of them."""
    (folder / "gunicorn.conf.py").write_text(RECIPES["lazy imports"])
    port, environ = free_port(), place.environ(PYTHON_LAZY_IMPORTS="all", **recorder.environ())
    works("gunicorn --bind 127.0.0.1:%d app:app" % port, folder, environ, recorder, port)


@pytest.mark.skipif(sys.version_info < (3, 15), reason="lazy imports came with 3.15")
def test_a_lazy_import_alone_never_runs(place: Installed) -> None:
    code = RECIPES["gunicorn.conf.py"] + "import sys\nprint('metlo_auto.auto' in sys.modules)"
    for mode in ("normal", "all"):
        environ = place.environ(PYTHON_LAZY_IMPORTS=mode, METLO_DISABLED="1")
        done = run([sys.executable, "-c", code], environ=dict(environ, PYTHONPATH=str(ROOT)))
        assert done.stdout == "%s\n" % (mode == "normal"), done


@pytest.fixture(scope="module")
def uwsgi() -> pathlib.Path:
    try:
        return app_venv("uwsgi", UWSGI)
    except RuntimeError as error:
        pytest.skip("uWSGI cannot be installed here: %s" % str(error)[-200:])


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("without", ["", "--enable-threads "])
def test_uwsgi(
    place: Installed, uwsgi: pathlib.Path, folder: pathlib.Path, recorder: Recorder, without: str
) -> None:
    port = free_port()
    environ = place.environ(PATH="%s:/usr/bin:/bin" % uwsgi, **recorder.environ())
    works(RECIPES["uwsgi"].replace("8000", str(port)).replace(without, ""), folder, environ, recorder, port)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_uwsgi_with_a_wsgi_file(
    place: Installed, uwsgi: pathlib.Path, folder: pathlib.Path, recorder: Recorder
) -> None:
    (folder / "wsgi.py").write_text(RECIPES["wsgi.py"])
    port = free_port()
    shell = RECIPES["uwsgi"].replace("metlo-run ", "").replace("--module app:app", "--wsgi-file wsgi.py")
    assert shell.startswith("uwsgi ") and "wsgi.py" in shell
    environ = place.environ(PATH="%s:/usr/bin:/bin" % uwsgi, **recorder.environ())
    works(shell.replace("8000", str(port)), folder, environ, recorder, port)


APACHE = """
ServerRoot "{folder}"
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
ErrorLog {folder}/error.log
User nobody
Group nogroup
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule wsgi_module /usr/lib/apache2/modules/mod_wsgi.so
WSGISocketPrefix {folder}/wsgi
<Directory />
  Require all granted
</Directory>
"""


@pytest.fixture
def public() -> Iterator[pathlib.Path]:
    """A folder that every user may read; pytest's own are root's alone where root runs it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="metlo-deploy-"))
    folder.chmod(0o755)
    (folder / "app").mkdir()
    (folder / "app" / "app.py").write_text(APP)
    try:
        if not open_to_others(folder / "app") or not open_to_others(ROOT / "metlo_auto"):
            pytest.skip("another user may not read these folders")
        yield folder
    finally:
        shutil.rmtree(str(folder), ignore_errors=True)


def test_mod_wsgi(public: pathlib.Path, recorder: Recorder) -> None:
    venv = installed(public / "venv", apache_python()).place
    folder = public / "app"
    port = free_port()
    (folder / "metlo.env").write_text(
        "METLO_HOST=%s\nMETLO_API_KEY=%s\nMETLO_SPOOL_DIR=off\n" % (recorder.host, recorder.key))
    (folder / "shop.wsgi").write_text(RECIPES["mod_wsgi"].replace("/srv/shop", str(folder)))
    configuration = RECIPES["mod_wsgi.conf"].replace("/srv/shop/venv", str(venv)).replace("/srv/shop", str(folder))
    (folder / "apache.conf").write_text(APACHE.format(folder=folder, port=port) + configuration)
    environ = {"PATH": "/usr/sbin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    works("apache2 -D FOREGROUND -f %s/apache.conf" % folder, folder, environ, recorder, port)
    assert "metlo:" not in (folder / "error.log").read_text()


def apache_python() -> str:
    """The interpreter that mod_wsgi was made for, where it is of this version and can share these packages."""
    if not os.access("/usr/sbin/apache2", os.X_OK):
        pytest.skip("no Apache here (Debian: apache2-bin libapache2-mod-wsgi-py3)")
    name = "python%d.%d" % sys.version_info[:2]
    if not pathlib.Path("/usr/lib/apache2/modules/mod_wsgi.so-" + name[len("python") :]).exists():
        pytest.skip("no mod_wsgi for %s here (Debian: libapache2-mod-wsgi-py3)" % name)
    return "/usr/bin/" + name


def test_the_systemd_unit_is_well_formed(tmp_path: pathlib.Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    unit = RECIPES["systemd"]
    for command in ("metlo-run", "gunicorn"):  # it looks whether they are there
        unit = unit.replace("/srv/shop/venv/bin/" + command, "/bin/true")
    (tmp_path / "shop.service").write_text(unit)
    done = subprocess.run(["systemd-analyze", "verify", str(tmp_path / "shop.service")], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True)
    complaints = [line for line in done.stdout.splitlines() if "shop.service" in line]
    assert complaints == []


def test_the_dockerfile_runs_what_is_tested() -> None:
    import json

    lines = RECIPES["Dockerfile"].splitlines()
    command = json.loads(next(line for line in lines if line.startswith("CMD "))[4:])
    assert command[0] == "metlo-run" and command[1] == "gunicorn"
    assert lines.index("USER 10001") < next(n for n, line in enumerate(lines) if line.startswith("CMD"))


def docker_command() -> List[str]:
    import json

    return list(json.loads(RECIPES["Dockerfile"].split("CMD ", 1)[1].splitlines()[0]))


READ_ONLY = """
set -e
mount --make-rprivate /
mount --bind "$PLACE" "$PLACE"
mount -t tmpfs tmpfs /dev/shm
mount -o remount,ro,bind /
exec setpriv --reuid 10001 --regid 10001 --clear-groups --inh-caps=-all -- "$@"
"""


@pytest.mark.parametrize("spool", ["usable", "read-only"])
def test_without_rights_on_a_read_only_file_system(
    public: pathlib.Path, recorder: Recorder, spool: str
) -> None:
    """The command of the Dockerfile, as its user, with nothing to write to but /dev/shm and the spool."""
    if os.geteuid() != 0 or subprocess.call(["unshare", "-m", "true"], stderr=subprocess.DEVNULL) != 0:
        pytest.skip("only root can make a file system read-only for one process")
    python = python_for_others()
    if python is None:
        pytest.skip("another user may not run this Python")
    venv = installed(public / "venv", python)
    writable = public / "spool"
    writable.mkdir()
    os.chown(str(writable), 10001, 10001)
    port = free_port()
    command = [word.replace("0.0.0.0:8000", "127.0.0.1:%d" % port) for word in docker_command()]
    chosen = str(writable if spool == "usable" else public / "nowhere")
    environ = venv.environ(**dict(recorder.environ(), METLO_SPOOL_DIR=chosen, PLACE=str(writable), HOME="/nonexistent"))
    started = ["unshare", "--mount", "/bin/sh", "-c", READ_ONLY, "sh"] + command
    with running(started, port, env=environ, cwd=str(public / "app")) as log:
        assert get(port, "/hello/you") == "hello you"
        recorder.wait_for(1)
    assert "Traceback" not in log.read_text()


def test_injection_by_an_init_container(tmp_path: pathlib.Path, folder: pathlib.Path, recorder: Recorder) -> None:
    """pip's command and the app's environment from the manifest, in folders of this machine, read-only as there."""
    yaml = pytest.importorskip("yaml", reason="PyYAML reads the manifest")
    pod = yaml.safe_load(RECIPES["kubernetes-inject"])["spec"]["template"]["spec"]
    metlo = tmp_path / "metlo"
    command = [word.replace("/metlo", str(metlo)) if word.startswith("/") else word for word in pod["initContainers"][0]["command"]]
    assert command[-1] == "metlo-auto" and command[0] == "pip"
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"] + command[1:-1] + [str(ROOT)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        pytest.skip("pip cannot install here: %s" % done.stdout[-300:].decode())
    app = without_metlo(tmp_path)
    environ: Dict[str, Any] = {entry["name"]: entry.get("value") for entry in pod["containers"][0]["env"]}
    environ = dict(environ, PYTHONPATH=environ["PYTHONPATH"].replace("/metlo/", str(metlo) + "/"), **recorder.environ())
    port = free_port()
    shell = " ".join(pod["containers"][0]["command"]).replace("0.0.0.0:8000", "127.0.0.1:%d" % port)
    said = works(shell, folder, app.environ(**environ), recorder, port)
    assert "metlo" not in said
    checking = dict(app.environ(**environ), PYTHONPATH=str(metlo))
    done = run([app.python, "-m", "metlo_auto", "--check", "python"], checking)
    assert done.returncode == 0, done.stdout + done.stderr


def without_metlo(tmp_path: pathlib.Path) -> Installed:
    """An image of an app that has what it needs and nothing of ours."""
    import sysconfig

    packages = pathlib.Path(sysconfig.get_paths()["purelib"])
    app = installed(tmp_path / "image")
    (app.site / "sees.pth").unlink()
    for name in ("flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "click", "blinker", "gunicorn", "packaging"):
        if (packages / name).exists():
            (app.site / name).symlink_to(packages / name)
    return app


def test_every_manifest_is_one_of_kubernetes() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML reads the manifests")
    for name in ("kubernetes", "kubernetes-inject"):
        manifest = yaml.safe_load(RECIPES[name])
        spec = manifest["spec"]["template"]["spec"]
        assert (manifest["apiVersion"], manifest["kind"]) == ("apps/v1", "Deployment")
        volumes = {volume["name"] for volume in spec["volumes"]}
        for container in spec["containers"] + spec.get("initContainers", []):
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes
            assert all(entry["name"].startswith(("METLO_", "PYTHONPATH")) for entry in container.get("env", []))
