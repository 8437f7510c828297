"""The documents for people: their text, code fences and code spans; knows Markdown as we write it."""

import pathlib
import re
from typing import Iterator, List, NamedTuple, Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md")
_FENCE = re.compile(r"(?:<!-- recipe: (?P<recipe>.+?) -->\n+)?^```(?P<language>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


class Fence(NamedTuple):
    """A block of code; `recipe` is the name by which tests of deployment know it."""

    page: str
    language: str
    text: str
    recipe: Optional[str]


def pages() -> List[str]:
    """Their paths, relative to the checkout."""
    return [*TOP, *sorted("docs/" + path.name for path in (ROOT / "docs").glob("*.md"))]


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def everything() -> str:
    """All of them as one text, each run of white space as one blank."""
    return " ".join(" ".join(map(read, pages())).split())


def fences(page: str) -> Iterator[Fence]:
    for found in _FENCE.finditer(read(page)):
        yield Fence(page, found.group("language"), found.group("text"), found.group("recipe"))


def prose(page: str) -> str:
    """Without the fences."""
    return _FENCE.sub("", read(page))


def spans(page: str) -> List[str]:
    """What stands in `single backticks`."""
    return re.findall(r"`([^`\n]+)`", prose(page))
