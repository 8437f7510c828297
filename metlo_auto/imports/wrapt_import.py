"""wrapt without asyncio, which it imports for decorators that nobody here uses: 10 ms and 1.5 MB in each process."""

from typing import Any, Callable

from metlo_auto.imports.lazy_import import put_off

with put_off("asyncio"):
    from wrapt import BoundFunctionWrapper, FunctionWrapper, resolve_path, wrap_object

__all__ = ["wrap_init"]


class _ByName:
    """Copied and pickled as the plain function, or method, of `_self_class` is: by its name there."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        named: Any = self
        return getattr, (named._self_class, named.__name__)

    def __reduce__(self) -> Any:
        return self.__reduce_ex__(2)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self


class _Bound(_ByName, BoundFunctionWrapper):  # type: ignore[type-arg]
    @property
    def _self_class(self) -> Any:
        """The class; of a method that is bound, its instance: that is copied and pickled then."""
        instance = self._self_instance
        return self._self_parent._self_class if instance is None else instance


class _Wrapper(_ByName, FunctionWrapper):  # type: ignore[type-arg]
    __bound_function_wrapper__ = _Bound

    def __init__(self, wrapped: Any, wrapper: Any, owner: Any) -> None:
        FunctionWrapper.__init__(self, wrapped, wrapper)
        self._self_class = owner
        self._self_of_class: Any = FunctionWrapper.__get__(self, None, owner)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        # Asked of the class, a function is the same object each time.
        return self._self_of_class if instance is None else FunctionWrapper.__get__(self, instance, owner)


def wrap_init(module: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Puts a wrapper around the method `Class.method` of a module, in place."""
    owner = resolve_path(module, name)[0]
    wrap_object(module, name, _Wrapper, (wrapper, owner))
