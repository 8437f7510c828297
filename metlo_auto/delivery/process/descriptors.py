"""What a descriptor stands for; knows numbers, nothing of who uses them.

An app may close every descriptor of its process, ours too, as daemons do. What it opens then has our numbers.
"""

import os
from typing import List, Optional, Tuple

Identity = Optional[Tuple[int, int]]


def identity(number: int) -> Identity:
    """Of the open file behind `number`; None where there is none, or it has none, as sockets on Windows."""
    try:
        found = os.fstat(number)
    except (OSError, OverflowError):
        return None
    return found.st_dev, found.st_ino


def is_still(number: int, known: Identity) -> bool:
    """Whether `number` stands for what it stood for, as far as that can be known."""
    return known is None or identity(number) == known


def open_numbers() -> List[int]:
    """Of all files that this process has open; none where the system does not tell."""
    try:
        return [int(name) for name in os.listdir("/dev/fd") if name.isdigit()]
    except OSError:
        return []
