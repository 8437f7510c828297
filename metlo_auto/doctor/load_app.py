"""Runs in the app's own interpreter, as a file: imports an app as its server would, or a script up to its main part.

Standard library only, and nothing of the agent.
"""

import importlib
import os
import runpy
import sys

# Another name than __main__ keeps what a script does only when it is started from being done.
RUN_NAME = "__metlo_check__"


def load(kind: str, target: str) -> None:
    """`module`: the one in `target`, `package.module:object`; `factory`: it is called too. `script`: the file."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != here]
    if kind == "script":
        sys.path.insert(0, os.path.dirname(os.path.abspath(target)))
        runpy.run_path(target, run_name=RUN_NAME)
        return
    sys.path.insert(0, os.getcwd())
    module, _, name = target.partition(":")
    found = importlib.import_module(module)
    factory, call, _ = name.partition("(")
    for part in (factory or "app").split("."):
        found = getattr(found, part)
    if call or kind == "factory":
        found()  # type: ignore[operator]


if __name__ == "__main__":
    kind, target, sys.argv = sys.argv[1], sys.argv[2], sys.argv[2:]
    load(kind, target)
