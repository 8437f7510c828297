"""The `.env` file: which one, and its METLO_* names; the one place that touches it, through python-dotenv."""

import io
import os
import re
import stat
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

LARGEST = 1024 * 1024  # bytes
# Before 1.2.4 python-dotenv takes that comment for the value.
_COMMENT_ALONE = re.compile(r"[^=]*=[ \t]+#")


class NotRegular(OSError):
    """A pipe, a socket, a folder or a device: reading it could wait for ever, or never end."""


class DotEnv(NamedTuple):
    """`values` and the `lines` they stand in, by name; `problems` are one line each, for people.

    `comments`: names that have a comment in the place of a value; they have none.
    """

    path: Optional[str]
    values: Dict[str, str]
    lines: Dict[str, int]
    problems: List[str]
    comments: Tuple[str, ...] = ()

    def where(self, name: str) -> str:
        return "%s, line %d" % (self.path, self.lines.get(name, 0))


NONE = DotEnv(None, {}, {}, [])


def read_dotenv(chosen: str, cwd: Optional[str]) -> DotEnv:
    """The METLO_* values of the file `chosen` ("off" for none), or of the nearest `.env` upwards from `cwd`.

    Never waits: what is no regular file, a pipe for example, is skipped with one line.
    """
    if chosen.strip().lower() == "off":
        return NONE
    problems: List[str] = []
    for path in [chosen.strip()] if chosen.strip() else _candidates(cwd):
        try:
            text = read_regular(path)
        except (OSError, ValueError) as error:
            problems.append("%s cannot be read (%s): settings in it are ignored; "
                            "fix the file or set METLO_ENV_FILE=off" % (path, _reason(error)))
            if isinstance(error, NotRegular):
                continue
            return DotEnv(path, {}, {}, problems)
        found = parse(path, text)
        return found._replace(problems=problems + found.problems)
    return NONE._replace(problems=problems)


def read_regular(path: str) -> str:
    """The text of the file at `path`; raises OSError or ValueError where there is none that can be read at once."""
    if os.path.realpath(path) == os.devnull:
        return ""
    _check_regular(os.stat(path))  # before it is opened, which the writer of a pipe would notice
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags)
    try:
        _check_regular(os.fstat(descriptor))
        with io.open(descriptor, "rb", closefd=False) as file:
            data = file.read(LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(data) > LARGEST:
        raise ValueError("it is larger than %d KB" % (LARGEST // 1024))
    return data.decode("utf-8-sig")


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotRegular("it is %s" % kind_of(status.st_mode))


def kind_of(mode: int) -> str:
    """What is no regular file, in words; `mode` is that of a stat."""
    kinds = ((stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISDIR, "a folder"))
    return next((words for is_kind, words in kinds if is_kind(mode)), "a device") + ", not a file"


def _candidates(cwd: Optional[str]) -> Iterator[str]:
    """Each `.env` from `cwd` upwards; folders of that name are often virtual environments and are none."""
    folder = cwd
    while folder:
        path = os.path.join(folder, ".env")
        if os.path.exists(path) and not os.path.isdir(path):
            yield path
        parent = os.path.dirname(folder)
        folder = parent if parent != folder else None


def parse(path: str, text: str) -> DotEnv:
    """The METLO_* values in `text`, which was read from `path`."""
    try:
        from dotenv import dotenv_values
        from dotenv.parser import parse_stream
    except ImportError:
        return DotEnv(path, {}, {}, ["%s is not read: python-dotenv is missing; pip install python-dotenv" % path])
    problems = []
    lines: Dict[str, int] = {}
    good = []
    comments: Dict[str, bool] = {}
    for binding in parse_stream(io.StringIO(text)):
        original = binding.original
        if binding.error:
            # dotenv_values would log this line by itself; ours says the file and never the text, which may be secret.
            problems.append("%s, line %d cannot be understood and is ignored; write NAME=value" % (
                path, original.line + _leading_breaks(original.string)))
            continue
        good.append(original.string)
        if binding.key:
            lines[binding.key] = original.line + _leading_breaks(original.string)
            comments[binding.key] = _COMMENT_ALONE.match(original.string) is not None
    values = dotenv_values(stream=io.StringIO("".join(good)))
    ours = {name: value for name, value in values.items() if name.startswith("METLO_") and value is not None}
    alone = tuple(name for name in ours if comments.get(name))
    ours.update(dict.fromkeys(alone, ""))
    return DotEnv(path, ours, lines, problems, alone)


def _leading_breaks(original: str) -> int:
    """Empty lines before a binding belong to it in python-dotenv's parser."""
    return len(original) - len(original.lstrip("\r\n"))


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return getattr(error, "strerror", None) or str(error)
