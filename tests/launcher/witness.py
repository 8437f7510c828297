"""Prints as JSON what a Python process can see of itself; run natively and under metlo-run, the two must not differ."""

import json
import locale
import os
import signal
import sys


def open_descriptors():
    found = []
    for number in range(12):
        try:
            os.fstat(number)
        except OSError:
            continue
        found.append(number)
    return found


def read(path):
    with open(path, "rb") as file:
        return os.fsdecode(file.read())


def current_folder():
    try:
        return os.getcwd()
    except OSError:
        return None


seen = {
    "argv": sys.argv,
    "orig_argv": getattr(sys, "orig_argv", None),
    "executable": sys.executable,
    "prefix": sys.prefix,
    "flags": repr(sys.flags),
    "xoptions": repr(sorted(sys._xoptions.items())),
    "warnoptions": sys.warnoptions,
    "path": sys.path,
    "environ": {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "_")},
    "environ_at_start": sorted(
        entry
        for entry in read("/proc/self/environ").split("\0")
        if entry and not entry.startswith(("PYTHONPATH=", "_="))
    ),
    "cwd": current_folder(),
    "descriptors": open_descriptors(),
    "encodings": [sys.getfilesystemencoding(), locale.getpreferredencoding(False)],
    "signals": {
        name: repr(signal.getsignal(getattr(signal, name)))
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE", "SIGXFSZ", "SIGCHLD")
    },
    "ignored": [line for line in read("/proc/self/status").splitlines() if line.startswith(("SigIgn", "SigBlk"))],
    "umask": os.umask(0o22),
    "threads": len(os.listdir("/proc/self/task")),
    "path_hooks": len(sys.path_hooks),
}
out = os.environ.get("WITNESS_OUT")
if out:  # stdout may be closed
    with open(out, "w") as file:
        json.dump(seen, file)
else:
    sys.stdout.write(json.dumps(seen))
