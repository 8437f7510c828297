"""From encoded traces in a queue to the collector; knows no Flask and no field of a trace."""

from .channel import Channel
from .delivery import NUMBERS, Delivery
from .exits import Exits
from .locks import Locks
from .values import DeliverySettings

__all__ = ["NUMBERS", "Channel", "Delivery", "DeliverySettings", "Exits", "Locks"]
