"""Takes secrets out of captured text; knows rules and formats, must not know I/O or where settings come from."""

from .exchange import exchange_redactor
from .redactor import Redactor

__all__ = ["Redactor", "exchange_redactor"]
