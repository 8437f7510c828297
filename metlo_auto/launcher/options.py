"""What stands before COMMAND on the command line of metlo-run; knows nothing of what is done with it."""

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the launcher 6 ms
    from typing import List, Optional

ACTIONS = {
    "-h": "help",
    "--help": "help",
    "--version": "version",
    "--print-bootstrap": "print-bootstrap",
    "--check": "check",
}
FLAGS = {"--local": "local", "--strict": "strict", "--json": "json"}


class UsageError(Exception):
    """The command line cannot be understood; the message says which part of it."""


class Options:
    """`action`: "run" or one of ACTIONS; `env_file`: a path, "off", or None where nothing was said."""

    def __init__(self) -> None:
        self.action = "run"
        self.local = False
        self.strict = False
        self.json = False
        self.env_file: "Optional[str]" = None
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
    if options.action == "run" and not rest:
        raise UsageError("no command given; for example: metlo-run gunicorn app:app")
    return options


def _take(options: "Options", word: str, rest: "List[str]") -> None:
    if word in ACTIONS:
        if options.action == "run":  # the first one counts
            options.action = ACTIONS[word]
    elif word in FLAGS:
        setattr(options, FLAGS[word], True)
    elif word == "--no-env-file":
        options.env_file = "off"
    elif word == "--env-file" or word.startswith("--env-file="):
        options.env_file = word[len("--env-file=") :] if "=" in word else _value(word, rest)
        if not options.env_file:
            raise UsageError("--env-file wants the path of a file")
    else:
        raise UsageError("unknown option %s; metlo-run --help lists all" % word)


def _value(word: str, rest: "List[str]") -> str:
    if not rest:
        raise UsageError("%s wants the path of a file" % word)
    return rest.pop(0)
