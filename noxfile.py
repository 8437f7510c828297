"""The agent on every Python with the Flasks that it runs: `nox`, or `nox -s "any_flask(python='3.6', flask='0.10')"`.

`nox -s any_flask`, `nox -s whole` and then `scripts/compatibility_table` make the tables of docs/compatibility.md.
"""

import os
import pathlib
import sys
from xml.etree import ElementTree

import nox

ROOT = pathlib.Path(__file__).resolve().parent
# pyenv's interpreters need not be on PATH
VERSIONS = sorted(pathlib.Path.home().glob(".pyenv/versions/*/bin"))
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, VERSIONS)])

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["whole"]

# Each Flask with what it was released for.
OLD = ["jinja2<3", "markupsafe<2.1", "itsdangerous<2"]
FLASKS = {
    "0.10": ["flask==0.10.1", "werkzeug==0.16.1", *OLD],
    "0.12": ["flask==0.12.5", "werkzeug==0.16.1", *OLD],
    "1.0": ["flask==1.0.4", "werkzeug==0.16.1", "click<8", *OLD],
    "1.1": ["flask==1.1.4", "werkzeug==1.0.1", "click<8", *OLD],
    "2.0": ["flask==2.0.3", "werkzeug==2.0.3"],
    "2.3": ["flask==2.3.3", "werkzeug==2.3.8"],
    "3.0": ["flask==3.0.3", "werkzeug==3.0.6"],
    "newest": ["flask"],
}
RUNS = {
    "3.6": ["0.10", "0.12", "1.0", "1.1", "2.0"],
    "3.7": ["0.10", "1.1", "newest"],
    "3.8": ["0.10", "1.1", "2.3", "newest"],
    "3.9": ["0.10", "2.0", "newest"],
    "3.10": ["2.0", "2.3", "newest"],
    "3.11": ["2.0", "2.3", "3.0", "newest"],
    "3.12": ["2.3", "3.0", "newest"],
    "3.13": ["2.3", "3.0", "newest"],
    "3.13t": ["3.0", "newest"],
    "3.14": ["3.0", "newest"],
    "3.15": ["3.0", "newest"],
    "pypy3.9": ["2.0", "newest"],
    "pypy3.10": ["2.0", "newest"],
    "pypy3.11": ["newest"],
}
COMBINATIONS = [(python, flask) for python, flasks in RUNS.items() for flask in flasks]

# The oldest of what the agent needs that runs on a Python; with its oldest Flask. All others have the newest.
OLDEST = {
    "3.6": ["wrapt==1.11.2", "requests==2.20.1", "python-dotenv==0.15.0"],
    "3.7": ["wrapt==1.11.2", "requests==2.20.1", "python-dotenv==0.15.0"],
    "3.8": ["wrapt==1.11.2", "requests==2.20.1", "python-dotenv==0.15.0"],
    "3.9": ["wrapt==1.11.2", "requests==2.20.1", "python-dotenv==0.15.0"],
    "3.10": ["wrapt==1.13.3", "requests==2.25.1", "python-dotenv==0.15.0"],
    "3.11": ["wrapt==1.15.0", "requests==2.25.1", "python-dotenv==0.15.0"],
    "3.12": ["wrapt==1.16.0", "requests==2.31.0", "python-dotenv==0.15.0"],
    "3.13": ["wrapt==1.17.0", "requests==2.31.0", "python-dotenv==0.15.0"],
    "3.14": ["wrapt==1.17.0", "requests==2.31.0", "python-dotenv==0.15.0"],
    "3.15": ["wrapt==1.17.0", "requests==2.31.0", "python-dotenv==0.15.0"],
}

# The collector and its page are for 3.9 and newer and bring their Flask along; the bench and the examples have
# environments of their own, and what is written in the documents is the same everywhere.
APART = ["tests/collector", "tests/bench", "tests/examples", "tests/docs"]


def further():
    """What the whole suite needs beside its core."""
    lines = (ROOT / "requirements" / "test.txt").read_text().splitlines()
    # not the extra `speed`: the suite without it runs whole nowhere else
    return [wheel() + "[collector]", *[line for line in lines if line and not line.startswith(("#", "-r"))]]


def results(kind, python, flask):
    """Where the result of one combination is kept; it is empty until it is written."""
    kept = ROOT / ".nox" / kind / f"{python} {flask}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("")
    return kept


def wheel():
    """The wheel of this checkout, built by `install` below."""
    return str(max((ROOT / ".nox" / "wheel").glob("*.whl"), key=os.path.getmtime))


def install(session, flask):
    """The wheel, the tests' needs and one Flask."""
    if session.python == "3.6":
        session.install("--upgrade", "pip==21.3.1")  # the bundled one picks releases that refuse 3.6
    oldest = OLDEST.get(session.python, []) if flask == RUNS[session.python][0] else []
    lines = (ROOT / "requirements" / "core.txt").read_text().splitlines()
    left_out = ("#", "gevent") if session.python == "3.13t" else "#"  # cffi, which builds gevent, refuses 3.13t
    core = [line for line in lines if not line.startswith(left_out)]
    session.install(wheel(), *core, *FLASKS[flask], *oldest)


@nox.session(python=False)
def build(session):
    """The wheel that all others install."""
    session.run("rm", "-rf", ".nox/wheel", external=True)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    session.run(*build, "--outdir", ".nox/wheel", ".", external=True)


@nox.session(requires=["build"])
@nox.parametrize("python,flask", COMBINATIONS)
def suite(session, flask):
    """The core of the suite."""
    install(session, flask)
    files = session.run("grep", "-rlE", "--include=test_*.py", "mark.core", "tests", external=True, silent=True)
    session.run("python", "-m", "pytest", "-m", "core", "-n", "2", "-q", *(session.posargs or files.split()))


@nox.session(requires=["build"])
@nox.parametrize("python,flask", COMBINATIONS)
def whole(session, flask):
    """The whole suite, but for what is of one Python and one Flask by its nature (APART)."""
    install(session, flask)
    for requirement in further():  # one by one: not each is there for each Python and each Flask
        wanted = [requirement, *FLASKS[flask], "--prefer-binary", "--quiet"]
        # pip may try releases for an hour where none fits both; 124 is timeout's word for that
        pip = ["timeout", "300", "python", "-m", "pip", "install", *wanted]
        session.run(*pip, external=True, success_codes=[0, 1, 124], silent=True)
    pytest = ["python", "-m", "pytest", "-n", "2", "-q"]
    if session.posargs:
        session.run(*pytest, *session.posargs)
    else:
        kept = results("whole", session.python, flask)
        report = os.path.join(session.create_tmp(), "report.xml")
        session.run(*pytest, f"--junitxml={report}", *[f"--ignore={path}" for path in APART])
        counts = next(ElementTree.parse(report).iter("testsuite"))
        kept.write_text("{} tests, {} skipped".format(counts.get("tests"), counts.get("skipped")))


@nox.session(requires=["build"])
@nox.parametrize("python,flask", COMBINATIONS)
def any_flask(session, flask):
    """One app with and without metlo-run; a pass is kept for the table of docs/compatibility.md."""
    kept = results("passed", session.python, flask)
    install(session, flask)
    session.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/compat/test_any_flask.py")
    kept.write_text(session.run("python", "-m", "pip", "list", "--format=freeze", silent=True))
