"""Whether the collector is one of ours or another Metlo; knows the header that says so, nothing of who asks."""

from typing import Mapping, Optional

from .batch import Batch

CAPABILITY = "X-Metlo-Collector"
VERIFY = "/api/v1/verify"
QUESTION = Batch("verify", ())  # handed to who uploads, it becomes a GET of VERIFY


class CollectorKind:
    """What is known so far; one for a delivery, and a forked child begins with what its parent knew.

    `ours`: None until a collector has said it. `settled`: it need not be asked now; after an outage there may be
    another collector at the same address.
    """

    def __init__(self) -> None:
        self.ours: Optional[bool] = None
        self.takes_routes = False
        self.settled = False

    def learn(self, headers: Mapping[str, str]) -> None:
        """From the headers of a response to VERIFY, which ignore case."""
        said = headers.get(CAPABILITY)
        self.takes_routes = "routes" in (said or "")
        self.ours = said is not None
        self.settled = True
