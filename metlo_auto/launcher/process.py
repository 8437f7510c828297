"""From a command as typed to a running process, as a shell does it; knows PATH and exec, nothing of metlo."""

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, NoReturn, Optional

NOT_EXECUTABLE = 126
NOT_FOUND = 127
UNRESOLVED = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)


class LaunchError(Exception):
    """The command cannot be run; `status` is the exit status that a shell would give."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def is_windows() -> bool:
    return os.name == "nt"


def find(command: str, environ: "Dict[str, str]") -> str:
    """The path of the file that a shell would run for `command`; raises LaunchError."""
    if is_windows():
        return _find_on_windows(command, environ)
    refused: "Optional[str]" = None
    for candidate in _candidates(command, environ):
        obstacle = _obstacle(candidate)
        if obstacle == "":
            return candidate
        refused = refused or obstacle
    if refused is not None:
        raise LaunchError(NOT_EXECUTABLE, "%s: %s%s" % (command, refused, _hint(command)))
    raise LaunchError(NOT_FOUND, "%s: command not found%s" % (command or "''", _hint(command)))


def _candidates(command: str, environ: "Dict[str, str]") -> "List[str]":
    if not command:
        return []
    if "/" in command:
        return [command]
    return [os.path.join(folder, command) for folder in environ.get("PATH", os.defpath).split(os.pathsep)]


def _obstacle(candidate: str) -> "Optional[str]":
    """Why the file cannot be run: "" where it can, None where it is not there."""
    try:
        mode = os.stat(candidate).st_mode
    except OSError as error:
        return None if error.errno in UNRESOLVED else str(error.strerror).lower()
    if stat.S_ISDIR(mode):
        return "is a directory"
    if not os.access(candidate, os.X_OK):
        return "not executable"
    return ""


def _hint(command: str) -> str:
    if command.endswith(".py") and os.path.isfile(command):
        return "; to run it: metlo-run python %s" % command
    return ""


def _find_on_windows(command: str, environ: "Dict[str, str]") -> str:
    import shutil

    found = shutil.which(command, path=environ.get("PATH"))
    if found is None:
        raise LaunchError(NOT_FOUND, "%s: command not found%s" % (command or "''", _hint(command)))
    return found


def run(path: str, argv: "List[str]", environ: "Dict[str, str]") -> int:
    """Become `argv`; on Windows, which cannot, run it and give its exit status. Raises LaunchError."""
    if is_windows():
        return run_child(path, argv, environ)
    restore_signals()
    try:
        _become(path, argv, environ)
    except OSError as error:
        raise _refusal(argv, error) from None


def _become(path: str, argv: "List[str]", environ: "Dict[str, str]") -> "NoReturn":
    try:
        os.execve(path, argv, environ)
    except OSError as error:
        if error.errno != errno.ENOEXEC or _is_binary(path):
            raise
    os.execve("/bin/sh", ["/bin/sh", path] + argv[1:], environ)


def restore_signals() -> None:
    """Undo what the interpreter did to SIGPIPE and SIGXFSZ: ignored signals would stay ignored in the app."""
    import _signal  # type: ignore[import-not-found]  # signal itself would cost 2 ms for its enums

    for name in ("SIGPIPE", "SIGXFSZ"):
        if hasattr(_signal, name):
            _signal.signal(getattr(_signal, name), _signal.SIG_DFL)


def _is_binary(path: str) -> bool:
    """Shells take a file with a NUL in its first line for a program of another machine, not for a script."""
    try:
        with open(path, "rb") as file:
            return b"\0" in file.read(256).split(b"\n", 1)[0]
    except OSError:  # a shell could not read it either
        return True


def _refusal(argv: "List[str]", error: OSError) -> LaunchError:
    reason = (error.strerror or str(error)).lower()
    if error.errno == errno.ENOENT:
        reason = "the interpreter that its first line names was not found"
    return LaunchError(NOT_EXECUTABLE, "%s: %s" % (argv[0], reason))


def run_child(path: str, argv: "List[str]", environ: "Dict[str, str]") -> int:
    """Run `argv` as a child and wait; Ctrl-C reaches the child by itself and is its business."""
    import subprocess

    try:
        child = subprocess.Popen(argv, executable=path, env=environ)
    except OSError as error:
        raise _refusal(argv, error) from None
    while True:
        try:
            status = child.wait()
        except KeyboardInterrupt:
            continue
        return status - (1 << 32) if status > 0x7FFFFFFF else status  # sys.exit takes a signed one
