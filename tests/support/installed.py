"""metlo-auto installed in a venv of its own, made in a moment from what this Python has; runs commands in a clean environment."""

import json
import os
import pathlib
import subprocess
import sys
import sysconfig
from typing import Any, Dict, List, Optional, Sequence

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOOTSTRAP = str(ROOT / "metlo_auto" / "bootstrap")
SECONDS = 60

SCRIPT = """#!%s
import sys
from %s import %s as main
if __name__ == "__main__":
    sys.exit(main())
"""


class Installed:
    """A venv at `place`: `python` and `metlo-run` in `bin`, packages of the app go into `site`."""

    def __init__(self, place: pathlib.Path, sees: Sequence[str] = (), python: str = sys.executable) -> None:
        self.place = place
        self.bin = place / "bin"
        self.python = str(self.bin / "python")
        self.command = str(self.bin / "metlo-run")
        self.home = place / "home"
        make_venv(place, sees or [str(ROOT), sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]], python)
        self.site = next((place / "lib").glob("py*")) / "site-packages"
        self.home.mkdir()
        self.script("metlo-run", "metlo_auto.launcher", "main")

    def script(self, name: str, module: str, function: str) -> None:
        """A command as pip makes it of an entry point."""
        (self.bin / name).write_text(SCRIPT % (self.python, module, function))
        (self.bin / name).chmod(0o755)

    def environ(self, **more: Optional[str]) -> Dict[str, str]:
        """A small environment, this venv first in PATH; None takes a name out."""
        environ = {
            "PATH": os.pathsep.join([str(self.bin), "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "METLO_ENV_FILE": "off",
            "METLO_SPOOL_DIR": "off",
        }  # type: Dict[str, Optional[str]]
        environ.update(more)
        return {name: value for name, value in environ.items() if value is not None}

    def run(self, *argv: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """metlo-run with `argv`; `environ` and what else subprocess.run takes by name."""
        return run([self.command] + list(argv), environ=options.pop("environ", self.environ()), **options)

    def json(self, *argv: str, **options: Any) -> Any:
        """The JSON that `metlo-run argv` prints; AssertionError where it fails."""
        done = self.run(*argv, **options)
        assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout)


def make_venv(place: pathlib.Path, sees: Sequence[str], python: str = sys.executable) -> None:
    """A venv without pip that imports from the folders `sees` as well."""
    subprocess.check_call([python, "-m", "venv", "--without-pip", str(place)])
    site = next((place / "lib").glob("py*")) / "site-packages"
    (site / "sees.pth").write_text("".join(folder + "\n" for folder in sees))


def run(argv: List[str], environ: Dict[str, str], **options: Any) -> "subprocess.CompletedProcess[str]":
    """`argv` to its end, its output as text; in an empty folder, where nothing else is said."""
    options.setdefault("cwd", environ.get("HOME", "/"))
    for stream, default in (("stdin", subprocess.DEVNULL), ("stdout", subprocess.PIPE), ("stderr", subprocess.PIPE)):
        options.setdefault(stream, default)
    options.setdefault("timeout", SECONDS)
    return subprocess.run(argv, env=environ, universal_newlines=True, **options)
