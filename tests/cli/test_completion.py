"""What TAB gives in real shells, with the scripts that the commands print."""

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import sys
import time
from typing import Dict, Iterator, List

import pytest

from tests.support.installed import Installed

SECONDS = 60
of_collector = pytest.mark.skipif(sys.version_info < (3, 9), reason="the embedded collector needs Python 3.9")
START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "--private", "-i"],
}
PREPARE = {
    "bash": "bind 'set bell-style none'; ",
    "zsh": "autoload -U compinit; compinit -u -d $HOME/.zcompdump; ",
    "fish": "",
}
# what is typed, and what the line is after TAB
CASES = [
    ("metlo-run --str", "metlo-run --strict"),
    ("metlo-run --env-file set", "metlo-run --env-file settings.env"),
    ("metlo-run --env-file=set", "metlo-run --env-file=settings.env"),
    ("metlo-run --local --no", "metlo-run --local --no-env-file"),
    ("metlo-run --print-completion fi", "metlo-run --print-completion fish"),
    ("metlo-run --strict rare-com", "metlo-run --strict rare-command"),
    ("metlo-run rare-command --env-file set", "metlo-run rare-command --env-file settings.env"),
    ("metlo-collector ope", "metlo-collector openapi"),
    ("metlo-collector export --for", "metlo-collector export --format"),
    ("metlo-collector export --format ha", "metlo-collector export --format har"),
    ("metlo-collector openapi --out set", "metlo-collector openapi --out settings.env"),
    ("metlo-collector serve --allow-r", "metlo-collector serve --allow-remote"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    it = Installed(tmp_path_factory.mktemp("completion") / "venv")
    it.script("metlo-collector", "metlo_auto.collector.service.cli", "main")
    it.script("rare-command", "metlo_auto.launcher", "main")
    (it.home / "settings.env").write_text("")
    return it


class Terminal:
    """A shell at a terminal; `type` gives what it shows from then on until `expected` or the deadline."""

    def __init__(self, command: List[str], environ: Dict[str, str], cwd: pathlib.Path) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(str(cwd))
            os.execvpe(command[0], command, environ)

    def type(self, text: str, expected: str) -> str:
        os.write(self.fd, text.encode())
        seen, until = b"", time.monotonic() + SECONDS
        while expected not in plain(seen) and time.monotonic() < until:
            if select.select([self.fd], [], [], 0.1)[0]:
                part = os.read(self.fd, 4096)
                if b"\x1b[c" in part or b"\x1b[0c" in part:  # fish asks what kind of terminal it has
                    os.write(self.fd, b"\x1b[?62c")
                seen += part
        return plain(seen)

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def plain(seen: bytes) -> str:
    """Without what moves the cursor and paints, and without what a shell draws again."""
    text = re.sub(r"\x1b(\[[0-9;?>=]*[a-zA-Z]|[()][A-Z0-9]|[=>]|\][^\x07]*\x07)", "", seen.decode("utf-8", "replace"))
    while "\b" in text:
        text = re.sub(r"[^\x08]?\x08", "", text, count=1)
    return text


@pytest.fixture(scope="module", params=sorted(START))
def shell(request: pytest.FixtureRequest, place: Installed) -> Iterator[Terminal]:
    if shutil.which(request.param) is None:
        pytest.skip("no %s here" % request.param)
    environ = place.environ(TERM="xterm", PS1="$ ")
    terminal = Terminal(START[request.param], environ, place.home)
    for command in ("metlo-run", "metlo-collector"):
        (place.home / command).write_text(place.run(  # as a user would keep it
            "sh", "-c", "%s --print-completion %s" % (command, request.param)).stdout)
    said = terminal.type(PREPARE[request.param] + "source ./metlo-run; source ./metlo-collector; echo rea''dy\r", "ready")
    assert "ready" in said
    yield terminal
    terminal.close()


@pytest.mark.parametrize(("typed", "completed"), [
    pytest.param(*case, marks=[of_collector] * case[0].startswith("metlo-collector"), id=case[1]) for case in CASES
])
def test_tab_completes(shell: Terminal, typed: str, completed: str) -> None:
    said = shell.type("\x15" + typed + "\t", completed)
    assert completed in said


def test_with_bash_completion_the_command_completes_its_own_options(place: Installed) -> None:
    library = pathlib.Path("/usr/share/bash-completion/bash_completion")
    if not library.exists():
        pytest.skip("no bash-completion here")
    terminal = Terminal(START["bash"], place.environ(TERM="xterm", PS1="$ "), place.home)
    try:
        (place.home / "script").write_text(place.run("--print-completion", "bash").stdout)
        assert "ready" in terminal.type("source %s; source ./script; echo rea''dy\r" % library, "ready")
        assert "env --unset" in terminal.type("metlo-run --local env --unse\t", "--unset")
    finally:
        terminal.close()


@pytest.mark.parametrize("command", ["metlo-run", pytest.param("metlo-collector", marks=of_collector)])
def test_another_shell_is_refused(place: Installed, command: str) -> None:
    done = place.run("sh", "-c", command + " --print-completion tcsh")
    assert (done.returncode, done.stdout) == (2, "") and "bash" in done.stderr


def test_a_value_is_taken_with_an_equals_sign_too(place: Installed) -> None:
    assert place.run("--print-completion=fish").stdout == place.run("--print-completion", "fish").stdout != ""
