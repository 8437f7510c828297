"""Every Python on this machine, by version; knows pyenv's folder and PATH."""

import os
import pathlib
import shutil
import subprocess
from typing import Dict

NAMES = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")


def interpreters() -> Dict[str, str]:
    """Version ("3.8") → path of an interpreter that is no venv's."""
    found: Dict[str, str] = {}
    for name in NAMES:
        pyenv = pathlib.Path(os.path.expanduser("~/.pyenv/versions"))
        candidates = [str(path / "bin" / "python") for path in sorted(pyenv.glob(name + ".*"))]
        on_path = shutil.which("python" + name)
        for candidate in candidates + ([on_path] if on_path else []):
            if name not in found and _version(candidate) == name:
                found[name] = candidate
    return found


def _version(python: str) -> str:
    code = "import sys; sys.stdout.write('%d.%d' % sys.version_info[:2] + getattr(sys, 'abiflags', '').replace('m', ''))"
    done = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.decode()
