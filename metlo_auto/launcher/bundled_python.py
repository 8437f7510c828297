"""Programs that bring a Python of their own, or put the app's path together by themselves; knows the ends of files."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, List, Optional

COOKIE = b"MEI\014\013\012\013\016"  # PyInstaller's, at the end of its programs, before a signature
END_OF_ZIP = b"PK\005\006"
TAIL = 66000  # bytes; a zip's end may have a comment of 64 KB
LARGEST_DIRECTORY = 16 * 1024 * 1024  # bytes of the list of files in a zip
WAY = "install metlo-auto into it and put `import metlo_auto.auto` at the top of the app"


def bundled_by(argv: "List[str]", path: str) -> "Optional[str]":
    """Why the program `argv`, found at `path`, never loads the bootstrap, and the way that works; None: it does."""
    program = _script(argv) if is_python(argv[0]) else path
    kind = _kind(program) if program else None
    if kind is None:
        return None
    return "not reported: %s is made by %s, which keeps metlo out; %s" % (program, kind, WAY)


def _script(argv: "List[str]") -> "Optional[str]":
    """What `python …` runs, where that is a file or folder without options before it."""
    for word in argv[1:]:
        if word in ("-c", "-m"):
            return None
        if not word.startswith("-"):
            return word
    return None


def _kind(program: str) -> "Optional[str]":
    """The tool that made `program`, None where it is none of those."""
    folder = program if os.path.isdir(program) else os.path.dirname(os.path.realpath(program))
    if os.path.isdir(program) or os.path.basename(program) in ("__main__.py", "pex"):
        return "pex" if _is_pex_folder(folder) else None
    try:
        with open(program, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            tail = file.read()
            if COOKIE in tail:
                return None if _mentions(file, b"metlo_auto.auto") else "PyInstaller"
            if END_OF_ZIP in tail:
                names = _directory(file, tail)
                return "pex" if b"PEX-INFO" in names and b"metlo_auto/auto.py" not in names else None
    except (OSError, ValueError):
        return None
    frozen = os.path.isfile(os.path.join(folder, "lib", "library.zip")) and not program.endswith(".py")
    return "cx_Freeze" if frozen else None


def _is_pex_folder(folder: str) -> bool:
    """One that was unpacked, and has no metlo_auto among its wheels."""
    if not os.path.isfile(os.path.join(folder, "PEX-INFO")):
        return False
    with open(os.path.join(folder, "PEX-INFO"), "rb") as file:
        return b"metlo_auto" not in file.read(LARGEST_DIRECTORY)


def _mentions(file: "BinaryIO", name: bytes) -> bool:
    """Whether a module of that name was put into the program, whose app then may import it."""
    import mmap

    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(name) >= 0


def _directory(file: "BinaryIO", tail: bytes) -> bytes:
    """The list of files of the zip that ends in `tail`."""
    end = tail[tail.rindex(END_OF_ZIP) :]
    length = int.from_bytes(end[12:16], "little")
    if length > LARGEST_DIRECTORY:
        return b""
    before_end = len(tail) - len(end)
    if length <= before_end:
        return tail[before_end - length : before_end]
    file.seek(-(len(end) + length), os.SEEK_END)
    return file.read(length)


def is_python(command: str) -> bool:
    """Whether `command` is called as interpreters are: python, python3, python3.13t, pypy3, python.exe."""
    name = os.path.basename(command).lower()
    if name.endswith(".exe"):
        name = name[:-4]
    for stem in ("python", "pypy"):
        if name.startswith(stem):
            return not name[len(stem) :].strip("0123456789.tw")
    return False
