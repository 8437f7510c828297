# To be sourced: what kind of Python an interpreter is. Used by scripts/test and scripts/core.

# python_kind PYTHON: 3.14, 3.13t for one without the interpreter lock, pypy3.11
python_kind() {
    "$1" -c 'import platform, sys
free = "t" if "t" in getattr(sys, "abiflags", "") else ""
print(("" if platform.python_implementation() == "CPython" else "pypy") + "%d.%d" % sys.version_info[:2] + free)'
}
