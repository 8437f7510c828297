"""From encoded traces in a queue to the collector; knows no Flask and no field of a trace."""

from .channel import Channel
from .delivery import NUMBERS, Delivery
from .process.aws_lambda import before_each_stop
from .process.exits import Ending, Exits
from .process.own_threads import OwnThreads
from .spool.locks import Locks
from .types import DeliverySettings

__all__ = [
    "NUMBERS", "Channel", "Delivery", "DeliverySettings", "Ending", "Exits", "Locks", "OwnThreads", "before_each_stop",
]  # fmt: skip
