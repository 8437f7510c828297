"""Results as a table for people and as JSON for machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Sequence

from benchmarks.machine import ROOT

RESULTS = ROOT / "bench-results"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """First column left, the others right."""
    widths = [max(len(row[n]) for row in [heads, *rows]) for n in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        return "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width) for n, (cell, width) in enumerate(zip(cells, widths))
        ).rstrip()

    return "\n".join([line(heads), line(["-" * width for width in widths]), *map(line, rows)])


def write(path: Path, result: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    return value._asdict() if hasattr(value, "_asdict") else str(value)
