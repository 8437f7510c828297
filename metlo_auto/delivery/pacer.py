"""How many traces a second go to a collector that is not ours; pure but for a ledger that processes may share.

Such a collector replies 200 and drops what it cannot queue. The ledger is one number: the moment at which all that
was granted so far would have been uploaded one by one. It may lie one window ahead of now, so that is the burst.
"""

from typing import Callable, NamedTuple, Optional

from .types import BATCH_TRACES, PACED_BATCH

WINDOW = 1.0  # seconds
BUSY = 0.002  # seconds until a ledger that another process has is tried again


class Grant(NamedTuple):
    """`until`: the ledger afterwards. `wait`: seconds until the same may be asked again; 0 where it was granted."""

    until: float
    wait: float


def grant(until: float, now: float, traces: int, rate: float) -> Grant:
    """Whether `traces` may be uploaded now at `rate` a second; times are seconds of one clock."""
    window = max(WINDOW, 1.0 / rate)
    until = min(max(until, now), now + window)  # a ledger from before a restart of the machine says anything
    then = until + min(traces / rate, window)
    wait = then - now - window
    return Grant(then, 0.0) if wait <= 1e-6 else Grant(until, wait)


class Pacer:
    """`share(change)` changes the ledger that processes share: False while another has it, None where there is none."""

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float],
        share: Callable[[Callable[[float], float]], Optional[bool]],
    ) -> None:
        self.most = min(PACED_BATCH, max(int(rate), 1)) if rate else BATCH_TRACES  # traces of a batch
        self.rate = rate
        self._clock = clock
        self._share = share
        self._until = 0.0  # of this process alone
        self._wait = 0.0

    def wait_for(self, traces: int) -> float:
        """Seconds until so many may be uploaded; 0 where they may now, and are counted."""
        if not self.rate:
            return 0.0
        shared = self._share(lambda until: self._ask(until, traces))
        if shared is None:
            self._until = self._ask(self._until, traces)
        return BUSY if shared is False else self._wait

    def _ask(self, until: float, traces: int) -> float:
        until, self._wait = grant(until, self._clock(), traces, self.rate)
        return until
