"""The `.env` file: which one, and its METLO_* names; the one place that touches it, through python-dotenv."""

import io
import os
from typing import Dict, List, NamedTuple, Optional


class DotEnv(NamedTuple):
    """`values` and the `lines` they stand in, by name; `problems` are one line each, for people."""

    path: Optional[str]
    values: Dict[str, str]
    lines: Dict[str, int]
    problems: List[str]

    def where(self, name: str) -> str:
        return "%s, line %d" % (self.path, self.lines.get(name, 0))


NONE = DotEnv(None, {}, {}, [])


def read_dotenv(chosen: str, cwd: Optional[str]) -> DotEnv:
    """The METLO_* values of the file `chosen` ("off" for none), or of the nearest `.env` upwards from `cwd`."""
    if chosen.strip().lower() == "off":
        return NONE
    path = chosen.strip() or _nearest(cwd)
    if not path:
        return NONE
    try:
        with io.open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except (OSError, ValueError) as error:
        return DotEnv(path, {}, {}, ["%s cannot be read (%s): settings in it are ignored; "
                                     "mend the file or set METLO_ENV_FILE=off" % (path, _reason(error))])
    return _parse(path, text)


def _nearest(cwd: Optional[str]) -> Optional[str]:
    folder = cwd
    while folder:
        path = os.path.join(folder, ".env")
        if os.path.exists(path) and not os.path.isdir(path):
            return path
        parent = os.path.dirname(folder)
        folder = parent if parent != folder else None
    return None


def _parse(path: str, text: str) -> DotEnv:
    try:
        from dotenv import dotenv_values
        from dotenv.parser import parse_stream
    except ImportError:
        return DotEnv(path, {}, {}, ["%s is not read: python-dotenv is missing; pip install python-dotenv" % path])
    problems = []
    lines: Dict[str, int] = {}
    good = []
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
    values = dotenv_values(stream=io.StringIO("".join(good)))
    ours = {name: value for name, value in values.items() if name.startswith("METLO_") and value is not None}
    return DotEnv(path, ours, lines, problems)


def _leading_breaks(original: str) -> int:
    """Empty lines before a binding belong to it in python-dotenv's parser."""
    return len(original) - len(original.lstrip("\r\n"))


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or "it is not UTF-8 text"
