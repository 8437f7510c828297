"""What waits in the folders of a spool, one for each collector and key; for people who look from outside.

A key that is changed leaves a folder behind that no process reads any more.
"""

import json
import os
import re
from typing import Any, Dict, List, NamedTuple

from .folder import HELD, Folder
from .format import parse_name
from .spool import ABOUT, REFUSED

_FOLDER = re.compile(r"[0-9a-f]{16}$")


class InUse(OSError):
    """A running process is at what waits there."""


class Waiting(NamedTuple):
    """`name` of the folder; `host` and the `key`'s last characters, "" where nobody noted them.

    `refused`: the collector refused the key the last time. `oldest`: seconds since the epoch, 0 where nothing waits.
    """

    name: str
    host: str
    key: str
    refused: bool
    batches: int
    traces: int
    oldest: float


def all_folders(spool_dir: str) -> List[Waiting]:
    """Every folder of the spool in which batches wait; OSError where it cannot be read."""
    names = sorted(os.listdir(spool_dir)) if os.path.isdir(spool_dir) else []
    found = [look_into(spool_dir, name) for name in names if _FOLDER.match(name)]
    return [each for each in found if each.batches]


def look_into(spool_dir: str, name: str) -> Waiting:
    """One folder."""
    folder = Folder(os.path.join(spool_dir, name))
    names = folder.names()
    batches = [parsed for parsed in map(_parsed, names) if parsed]
    about = _about(folder)
    return Waiting(
        name,
        str(about.get("host", "")),
        str(about.get("key", "")),
        REFUSED in names,
        len(batches),
        sum(batch.traces for batch in batches),
        min((batch.born for batch in batches), default=0) / 1e6,
    )


def move(spool_dir: str, name: str, to: str) -> int:
    """Has what waits in one folder wait in another, `to`; how many traces that are. InUse, or another OSError."""
    target = Folder(os.path.join(spool_dir, to))
    target.prepare()
    moved = 0
    folder = _lock(spool_dir, name)
    try:
        for file in _batches(folder):
            os.rename(os.path.join(folder.path, file), os.path.join(target.path, file))
            moved += _traces(file)
    finally:
        folder.unlock()
    return moved


def delete(spool_dir: str, name: str) -> int:
    """Deletes what waits in one folder; how many traces that were. InUse, or another OSError."""
    deleted = 0
    folder = _lock(spool_dir, name)
    try:
        for file in _batches(folder):
            deleted += _traces(file) if folder.remove(file) else 0
    finally:
        folder.unlock()
    return deleted


def _lock(spool_dir: str, name: str) -> Folder:
    folder = Folder(os.path.join(spool_dir, name))
    if not folder.lock():
        raise InUse("a running process is sending what waits there")
    return folder


def _batches(folder: Folder) -> List[str]:
    for name in folder.names():
        if name.endswith(HELD):
            folder.inherit(name)
    return [name for name in folder.names() if parse_name(name)]


def _parsed(name: str) -> Any:
    return parse_name(name[: -len(HELD)] if name.endswith(HELD) else name)


def _traces(file: str) -> int:
    name = parse_name(file)
    return name.traces if name else 0


def _about(folder: Folder) -> Dict[str, Any]:
    try:
        about = json.loads(folder.read(ABOUT).decode("utf-8"))
    except (OSError, ValueError):  # left by a version that noted nothing
        return {}
    return about if isinstance(about, dict) else {}
