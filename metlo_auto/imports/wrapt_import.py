"""wrapt without asyncio, which it imports for decorators that nobody here uses: 10 ms and 1.5 MB in each process."""

from metlo_auto.imports.lazy_import import put_off

with put_off("asyncio"):
    from wrapt import wrap_function_wrapper

__all__ = ["wrap_function_wrapper"]
