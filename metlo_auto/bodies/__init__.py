"""From the kept bytes of a body to text: charset, compression, multipart, cuts; knows no secrets and no HTTP."""

from .multipart import MultipartSieve, sieve_for
from .text import Text, text_of

__all__ = ["MultipartSieve", "Text", "sieve_for", "text_of"]
