"""How metlo-run speaks: lines on stderr, answers on stdout, and no traceback where nobody listens."""

import os
import sys


def say(line: str) -> None:
    """One line on stderr, where there is one."""
    try:
        sys.stderr.write("metlo-run: %s\n" % line)
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # closed before or behind our back
        pass


def answer(text: str) -> bool:
    """`text` on stdout; whether it could be written."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except AttributeError:  # closed before
        return False
    except OSError:
        # What is left in the buffer would be tried again at exit, and complained about.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return False
    return True
