"""What stands before COMMAND on the command line of metlo-run; knows nothing of what is done with it."""

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the launcher 6 ms
    from typing import List, Optional

# All there are: names, what the value is called or "", help. --help and the completion of shells are made of it.
OPTIONS = (
    (("--local",), "", "start or reuse the embedded collector for the app"),
    (("--yes",), "", "with --local: set the collector up without a question"),
    (("--run",), "NAME", "with --local: what --since calls this run"),
    (("--check",), "", "why does nothing arrive? COMMAND is optional"),
    (("--json",), "", "with --check: for machines"),
    (("--ci",), "", "with --local: run COMMAND, then check its traffic"),
    (("--fail-on",), "SEVERITY", "with --ci: high, medium or low; exit 1 from there on"),
    (("--openapi",), "FILE", "with --ci: exit 1 where traffic differs from it"),
    (("--sarif",), "FILE", "with --ci: write findings as SARIF"),
    (("--junit",), "FILE", "with --ci: write findings as JUnit XML"),
    (("--test",), "URL", "with --ci: security tests of the app that runs there"),
    (("--test-config",), "FILE", "with --test: its identities, in TOML"),
    (("--env-file",), "FILE", "read settings from FILE, not from the nearest .env"),
    (("--no-env-file",), "", "read no file"),
    (("--strict",), "", "refuse (exit 78) an app that would not be reported"),
    (("--print-bootstrap",), "", "the folder for PYTHONPATH that does the same"),
    (("--print-completion",), "SHELL", "a completion script for bash, zsh or fish"),
    (("--spool",), "WHAT", "list, send or delete what refused keys left"),
    (("--version",), "", ""),
    (("-h", "--help"), "", ""),
)
ACTIONS = {
    "-h": "help",
    "--help": "help",
    "--version": "version",
    "--print-bootstrap": "print-bootstrap",
    "--print-completion": "print-completion",
    "--check": "check",
    "--spool": "spool",
}
FLAGS = {"--local": "local", "--yes": "yes", "--strict": "strict", "--json": "json", "--ci": "ci"}
CI_VALUES = {
    "--fail-on": "high, medium or low",
    "--openapi": "the path of a file",
    "--sarif": "the path of a file",
    "--junit": "the path of a file",
    "--test": "the URL of the running app",
    "--test-config": "the path of a file",
}
SEVERITIES = ("high", "medium", "low")
SHELLS = ("bash", "zsh", "fish")
SPOOL = ("list", "send", "delete")


class UsageError(Exception):
    """The command line cannot be understood; the message says which part of it."""


class Options:
    """`action`: "run" or one of ACTIONS; `env_file`: a path, "off", or None where nothing was said."""

    def __init__(self) -> None:
        self.action = "run"
        self.local = False
        self.yes = False
        self.strict = False
        self.json = False
        self.ci = False
        self.run = ""
        self.fail_on = self.openapi = self.sarif = self.junit = self.test = self.test_config = ""
        self.env_file: "Optional[str]" = None
        self.shell = ""
        self.spool = ""
        self.command: "List[str]" = []


def parse(arguments: "List[str]") -> "Options":
    """The options of `arguments` (without argv[0]); raises UsageError. Nothing after COMMAND is looked at."""
    options = Options()
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        _take(options, word, rest)
    options.command = rest
    if options.json and options.action != "check":
        raise UsageError("--json goes with --check only")
    if options.yes and not options.local:
        raise UsageError("--yes goes with --local only")
    if options.run and (options.ci or not options.local):
        raise UsageError("--run goes with --local only, without --ci")
    _check_ci(options)
    if options.action == "run" and not rest:
        raise UsageError("no command given; for example: metlo-run gunicorn app:app")
    return options


def _check_ci(options: "Options") -> None:
    if options.ci and not options.local:
        raise UsageError("--ci goes with --local: metlo-run --local --ci pytest")
    given = [name for name in CI_VALUES if getattr(options, _attribute(name))]
    if given and not options.ci:
        raise UsageError("%s goes with --local --ci only" % given[0])
    if options.fail_on and options.fail_on not in SEVERITIES:
        raise UsageError("--fail-on knows high, medium and low, not %s" % options.fail_on)


def _attribute(name: str) -> str:
    return name[2:].replace("-", "_")


def _take(options: "Options", word: str, rest: "List[str]") -> None:
    takes_value = tuple(name + "=" for name in ("--env-file", "--print-completion", "--spool", "--run", *CI_VALUES))
    name = word.partition("=")[0] if word.startswith(takes_value) else word
    if name in ACTIONS:
        if options.action == "run":  # the first one counts
            options.action = ACTIONS[name]
        if name == "--print-completion":
            options.shell = _value(word, rest, "bash, zsh or fish")
            if options.shell not in SHELLS:
                raise UsageError("--print-completion knows bash, zsh and fish, not %s" % (options.shell or "''"))
        if name == "--spool":
            options.spool = _value(word, rest, "list, send or delete")
            if options.spool not in SPOOL:
                raise UsageError("--spool knows list, send and delete, not %s" % (options.spool or "''"))
    elif name in FLAGS:
        setattr(options, FLAGS[name], True)
    elif name in CI_VALUES:
        setattr(options, _attribute(name), _value(word, rest, CI_VALUES[name]))
    elif name == "--run":
        options.run = _value(word, rest, "a name")
        if not options.run:
            raise UsageError("--run wants a name")
    elif name == "--no-env-file":
        options.env_file = "off"
    elif name == "--env-file":
        options.env_file = _value(word, rest, "the path of a file")
        if not options.env_file:
            raise UsageError("--env-file wants the path of a file")
    else:
        raise UsageError("unknown option %s; metlo-run --help lists all" % word)


def _value(word: str, rest: "List[str]", wanted: str) -> str:
    """Of `--name=value`, or the next word."""
    name, equals, value = word.partition("=")
    if not equals and not rest:
        raise UsageError("%s wants %s" % (name, wanted))
    return value if equals else rest.pop(0)
