"""The values that pass between the parts of delivery; knows nothing else."""

from typing import NamedTuple, Optional, Tuple

Route = Tuple[str, str, str]  # host, method, route
Item = Tuple[bytes, Optional[Route], Optional[bytes]]  # trace, its route, its announcement

BATCH_TRACES = 500
PACED_BATCH = 100  # traces of a batch for a collector that is not ours
BATCH_BYTES = 1000000
ITEM_OVERHEAD = 200  # bytes of memory that a queued trace takes beside its text


class DeliverySettings(NamedTuple):
    """What delivery is told; sizes in bytes, times in seconds."""

    host: str
    api_key: str
    workers: int
    queue_size: int
    flush_interval: float
    timeout: float
    shutdown_timeout: float
    compress: str  # auto, true, false
    spool_dir: Optional[str]  # None: memory only
    spool_size: int
    max_rate: float = 0.0  # traces a second to a collector that is not ours; 0 = no bound
    metrics: str = ""  # statsd://host[:port][/prefix]; "" = none
