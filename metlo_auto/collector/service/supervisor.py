"""The analyser's process as the server sees it: started, woken, started again, stopped."""

from __future__ import annotations

import logging
import os
import subprocess
import threading
from typing import Optional

from metlo_auto.collector.processes import clean_environment, own_command

logger = logging.getLogger("metlo.collector")


class Analyser:
    """The analyser's process; started again when it dies, ends when its pipe closes."""

    def __init__(self, store: str, buffer: Optional[str], folder: str, processes: int = 1) -> None:
        self._command = own_command("analyse", "--child", "--analysis-processes", str(processes))
        self._environ = {**clean_environment(os.environ), "METLO_COLLECTOR_STORE": store}
        if buffer:
            self._environ["METLO_COLLECTOR_BUFFER"] = buffer
        self._cwd = folder
        self._lock = threading.Lock()
        self._stopping = False
        self._process = self._spawn()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _spawn(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, env=self._environ, cwd=self._cwd, start_new_session=True
        )
        assert process.stdin is not None
        os.set_blocking(process.stdin.fileno(), False)
        return process

    def wake(self) -> None:
        """Tell it that something came in; a full pipe has told it already."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.closed:
            try:
                os.write(stdin.fileno(), b".")
            except OSError:
                pass  # full, or the process has just died and `mind` will see it

    def mind(self) -> None:
        """Start it again where it died."""
        with self._lock:
            if not self._stopping and self._process.poll() is not None:
                logger.warning("the analyser ended with status %s, starting it again", self._process.returncode)
                self._process = self._spawn()

    def stop(self, timeout: float = 10.0) -> None:
        """Let it finish what is in the inbox, for `timeout` seconds at most; what is left waits for the next
        start.
        """
        with self._lock:
            self._stopping = True
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
