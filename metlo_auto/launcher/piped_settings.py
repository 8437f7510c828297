"""`--env-file <(…)`: a pipe can be read once, and an app has many processes; the launcher reads it and hands it on.

The values go into the environment of the app, where they are not set there. Imports python-dotenv only for a pipe.
"""

import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional

VARIABLE = "METLO_ENV_FILE"
FOR_A_WRITER = 1.0  # seconds until somebody has opened the other end
FOR_THE_END = 30.0  # seconds until all is written: it may be a program that asks a vault
LARGEST = 1024 * 1024  # bytes
PASSING = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/", "/proc/%d/fd/" % os.getpid())  # may be closed in the app


class PipeError(Exception):
    """Nothing can be read; the message says why."""


def hand_on(environ: "Dict[str, str]") -> "List[str]":
    """Puts the settings of a piped `METLO_ENV_FILE` into `environ`; one line for each thing that is wrong."""
    path = environ.get(VARIABLE, "").strip()
    if not path or not _is_passing(path):
        return []
    environ[VARIABLE] = "off"  # for all that are started from here: it is read
    try:
        text = _read(path)
    except (OSError, ValueError, PipeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return ["%s cannot be read (%s): settings in it are ignored" % (path, reason)]
    try:
        from metlo_auto.config.dotenv_file import parse

        found = parse(path, text)
    except BaseException as error:  # noqa: BLE001 - a broken python-dotenv may raise anything; the app has to start
        return ["%s is not read: %s: %s" % (path, type(error).__name__, error)]
    for name, value in found.values.items():
        if not environ.get(name, "").strip():
            environ[name] = value
    return list(found.problems)


def _is_passing(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False  # the app says so
    return stat.S_ISFIFO(mode) or (stat.S_ISREG(mode) and path.startswith(PASSING))


def _read(path: str) -> str:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        data = _all(descriptor)
    finally:
        os.close(descriptor)
    if len(data) > LARGEST:
        raise PipeError("it is larger than %d KB" % (LARGEST // 1024))
    return data.decode("utf-8-sig")


def _all(descriptor: int) -> bytes:
    """What comes until the other end is closed; raises PipeError where nobody writes, or nobody ends."""
    from time import monotonic

    data, began = b"", monotonic()
    written = stat.S_ISREG(os.fstat(descriptor).st_mode)
    while len(data) <= LARGEST:
        piece = _piece(descriptor)
        if piece:
            data, written = data + piece, True
        elif piece is None:  # somebody has it open, and has not written yet
            written = True
        elif written:
            return data
        waited = monotonic() - began
        if waited > (FOR_THE_END if written else FOR_A_WRITER):
            raise PipeError("it is a pipe that nobody %s" % ("closes" if written else "writes to"))
        if not piece:
            _wait(descriptor)
    return data


def _piece(descriptor: int) -> "Optional[bytes]":
    try:
        return os.read(descriptor, 65536)
    except BlockingIOError:
        return None


def _wait(descriptor: int) -> None:
    if sys.platform == "win32":
        return
    from select import select
    from time import sleep

    if not select([descriptor], [], [], 0.05)[0]:
        return
    sleep(0.005)  # a pipe without a writer is always ready
