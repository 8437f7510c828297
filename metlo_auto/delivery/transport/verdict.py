"""What a collector's response means for the batch; pure, knows HTTP statuses and the wording of one refusal."""

import email.utils
import re
from typing import Mapping, NamedTuple, Optional

from metlo_auto.clocks import Real

DELIVERED = "delivered"
RETRY = "retry"  # the collector's trouble, not the batch's
TOO_LARGE = "too large"
BAD_PATH = "bad path"  # what stood before the named trace is stored
REJECTED = "rejected"  # something in the batch, perhaps
NO_V2 = "no v2"

_BAD_PATH = re.compile(r"invalid path(?: encountered:)? (.*)", re.IGNORECASE | re.DOTALL)


class Verdict(NamedTuple):
    """`status` is 0 where no response came; `detail` is the path of BAD_PATH, else words for the log."""

    outcome: str
    status: int = 0
    detail: str = ""
    retry_after: Optional[float] = None


def judge(status: int, headers: Mapping[str, str], text: str, announcement: bool) -> Verdict:
    """The verdict on a response; `headers` ignore case, `text` is the beginning of the response's body."""
    if 200 <= status < 300:
        return Verdict(DELIVERED, status)
    if announcement and status in (400, 404, 405, 413, 415, 422):
        return Verdict(NO_V2, status)
    if status == 413:
        return Verdict(TOO_LARGE, status)
    if status in (400, 422, 500):
        named = _BAD_PATH.search(text) if status == 400 else None
        return Verdict(BAD_PATH, status, named.group(1)) if named else Verdict(REJECTED, status, "HTTP %d" % status)
    return Verdict(RETRY, status, "HTTP %d" % status, retry_after(headers.get("Retry-After"), Real.wall()))


def retry_after(value: Optional[str], now: float) -> Optional[float]:
    """Seconds to wait by a Retry-After header in either of its forms; `now` in seconds since the epoch."""
    if value is None:
        return None
    try:
        seconds = float(value)
        return max(seconds, 0.0) if seconds == seconds else None  # nan is a float too
    except ValueError:
        moment = email.utils.parsedate_tz(value)
        return max(email.utils.mktime_tz(moment) - now, 0.0) if moment else None
