"""What the embedded collector needs beyond the agent, as the extra `collector` names it; imports nothing heavy."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Tuple

# What it needs to run: distribution, the module that it is imported by, the oldest version.
NEEDED = (
    ("Flask", "flask", "2.3"),
    ("Jinja2", "jinja2", "3.1"),
    ("waitress", "waitress", "2.1"),
    ("SQLAlchemy", "sqlalchemy", "2.0"),
    ("alembic", "alembic", "1.14"),
    ("phonenumbers", "phonenumbers", "8.12"),
    ("python-stdnum", "stdnum", "1.17"),
    ("prometheus-client", "prometheus_client", "0.12"),
    ("flask-swagger-ui", "flask_swagger_ui", "5.32"),
)
# What single commands need beside these; they say so themselves.
FOR_COMMANDS = ("html5lib>=1.1", "pyyaml>=6.0", "tomli>=2.0; python_version < '3.11'")


def requirements() -> "List[str]":
    """As pip takes them, those of single commands too."""
    return ["%s>=%s" % (distribution.lower(), oldest) for distribution, _, oldest in NEEDED] + list(FOR_COMMANDS)


def unfit() -> "List[str]":
    """What of it this interpreter lacks or has too old, one phrase each; nothing of it is imported to find out."""
    return [phrase for phrase in (_trouble(*needed) for needed in NEEDED) if phrase]


def _trouble(distribution: str, module: str, oldest: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # novermin - the collector needs 3.9
    from importlib.util import find_spec

    try:
        present = version(distribution)
    except PackageNotFoundError:
        return "" if find_spec(module) is not None else "%s is not installed" % module
    except Exception:  # noqa: BLE001 - broken metadata may raise anything; the import will tell
        return ""
    return "" if _numbers(present) >= _numbers(oldest) else "%s %s is older than %s" % (module, present, oldest)


def _numbers(version: str) -> "Tuple[int, ...]":
    numbers = []
    for part in version.split(".")[:3]:
        digits = "".join(letter for letter in part if letter.isdigit())
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)


if __name__ == "__main__":  # run in another interpreter, to hear what that lacks
    sys.stdout.write("; ".join(unfit()) + "\n")
