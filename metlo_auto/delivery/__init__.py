"""From encoded traces in a queue to the collector; knows no Flask and no field of a trace."""

from .delivery import NUMBERS, Delivery
from .exits import Exits
from .locks import Locks
from .values import DeliverySettings

__all__ = ["NUMBERS", "Delivery", "DeliverySettings", "Exits", "Locks"]
