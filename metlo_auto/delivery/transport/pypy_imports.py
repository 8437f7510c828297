"""A module's code with each `from … import …` as a call of a function: PyPy ignores the `__builtins__` of a module."""

import ast
from types import ModuleType
from typing import Any, Callable

IMPORT = "__metlo_import__"  # in the globals of the module


def code_that_imports_by(function: Callable[..., Any], module: ModuleType, spec: Any) -> Any:
    """Code for `module` from the source that `spec` finds; `function` takes what `__import__` takes."""
    vars(module)[IMPORT] = function
    tree = _Calls().visit(ast.parse(spec.loader.get_source(spec.name)))
    return compile(ast.fix_missing_locations(tree), spec.origin, "exec")


class _Calls(ast.NodeTransformer):
    """`from a import b as c` as a call of IMPORT, and an assignment for each name."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        if node.module == "__future__" or any(alias.name == "*" for alias in node.names):
            return node
        names = tuple(alias.name for alias in node.names)
        call = "%s(%r, globals(), None, %r, %d)" % (IMPORT, node.module or "", names, node.level or 0)
        lines = ["%s_module = %s" % (IMPORT, call)]
        lines += ["%s = %s_module.%s" % (alias.asname or alias.name, IMPORT, alias.name) for alias in node.names]
        return [ast.copy_location(statement, node) for statement in ast.parse("\n".join(lines)).body]
