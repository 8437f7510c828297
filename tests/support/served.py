"""A server as a real process group on a port of its own choice; knows processes and logs alone."""

import os
import pathlib
import re
import signal
import subprocess
import time
from typing import Any, Dict, Sequence

LISTENING = re.compile(r"(?i)(?:listening at|running on|serving on):? +https?://[^:/\s]+:(\d+)")
OURS = ("METLO_", "FLASK_", "GUNICORN_")


def clean_environ(home: pathlib.Path, **more: str) -> Dict[str, str]:
    """The caller's environment without settings of theirs; every folder that we may write to is under `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    kept.pop("PYTHONPATH", None)
    kept.update(
        HOME=str(home),
        XDG_STATE_HOME=str(home / "state"),
        METLO_SPOOL_DIR=str(home / "spool"),
        METLO_COLLECTOR_DATA_DIR=str(home / "collector"),
        METLO_ENV_FILE="off",
        PYTHONUNBUFFERED="1",
        PYTHONHASHSEED="0",  # the order of a set, such as the methods in Allow, is otherwise different each time
    )
    kept.update(more)
    return kept


class Served:
    """`with Served(command, log, env=..., cwd=...) as it:` waits until it listens."""

    def __init__(
        self, command: Sequence[str], log: pathlib.Path, deadline: float = 60.0, **popen: Any
    ) -> None:
        self.command, self.log, self.deadline, self.popen = list(command), log, deadline, popen
        self.port = 0

    def __enter__(self) -> "Served":
        with open(str(self.log), "wb") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.popen,
            )
        end = time.monotonic() + self.deadline
        while not self.port:
            heard = LISTENING.search(self.said())
            self.port = int(heard.group(1)) if heard else 0
            if not heard and (self.process.poll() is not None or time.monotonic() > end):
                self.__exit__()
                raise AssertionError(f"{self.command} does not serve:\n{self.said()}")
            time.sleep(0 if heard else 0.02)
        return self

    def __exit__(self, *_exc: object) -> None:
        """Nothing of the group is left, whatever happened in between."""
        try:
            self.stop(signal.SIGTERM)
        finally:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()

    def stop(self, sign: int = signal.SIGTERM, deadline: float = 30.0) -> int:
        """Ask it to end by `sign`; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.process.wait(deadline)

    def said(self) -> str:
        """What it wrote to stdout and stderr so far."""
        return self.log.read_text(errors="replace")
