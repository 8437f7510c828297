"""Commands that keep Python from our sitecustomize; knows argv and the first lines of scripts."""

import os

from metlo_auto.launcher.bundled_python import bundled_by, is_python

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional, Set

# They put a sitecustomize of their own first and never look for the next one.
HIDING_LAUNCHERS = ("opentelemetry-instrument", "elasticapm-run")


def hidden_by(argv: "List[str]", path: str) -> "Optional[str]":
    """Why `argv`, found at `path`, would run without metlo, and what to write instead; None: it would not."""
    for position, word in enumerate(argv):
        name = os.path.basename(word)
        if name in HIDING_LAUNCHERS:
            rest = " ".join(argv[:position] + [name, "metlo-run"] + argv[position + 1 :])
            return "%s hides metlo when it comes after it; the right order is: %s" % (name, rest)
    flags = python_flags(argv) or python_flags(shebang(path))
    if not flags:
        return bundled_by(argv, path)
    flag = "-" + sorted(flags)[0]
    return (
        "%s runs Python with %s, which keeps metlo out; leave %s out, or import metlo_auto.auto in the app"
        % (argv[0], flag, flag)
    )


def python_flags(argv: "List[str]") -> "Set[str]":
    """Those of E, I and S that `argv` gives to a Python interpreter."""
    flags: "Set[str]" = set()
    if not argv or not is_python(argv[0]):
        return flags
    rest = argv[1:]
    while rest and rest[0].startswith("-") and rest[0] not in ("-", "--"):
        word = rest.pop(0)
        if word == "--check-hash-based-pycs":
            rest = rest[1:]
        if word.startswith("--"):
            continue
        for place, letter in enumerate(word[1:], 2):
            if letter in "cm":  # what follows is for the program
                return flags
            if letter in "WX":
                rest = rest if word[place:] else rest[1:]
                break
            flags.update({letter} & set("EIS"))
    return flags


def shebang(path: str) -> "List[str]":
    """The command in the first line of the script at `path`, `env` taken off; [] for anything else."""
    try:
        with open(path, "rb") as file:
            line = file.read(512).split(b"\n", 1)[0]
    except OSError:
        return []
    if not line.startswith(b"#!"):
        return []
    words = os.fsdecode(line[2:]).split()
    if words and os.path.basename(words[0]) == "env":
        words = [word for word in words[1:] if word != "-S"]
    return words
