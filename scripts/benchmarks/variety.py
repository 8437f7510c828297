"""Many different traces out of one that the agent sent: other customers, amounts and endpoints."""

from __future__ import annotations

import json
import random
from typing import Any

PER_BATCH = 100


def batches(trace: dict[str, Any], endpoints: int, number: int) -> list[bytes]:
    """So many batches; every endpoint occurs, the first ones most often. The same arguments give the same bytes."""
    text, chosen = json.dumps(trace), random.Random(20)
    return [
        b"[" + b",".join(_other(text, _endpoint(chosen, endpoints, n), chosen) for n in _numbers(batch)) + b"]"
        for batch in range(number)
    ]


def _numbers(batch: int) -> range:
    return range(batch * PER_BATCH, (batch + 1) * PER_BATCH)


def _endpoint(chosen: random.Random, endpoints: int, number: int) -> int:
    """Each in its turn, and in between rather the first ones, as in real traffic."""
    return number // 10 % endpoints if number % 10 == 0 else int(chosen.random() ** 3 * endpoints)


def _other(text: str, endpoint: int, chosen: random.Random) -> bytes:
    customer, amount = chosen.randrange(10_000, 100_000), chosen.randrange(1, 90_000)
    for old, new in (
        ('"/orders"', f'"/orders-{endpoint}"'),
        ("48213", str(customer)),
        ("ada@", f"ada.{customer}@"),
        ("Ada Lovelace", f"Ada L. {customer}"),
        ("7946 0958", f"7{amount % 1000:03} {customer % 10000:04}"),
        ("SKU-100", f"SKU-{amount}-"),
        ("352.5", f"{amount / 100}"),
    ):
        text = text.replace(old, new)
    return text.encode()
