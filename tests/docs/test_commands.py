"""Every command in the documents runs as it stands there, in a clean place, or is named here with the reason why not."""

import argparse
import ast
import contextlib
import os
import re
import shlex
import subprocess
import sys
import time
import urllib.request

import pytest

from metlo_auto.collector.service.cli import _parser
from metlo_auto.launcher import options
from tests.docs.pages import ROOT, fences, pages, spans
from tests.launcher.recipes import APP, get, running
from tests.packaging.conftest import build
from tests.support.ports import free_port
from tests.support.recorder import Recorder

SHELL = ("", "sh")
RUN_HERE = {
    "try": ("README.md", "pip install ../metlo-auto\nmetlo-run --local --yes flask run"),
    "collector": ("docs/collector.md", "metlo-run --local flask run"),
    "send": ("README.md", "pip install ../metlo-auto "),
    "deploy": ("docs/deploy.md", "pip install metlo-auto\n"),
    "check": ("README.md", "metlo-run --check gunicorn app:app"),
    "check in deploy": ("docs/deploy.md", "metlo-run --check gunicorn app:app"),
}
# how it begins -> where it is run, or why it cannot be
ELSEWHERE = {
    "./scripts/demo\n": "tests/examples/test_demo.py",
    "captured = sent + spooled": "an equation; tests/delivery hold it",
    "bytes as they pass by": "a picture",
    "launcher, bootstrap": "a picture",
    "pip install ./native": "needs Rust; tests/native build and load it",
    "kubectl exec": "needs a cluster; what it runs there is run by test_injection_by_an_init_container",
    "metlo-collector test": "tests/security_tests",
    "metlo-collector serve --store": "needs a database; tests/collector/service/test_nodes.py",
    "gunicorn --workers 2 --threads": "needs a database; tests/collector/service/test_nodes.py",
    "METLO_HOST=https://collector.example.com METLO_API_KEY=… metlo-run": "test_sending_to_a_collector has the same settings",
    "docker build": "needs a Docker daemon; tests/examples/test_deployment.py runs the command of the image",
    "docker compose": "needs a Docker daemon; tests/examples/test_deployment.py runs what the file says",
}


def blocks():
    return [fence for page in pages() for fence in fences(page) if fence.language in SHELL and fence.recipe is None]


def block(name):
    """The fence of RUN_HERE, once."""
    page, begin = RUN_HERE[name]
    found = [fence.text for fence in fences(page) if fence.language in SHELL and _squeezed(fence.text).startswith(_squeezed(begin))]
    assert len(found) == 1, found
    return found[0]


def _squeezed(text):
    return re.sub(r" +(#.*)?", " ", text)


def test_every_block_is_run_or_named():
    here = [block(name) for name in RUN_HERE]
    for fence in blocks():
        assert fence.text in here or fence.text.startswith(tuple(ELSEWHERE)), (fence.page, fence.text)


def test_every_recipe_is_run_or_named():
    """By tests/launcher, which knows them by name."""
    tests = "".join(path.read_text() for path in sorted((ROOT / "tests" / "launcher").glob("test_*.py")))
    named = {fence.recipe for page in pages() for fence in fences(page) if fence.recipe}
    unknown = named - set(re.findall(r'"([\w. -]+)"', tests))
    assert unknown == {"docker run"}  # needs a Docker daemon; its image's command is run read-only, as its user


def commands_in_prose():
    """Spans such as `metlo-run --check` and `scripts/bench overhead`."""
    for page in pages():
        for span in spans(page):
            if re.match(r"(\./)?(scripts/\w|\.ci/|metlo-run|metlo-collector|\.venv/bin/)", span):
                yield page, span


@pytest.mark.parametrize(("page", "command"), sorted(set(commands_in_prose())))
def test_a_command_in_prose_exists_with_its_options(page, command):
    program, *arguments = shlex.split(re.sub(r" \[ARG…\]", "", command))
    if program == "metlo-run":
        wanted = {"--env-file": "FILE", "--print-completion": "bash", "--spool": "list"}
        value = [wanted[arguments[-1]]] if arguments and arguments[-1] in wanted else []
        options.parse([*arguments, *value, "app"])
    elif program == "metlo-collector":
        if arguments:
            parse_for_collector(arguments)
    elif not program.startswith(".venv"):
        path = ROOT / program
        assert path.suffix and path.exists() or os.access(str(path), os.X_OK), program
        if path.name == "bench" and arguments:
            subprocess.check_call([sys.executable, str(path), arguments[0], "--help"], stdout=subprocess.DEVNULL)


ARGUMENT = {"--data-dir": "DIR", "--store": "sqlite://", "--fail-on": "high", "--as": "a=B:c"}


def parse_for_collector(arguments):
    """By the parser of the command itself; an option that stands last gets its value. Raises AssertionError."""
    try:
        _parser().parse_args(arguments)
    except SystemExit:
        last = [ARGUMENT.get(arguments[-1], "1")] if arguments[-1].startswith("-") else ["http://127.0.0.1:1"]
        try:
            _parser().parse_args([*arguments, *last])
        except SystemExit:
            raise AssertionError(shlex.join(["metlo-collector", *arguments])) from None


def commands_in_fences():
    """Lines that call one of our two commands, in shell blocks and in the `run:` and `script:` of pipelines."""
    for page in pages():
        for fence in fences(page):
            for line in fence.text.replace("\\\n", " ").splitlines():
                found = re.search(r"(?:^|[\s=;&])(metlo-run|metlo-collector) (?!\()(.+?)(?: +#.*| &+)?$", line)
                if found and fence.language in (*SHELL, "yaml", "sh") and " = " not in line:
                    yield page, found.group(1), found.group(2)


def strings_of_the_program():
    """Commands that messages, hints and help of the program name: `metlo-collector findings --since`, `metlo-run --check`."""
    for path in sorted((ROOT / "metlo_auto").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for found in re.finditer(r"metlo-(?:run|collector)(?: +(?:-{1,2}[a-z][a-z-]*|[a-z]+(?![a-z]*:)))*", node.value):
                    yield str(path.relative_to(ROOT)), found.group(0)


@pytest.mark.parametrize(("page", "program", "line"), sorted(set(commands_in_fences())))
def test_a_command_in_a_block_is_understood_by_its_own_parser(page, program, line):
    arguments = [word.strip("\",'[]") for word in shlex.split(line.replace("…", "x"))]
    if program == "metlo-run":
        options.parse(arguments)
    else:
        parse_for_collector(arguments)


def test_what_the_program_advises_has_the_options_that_it_names():
    known_to_run = {name for names, _, _ in options.OPTIONS for name in names}
    commands = next(action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction)).choices
    seen = set()
    for path, command in strings_of_the_program():
        program, *words = command.split()
        if program == "metlo-run":
            wanted = {word for word in words if word.startswith("--")}
            assert wanted <= known_to_run, (path, command)
        elif words and words[0] in commands:
            known = {name for action in commands[words[0]]._actions for name in action.option_strings}
            wanted = {word for word in words if word.startswith("--")}
            assert wanted <= known, (path, command)
        else:
            wanted = set()
        seen |= wanted
    assert {"--check", "--spool", "--local", "--yes"} <= seen


# -- in a clean place


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    place = tmp_path_factory.mktemp("wheels")
    build(place, "--wheel")
    return place


class Place:
    """A user's folder with an app, its environment with Flask and gunicorn, and a home that is empty."""

    def __init__(self, folder, wheels):
        self.home, self.app, self.venv = folder / "home", folder / "app", folder / "venv"
        self.home.mkdir()
        self.app.mkdir()
        (self.app / "app.py").write_text(APP)
        (folder / "metlo-auto").symlink_to(ROOT)  # the clone, beside it
        subprocess.check_call([sys.executable, "-m", "venv", str(self.venv)])
        self.port = free_port()
        self.environ = {
            "PATH": os.pathsep.join([str(self.venv / "bin"), "/usr/bin", "/bin"]),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PIP_FIND_LINKS": str(wheels),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "FLASK_RUN_PORT": str(self.port),
            "GUNICORN_CMD_ARGS": "--bind 127.0.0.1:%d" % self.port,
        }
        self.environ.update({name: value for name, value in os.environ.items() if name.startswith(("PIP_CONFIG", "PIP_INDEX", "PIP_EXTRA"))})
        self.shell("pip install --quiet flask gunicorn")

    def shell(self, script, **environ):
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", script], cwd=str(self.app), env=dict(self.environ, **environ), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        assert done.returncode == 0, done.stdout[-2000:]
        return done.stdout

    @contextlib.contextmanager
    def serving(self, script, seconds=60):
        """The script up to its last line, which serves within `seconds`; yields the log."""
        *before, last = [line for line in script.splitlines() if line.strip()]
        with running(["/bin/sh", "-e", "-c", "\n".join([*before, "exec " + last])], self.port, seconds, env=self.environ, cwd=str(self.app)) as log:
            yield log


@pytest.fixture(scope="module")
def place(tmp_path_factory, wheels):
    return Place(tmp_path_factory.mktemp("newcomer"), wheels)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_readme_with_ones_own_app(place):
    install, serve = block("try").splitlines()
    place.shell(install)
    with place.serving(serve, seconds=200) as log:  # it makes an environment first
        page = re.search(r"http://127\.0\.0\.1:\d+/\S+", log.read_text()).group(0)
        assert get(place.port, "/hello/you") == "hello you"
        counts = ""
        for _ in range(200):
            counts = place.shell("metlo-collector status")
            if re.search(r"^accepted traces +1$", counts, re.MULTILINE):
                break
        assert re.search(r"^accepted traces +1$", counts, re.MULTILINE), counts
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(), urllib.request.ProxyHandler({}))
        with opener.open(page, timeout=20) as answer:
            assert "metlo" in answer.read().decode().lower()
    uninstalled(place)


def uninstalled(place):
    """`pip uninstall metlo-auto`, as the README says, leaves two folders in the home and nothing else."""
    assert "pip uninstall metlo-auto" in [span for _, span in all_spans()]
    place.shell("pip uninstall --yes metlo-auto")
    left = [path for path in place.venv.rglob("*metlo*") if "wheels" not in path.parts]
    in_home = sorted(str(path.relative_to(place.home)) for path in place.home.glob(".*/*/*") if "metlo" in path.name)
    assert (left, in_home) == ([], [".local/share/metlo-auto", ".local/state/metlo-auto"])


def all_spans():
    return [(page, span) for page in pages() for span in spans(page)]


def to(recorder, script):
    """The script with a collector that is there."""
    script = script.replace("https://collector.example.com", recorder.host)
    return re.sub(r"(METLO_API_KEY=)(…|\.\.\.)", lambda found: found.group(1) + recorder.key, script)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["send", "deploy"])
def test_sending_to_a_collector(place, name):
    with Recorder() as recorder:
        script = to(recorder, block(name))
        assert recorder.host in script and recorder.key in script
        if "metlo-run" not in script:
            script += "metlo-run gunicorn app:app\n"
        place.shell("\n".join(line for line in script.splitlines() if line.startswith("pip")))
        with place.serving(script):
            assert get(place.port, "/hello/you") == "hello you"
            recorder.wait_for(1)
        for check in ("check", "check in deploy"):
            said = place.shell(block(check), METLO_HOST=recorder.host, METLO_API_KEY=recorder.key)
            assert said.rstrip().endswith("Traces will arrive.")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_collector_alone_and_beside_an_app(place):
    local, serve = [line.partition("  #")[0] for line in block("collector").splitlines()]
    place.shell("pip install 'metlo-auto[collector]'")
    with place.serving(local):
        assert get(place.port, "/hello/you") == "hello you"
    port = free_port()
    with running(["/bin/sh", "-c", "exec %s --port %d" % (serve, port)], port, env=dict(
            place.environ, METLO_COLLECTOR_DATA_DIR=str(place.home / "alone")), cwd=str(place.app)) as log:
        until = time.monotonic() + 30
        while "METLO_API_KEY" not in log.read_text() and time.monotonic() < until:
            time.sleep(0.05)  # it answers a moment before it says so
        settings = dict(re.findall(r"(METLO_\w+)=(\S+)", log.read_text()))
    assert settings["METLO_HOST"] == "http://127.0.0.1:%d" % port


@pytest.mark.slow
def test_completion_as_the_readme_says(place):
    line = next(span for page, span in all_spans() if page == "README.md" and "--print-completion" in span and "eval" in span)
    place.shell("pip install --quiet metlo-auto")
    done = subprocess.run(["bash", "-c", line + "\ncomplete -p metlo-run"], env=place.environ, stdout=subprocess.PIPE)
    assert done.returncode == 0 and b"metlo-run" in done.stdout
