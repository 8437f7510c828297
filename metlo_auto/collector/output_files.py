"""Writes what a command was asked for into a file: whole or not at all, and never in the place of what is no file."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import Iterable, TextIO


def write(target: str, pieces: Iterable[str], mode: int = 0o600) -> None:
    """To the file `target`, or to standard output where that is "" or /dev/stdout. Raises OSError.

    A file is replaced once all of it is there; a link stays one. What is there and no file, such as a pipe or a device,
    is written into as it is. `mode`: of a new file.
    """
    if target in ("", "/dev/stdout"):
        if sys.stdout is None:
            raise OSError(errno.EBADF, "standard output is closed")
        _fill(sys.stdout, pieces)
        return
    path = os.path.realpath(target)
    if _is_special(target):
        _write(target, pieces, mode)
        return
    draft = f"{path}.part"
    try:
        _write(draft, pieces, mode)
        os.replace(draft, path)
    except OSError as error:
        if error.filename:
            error.filename = target  # as it was given
        raise
    finally:
        Path(draft).unlink(missing_ok=True)


def _write(name: str, pieces: Iterable[str], mode: int) -> None:
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with open(descriptor, "w", encoding="utf-8", errors="replace") as stream:
        _fill(stream, pieces)


def _is_special(target: str) -> bool:
    try:
        return not stat.S_ISREG(os.stat(target).st_mode)
    except OSError:  # it is not there yet
        return False


def _fill(stream: TextIO, pieces: Iterable[str]) -> None:
    for piece in pieces:
        stream.write(piece)
    stream.flush()
