"""What may be said of an exception; knows where one comes from, nothing of what is done about it.

Its text may quote the request with its headers, as that of a library does which refuses what a test has not foreseen.
"""

import re
from typing import Any, Iterator, Optional

SPEAKERS = ("requests", "urllib3", "http", "ssl", "socket", "metlo_auto")  # these say what is wrong, not what was sent
LONGEST = 300
DEEPEST = 20  # errors around an error


def reason(error: BaseException, key: str) -> str:
    """One line for the log: the kind of the error, and the words of its innermost cause where those may be said."""
    chain = list(causes(error))
    strangers = [cause for cause in chain if _module(cause) not in (*SPEAKERS, "builtins")]
    cause = (strangers or [_innermost(error)])[0]
    words = without_secrets(str(cause), key) if _speaks(cause) else ""
    if not words and cause is not error:
        words = type(cause).__name__
    return ": ".join(filter(None, [type(error).__name__, words]))


def causes(error: Optional[BaseException]) -> Iterator[BaseException]:
    """The error and all that led to it, each of which may be quoted by the one before."""
    for _ in range(DEEPEST):
        if error is None:
            return
        yield error
        error = _inner(error) or error.__cause__ or error.__context__


def without_secrets(words: str, key: str) -> str:
    """One line without the key, the password of a proxy, and the object addresses that urllib3 puts in front."""
    words = re.sub(r"^<.* object at 0x\w+>: ", "", " ".join(words.split()))
    for secret in filter(None, {key, repr(key)[1:-1]}):
        words = words.replace(secret, "***")
    return re.sub(r"//[^/\s]*@", "//***@", words)[:LONGEST]


def place_of(error: BaseException) -> str:
    """The kind of an internal error and where it was raised: its text may hold what was captured."""
    traceback: Any = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return type(error).__name__
    file = traceback.tb_frame.f_code.co_filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "%s at %s:%d" % (type(error).__name__, file, traceback.tb_lineno)


def _innermost(error: BaseException) -> BaseException:
    for _ in range(DEEPEST):
        error = _inner(error) or error
    return error


def _inner(error: BaseException) -> Optional[BaseException]:
    """What requests and urllib3 have put this one around."""
    inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
    return inner if isinstance(inner, BaseException) else None


def _speaks(error: BaseException) -> bool:
    module = _module(error)
    return module in SPEAKERS or (module == "builtins" and isinstance(error, (OSError, ImportError)))


def _module(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]
