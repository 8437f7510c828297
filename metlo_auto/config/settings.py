"""The settings: one table of names, parsers, defaults, help; precedence and `.env`. The environment is an argument."""

import logging
import os
import re
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from metlo_auto.collector_url import is_loopback, shown
from metlo_auto.config import parsers as kinds
from metlo_auto.config.dotenv_file import DotEnv, read_dotenv
from metlo_auto.errors import ConfigurationError

PREFIX = "METLO_"


class Setting(NamedTuple):
    """One row: `name` as an option (lower case, no prefix), `default` as it would be written in the environment."""

    name: str
    default: str
    parse: Callable[[Any], Any]
    wanted: str
    help: str

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()


# The help of each fits into a line of --help; what more there is to say stands in docs/settings.md.
SETTINGS = (
    Setting("host", "", kinds.url, "a URL such as https://collector.example.com",
            "collector URL, http:// or https://, path allowed"),
    Setting("api_key", "", kinds.api_key, "the key of your Metlo collector, one line of printable characters",
            "sent as is in Authorization; never logged or shown"),
    Setting("disabled", "false", kinds.switch, "true or false", "true: nothing is patched, none of it imported"),
    Setting("workers", "4", kinds.count, "a whole number from 1 to 64", "most concurrent sends"),
    Setting("environment", "production", kinds.plain, "a name", "meta.environment of every trace"),
    Setting("service", "", kinds.plain, "a name", "meta.service of every trace, the app's name"),
    Setting("max_body", "64K", kinds.size, "a size such as 64K or 1M", "bytes kept of each body"),
    Setting("ignore_paths", "", kinds.names, "comma-separated globs such as /healthz,/static/*",
            "globs of paths not reported: /healthz,/static/*"),
    Setting("sample_rate", "1.0", kinds.share, "a number from 0 to 1", "share of requests kept, server errors always"),
    Setting("redact", "credentials", kinds.one_of("credentials", "schema", "none"),
            "credentials, schema or none", "schema: no values; none: no masking"),
    Setting("redact_headers", "", kinds.names, "comma-separated header names", "further header names to redact"),
    Setting("redact_fields", "", kinds.names, "comma-separated field names",
            "further field and parameter names to redact"),
    Setting("queue_size", "32M", kinds.size, "a size such as 32M", "memory for traces not yet sent"),
    Setting("flush_interval", "1.0", kinds.seconds, "seconds, more than 0", "seconds a trace waits at most under load"),
    Setting("timeout", "5.0", kinds.seconds, "seconds, more than 0", "seconds for connecting, and for a response"),
    Setting("shutdown_timeout", "1.5", kinds.patience, "seconds, 0 or more",
            "seconds that delivery may hold up the exit"),
    Setting("compress", "auto", kinds.compress, "auto, true or false", "gzip: auto = not on loopback"),
    Setting("spool_dir", "", kinds.plain, "a folder, or off", "for traces while the collector is down; off = none"),
    Setting("spool_size", "64M", kinds.size, "a size such as 64M", "bytes at most; the oldest goes first"),
    Setting("native", "auto", kinds.one_of("auto", "off"), "auto or off", "off: metlo-auto-native is not used"),
    Setting("max_rate", "200", kinds.rate, "traces a second, 0 for no bound",
            "most traces a second to Metlo's own collector"),
    Setting("metrics", "", kinds.statsd, "statsd://host:port, with /prefix or without",
            "where counts go: statsd://127.0.0.1:8125"),
    Setting("log_level", "WARNING", kinds.level, "one of " + ", ".join(kinds.LEVELS), "level of the logger metlo"),
    Setting("strict", "false", kinds.switch, "true or false", "true: as --strict"),
    Setting("env_file", "", kinds.plain, "a file, or off", "the .env to read, not the nearest one; off = none"),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}
BY_VARIABLE = {setting.variable: setting for setting in SETTINGS}
# Names that belong to the embedded collector, not to the agent.
_FOREIGN = re.compile(r"METLO_COLLECTOR_|METLO_LOCAL_")
# What Kubernetes sets in each container for a Service whose name begins with metlo, and Docker for a link.
_OF_A_SERVICE = re.compile(
    r"METLO(_\w+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$")
_ADDRESS = re.compile(r"(tcp|udp|sctp)://", re.IGNORECASE)


class Settings(NamedTuple):
    """The values, parsed; sizes in bytes, times in seconds. `spool_dir` is None for memory only."""

    host: str
    api_key: str
    disabled: bool
    workers: int
    environment: str
    service: str
    max_body: int
    ignore_paths: Tuple[str, ...]
    sample_rate: float
    redact: str
    redact_headers: Tuple[str, ...]
    redact_fields: Tuple[str, ...]
    queue_size: int
    flush_interval: float
    timeout: float
    shutdown_timeout: float
    compress: str
    spool_dir: Optional[str]
    spool_size: int
    native: str
    max_rate: float
    metrics: str
    log_level: str
    strict: bool
    env_file: str


class Loaded(NamedTuple):
    """Settings, where each came from, and what was wrong.

    `problems`: one line each, the default was used. `errors`: one line each, no trace can be sent.
    """

    settings: Settings
    sources: Dict[str, str]
    problems: List[str]
    errors: List[str]
    env_file: Optional[str]


class _Given(NamedTuple):
    value: Any
    source: str  # for people: "environment", "/app/.env, line 3", "argument", "default"


def load(environ: Mapping[str, str], cwd: Optional[str], explicit: Optional[Mapping[str, Any]] = None) -> Loaded:
    """Settings from arguments, environment, `.env` and defaults, in this order; `cwd` is None where it was deleted.

    Raises ConfigurationError for an argument in `explicit` that cannot be used; all else is reported in the result.
    """
    dotenv = read_dotenv(environ.get(PREFIX + "ENV_FILE", ""), cwd)
    problems = list(dotenv.problems) + _unknown_names(environ, dotenv)
    values: Dict[str, Any] = {}
    sources: Dict[str, str] = {}
    errors: List[str] = []
    for setting in SETTINGS:
        given = _given(setting, environ, dotenv, explicit or {})
        sources[setting.name] = given.source
        try:
            values[setting.name] = _parse(setting, given, environ)
        except (ValueError, TypeError):
            message = _misunderstood(setting, given, _key(environ, dotenv, explicit or {}))
            if given.source == "argument":
                raise ConfigurationError(message) from None
            (errors if setting.name in ("host", "api_key") else problems).append(message)
            values[setting.name] = _parse(setting, _Given("", "default"), environ)
    errors += _missing(values, sources, dotenv)
    problems += [
        "%s; write the comment on a line of its own, the default is used" % _comment(dotenv, name)
        for name in dotenv.comments if name in BY_VARIABLE and BY_VARIABLE[name].name not in ("host", "api_key")]
    if values["host"]:
        problems += _readable_on_the_way(values["host"])
    return Loaded(Settings(**values), sources, problems, errors, dotenv.path)


def log_problems(loaded: Loaded) -> None:
    """Says what is wrong, a line each, on the logger `metlo`, whose level is a setting too; adds no handler."""
    logger = logging.getLogger("metlo")
    if logger.level == logging.NOTSET:
        logger.setLevel(loaded.settings.log_level)
    for problem in loaded.problems:
        logger.warning("metlo: %s", problem)
    if loaded.errors:
        logger.warning("metlo: %s; the app runs without Metlo", "; ".join(loaded.errors))


def _given(setting: Setting, environ: Mapping[str, str], dotenv: DotEnv, explicit: Mapping[str, Any]) -> _Given:
    if explicit.get(setting.name) is not None:
        return _Given(explicit[setting.name], "argument")
    if environ.get(setting.variable, "").strip():
        return _Given(environ[setting.variable], "environment")
    if dotenv.values.get(setting.variable, "").strip():
        return _Given(dotenv.values[setting.variable], dotenv.where(setting.variable))
    if setting.name == "service" and environ.get("OTEL_SERVICE_NAME", "").strip():
        return _Given(environ["OTEL_SERVICE_NAME"], "environment, OTEL_SERVICE_NAME")
    return _Given("", "default")


def _parse(setting: Setting, given: _Given, environ: Mapping[str, str]) -> Any:
    if given.source == "default":
        if setting.name == "spool_dir":
            return _state_folder(environ)
        return setting.parse(setting.default) if setting.default or setting.parse is kinds.names else ""
    value = setting.parse(given.value)
    if setting.name == "spool_dir":
        return None if value.lower() == "off" else os.path.expanduser(value)
    return value


def _state_folder(environ: Mapping[str, str]) -> Optional[str]:
    """The per-user folder for batches that wait; None where the user has no home."""
    if os.name == "nt":
        base = environ.get("LOCALAPPDATA", "")
    else:
        home = environ.get("HOME") or os.path.expanduser("~")
        base = environ.get("XDG_STATE_HOME") or os.path.join(home, ".local", "state")
    return os.path.join(base, "metlo-auto", "spool") if os.path.isabs(base) else None


def _key(environ: Mapping[str, str], dotenv: DotEnv, explicit: Mapping[str, Any]) -> str:
    """The API key as it was given, which may have been pasted into another setting too."""
    return str(_given(BY_NAME["api_key"], environ, dotenv, explicit).value)


def _misunderstood(setting: Setting, given: _Given, key: str) -> str:
    if given.source == "argument":
        name = "metlo_" + setting.name if setting.name in ("host", "api_key") else setting.name
        return "MetloFlask: %s must be %s, not %s" % (name, setting.wanted, _shown(setting, given, key))
    the_rest = "" if setting.name in ("host", "api_key") else "; using %s" % (setting.default or "the default")
    return "%s (%s) is %s, but must be %s%s" % (
        setting.variable, given.source, _shown(setting, given, key), setting.wanted, the_rest)


def _shown(setting: Setting, given: _Given, key: str) -> str:
    if setting.name == "api_key":
        return "empty" if not str(given.value).strip() else "a text with characters that no header can carry"
    text = str(given.value)
    if setting.name == "host":
        return repr(shown(text, key))
    if len(key) > 5:
        text = text.replace(key, "***")
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _comment(dotenv: DotEnv, name: str) -> str:
    return "%s has a comment and no value (%s)" % (name, dotenv.where(name))


def _missing(values: Dict[str, Any], sources: Dict[str, str], dotenv: DotEnv) -> List[str]:
    absent = [BY_NAME[name].variable for name in ("host", "api_key") if sources[name] == "default"]
    if not absent or values["disabled"]:
        return []
    comments = "".join("; " + _comment(dotenv, name) for name in dotenv.comments if name in absent)
    return ["%s not set: give %s in the environment or in .env, or try metlo-run --local%s" % (
        " and ".join(absent) + (" is" if len(absent) == 1 else " are"), "it" if len(absent) == 1 else "them", comments)]


def _readable_on_the_way(host: str) -> List[str]:
    if urlsplit(host).scheme.lower() == "https" or is_loopback(host):
        return []
    return ["METLO_HOST is plain http:// and not on this machine: key and traffic travel readable; use https://"]


def _unknown_names(environ: Mapping[str, str], dotenv: DotEnv) -> List[str]:
    found = [(name, "environment") for name in environ if not _is_of_a_service(name, environ)]
    found += [(name, dotenv.where(name)) for name in dotenv.values]
    return [_unknown(name, source) for name, source in found
            if name.startswith(PREFIX) and name not in BY_VARIABLE and not _FOREIGN.match(name)]


def _is_of_a_service(name: str, environ: Mapping[str, str]) -> bool:
    return name.startswith(PREFIX) and bool(
        _OF_A_SERVICE.match(name) or (name.endswith("_PORT") and _ADDRESS.match(environ[name].strip())))


def _unknown(name: str, source: str) -> str:
    import difflib  # only where somebody mistyped

    near = difflib.get_close_matches(name, list(BY_VARIABLE), 1, 0.6)
    hint = "did you mean %s?" % near[0] if near else "see metlo-run --help for the names"
    return "%s (%s) is no setting of metlo-auto; %s" % (name, source, hint)
