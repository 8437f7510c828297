"""One thing that was looked at and what came of it; knows nothing of how."""

from typing import NamedTuple, Optional

OK, WARNING, FAILED = "ok", "warning", "failed"


class Finding(NamedTuple):
    """`check`: its name for machines. `said`: a plain sentence. `fix`: what to do, or "". `seconds`: its time."""

    check: str
    status: str
    said: str
    fix: str = ""
    seconds: Optional[float] = None
