"""What aggregation remembers from one run of batches to the next, so that it has less to do; knows no store."""

from __future__ import annotations

from typing import Iterable, Optional

from metlo_auto.collector.analysis.depth import Depth
from metlo_auto.collector.analysis.facts import Examples
from metlo_auto.collector.analysis.links import Ids
from metlo_auto.collector.analysis.sibling_folding import SiblingFolds


class Memory:
    """Of one process. Without it the same calls are counted, all are analysed, and links between batches are missed."""

    def __init__(self, siblings: Optional[SiblingFolds] = None) -> None:
        self.depth = Depth()
        self.ids = Ids()
        self.examples = Examples()
        self._siblings = siblings  # of the writer, where it is in this process

    def resolve(self, method: str, service: str, template: str) -> str:
        """What is known of the template that a path counts for; the writer asks again."""
        return template if self._siblings is None else self._siblings.resolve(method, service, template)

    def deepen(self, endpoint_ids: Iterable[str]) -> None:
        """The writer found something new at these endpoints."""
        for name in endpoint_ids:
            self.depth.deepen(name)
