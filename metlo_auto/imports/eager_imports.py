"""Keeps imports of the agent and of what uploads for it eager where Python 3.15 makes all imports lazy (PEP 810).

A lazy import runs where its name is first used: in the sender's thread, or in a forked child, which then waits for an
import lock that nobody holds any more. Must not know what is imported.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional, Sequence

# Top-level packages whose own imports are eager.
EAGER = frozenset((
    "metlo_auto", "requests", "urllib3", "http", "email", "calendar", "certifi", "idna", "wrapt", "dotenv",
))  # fmt: skip


def install() -> None:
    """Chains a filter before the app's own, once; does nothing where imports are not lazy by default."""
    modes: "Any" = sys  # typing knows these names for 3.15 alone
    if not hasattr(sys, "set_lazy_imports_filter") or modes.get_lazy_imports() != "all":
        return
    before = modes.get_lazy_imports_filter()
    if not isinstance(before, EagerImports):
        modes.set_lazy_imports_filter(EagerImports(before))


class EagerImports:
    """`filter(importing module, imported module, names)`: False makes that import eager."""

    def __init__(self, before: "Optional[Callable[..., bool]]") -> None:
        self._before = before

    def __call__(self, importing: str, imported: str, names: "Optional[Sequence[str]]" = None) -> bool:
        if importing.partition(".")[0] in EAGER:
            return False
        return self._before is None or self._before(importing, imported, names)
