"""Everything that a response says, headers included; pure."""

from __future__ import annotations

import re

from metlo_auto.collector.security_tests.inputs import Input
from metlo_auto.collector.security_tests.values import Answer

_URL_NAME = re.compile(
    r"(^|[_.\-/\[])(url|uri|link|href|src|source|target|dest|destination|callback|webhook|hook|redirect|return|next|goto|"
    r"continue|back|forward|feed|image|img|avatar|icon|site|host|domain|server|endpoint|proxy|remote|fetch|load|to|from|"
    r"location|rurl|returnurl|redirecturl|callbackurl|imageurl|page|ref|referrer|u|origin|api|address)($|[_.\-\]])",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(
    r"(file|path|name|doc|document|template|tpl|page|download|image|img|photo|picture|lang|locale|dir|folder|include|"
    r"report|log|attachment|asset|theme|view|key|resource|script|style|config|archive|backup)",
    re.IGNORECASE,
)


def spoken(answer: Answer) -> str:
    """Body and headers as one text."""
    return answer.body + "\n" + "\n".join(value for _, value in answer.headers)


def sounds_like_url(given: Input) -> bool:
    """Whether an input takes URLs, hosts or paths, by its name or by what stands in it."""
    return bool(_URL_NAME.search(given.name)) or re.match(r"https?:|//|/[\w]", given.value) is not None


def sounds_like_file(given: Input) -> bool:
    """Whether an input takes names of files."""
    return bool(_FILE_NAME.search(given.name)) or re.search(r"\.\w{2,5}$|/", given.value) is not None
