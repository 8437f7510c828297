"""From the kept bytes of a body to text: charset, compression, multipart, cuts; knows no secrets and no HTTP."""

from .multipart import MultipartSieve
from .text import Text, text_of

__all__ = ["MultipartSieve", "Text", "text_of"]
