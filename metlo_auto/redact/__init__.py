"""Takes secrets out of captured text; knows rules and formats, must not know I/O or where settings come from."""

from .redactor import Redactor

__all__ = ["Redactor"]
