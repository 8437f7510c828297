"""The settings as the app finds them, and what in them keeps traces from arriving; knows settings and the spool."""

import os
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from metlo_auto.collector_url import shown
from metlo_auto.doctor import spooled
from metlo_auto.doctor.finding import FAILED, OK, WARNING, Finding


class Row(NamedTuple):
    """A setting for people: its name in the environment, its value (the key masked), where it comes from."""

    name: str
    value: str
    source: str


def load(environ: Dict[str, str], cwd: Optional[str]) -> Any:
    """`settings.load`; imported late, since python-dotenv may be broken and raise anything."""
    from metlo_auto.config import settings

    return settings.load(environ, cwd)


def rows(loaded: Any) -> List[Row]:
    """All settings with their values."""
    from metlo_auto.config.settings import SETTINGS

    found = []
    for setting in SETTINGS:
        value = getattr(loaded.settings, setting.name)
        text = masked(value) if setting.name == "api_key" else _text(value)
        if setting.name == "host":
            text = shown(text, loaded.settings.api_key)
        found.append(Row(setting.variable, text, loaded.sources[setting.name]))
    return found


def masked(key: str) -> str:
    """Enough of a key to tell two apart."""
    return "" if not key else "*" * 8 + (key[-4:] if len(key) >= 16 else "")


def _text(value: Any) -> str:
    if value is None:
        return "off"
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value)


def examine(loaded: Any) -> Iterator[Finding]:
    """What in the settings keeps traces from arriving."""
    chosen = loaded.settings
    if loaded.env_file:
        yield Finding("env_file", OK, "settings are read from %s" % loaded.env_file)
    else:
        yield Finding("env_file", OK, "no .env is used")
    for problem in loaded.problems:
        yield Finding("settings", WARNING, problem)
    for error in loaded.errors:
        yield Finding("settings", FAILED, error)
    if chosen.disabled:
        said = "METLO_DISABLED (%s) switches reporting off" % loaded.sources["disabled"]
        yield Finding("disabled", FAILED, said, "take it out")
    if chosen.sample_rate < 1.0:
        yield _sampled(chosen.sample_rate, loaded.sources["sample_rate"])
    if any(glob in ("*", "/*") for glob in chosen.ignore_paths):
        said = "METLO_IGNORE_PATHS (%s) leaves out every path" % loaded.sources["ignore_paths"]
        yield Finding("ignore_paths", FAILED, said, "name only the paths that should not be reported")


def _sampled(rate: float, source: str) -> Finding:
    said = "METLO_SAMPLE_RATE (%s) keeps %g %% of the requests, besides server errors and the first of each route"
    status = FAILED if rate == 0 else WARNING
    return Finding("sample_rate", status, said % (source, rate * 100), "set it to 1.0 to see every request")


def examine_spool(loaded: Any) -> List[Finding]:
    """Whether batches can wait on disk, and what waits there under this key and others."""
    own = _examine_folder(loaded)
    try:
        return [own] + (spooled.examine_others(loaded.settings) if loaded.settings.spool_dir else [])
    except OSError:  # what is wrong is said by the other one
        return [own]


def _examine_folder(loaded: Any) -> Finding:
    from metlo_auto.delivery.spool.folder import Folder, check_home
    from metlo_auto.delivery.spool.spool import folder_for

    chosen = loaded.settings
    if chosen.spool_dir is None:
        return Finding("spool", OK, "no spool: while the collector is unreachable, traces wait in memory only")
    path = folder_for(chosen.spool_dir, chosen.host, chosen.api_key)
    try:
        if not os.path.isdir(path):
            check_home(path)
            _try_parents(path)
            return Finding("spool", OK, "%s can be made; nothing waits" % path)
        Folder(path).prepare()
        return spooled.examine_own(chosen, path)
    except OSError as error:
        reason = "%s: %s" % (error.filename or path, error.strerror)
        said = ("the spool folder cannot be used (%s): while the collector is unreachable, traces wait in memory only"
                % reason)
        return Finding("spool", WARNING, said, "set METLO_SPOOL_DIR to a folder of this user, or to off")


def _try_parents(path: str) -> None:
    """Raises OSError where `path` could not be made; makes nothing."""
    parent = path
    while not os.path.lexists(parent):
        parent = os.path.dirname(parent)
    if not os.path.isdir(parent):
        raise NotADirectoryError(20, "not a folder", parent)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(13, "not writable", parent)
