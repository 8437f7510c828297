"""What a user can meet is documented: settings, options, counters, messages, public names."""

import argparse
import ast
import pathlib
import re

import pytest

import metlo_auto
from metlo_auto.collector.service.cli import _parser
from metlo_auto.config.settings import SETTINGS, load
from metlo_auto.launcher.options import OPTIONS
from tests.docs.pages import ROOT, everything, fences, pages, prose, read, spans

PACKAGE = ROOT / "metlo_auto"
TEXT = everything()


def test_every_setting_is_explained_and_given_in_a_line_of_its_own():
    explained = dict(re.findall(r"^### (METLO_\w+)\n\n\*.*\*\n\n((?:.+\n)+)", read("docs/settings.md"), re.MULTILINE))
    assert set(explained) == {setting.variable for setting in SETTINGS}
    for name, text in explained.items():
        assert len(text) > 80, name


def test_every_example_of_a_setting_is_understood():
    examples = [span for page in pages() for span in spans(page) if re.fullmatch(r"METLO_(?!TEST_)\w+=[^ ]+", span)]
    assert len(examples) > 12
    for example in examples:
        name, _, value = example.partition("=")
        loaded = load({name: "off" if name == "METLO_ENV_FILE" else value, "HOME": "/home/someone"}, None)
        assert not [problem for problem in loaded.problems if name in problem], example


def test_no_document_names_a_setting_that_is_none():
    known = {setting.variable for setting in SETTINGS} | set(re.findall(r"METLO_COLLECTOR_\w+", source()))
    named = {name for page in pages() for name in re.findall(r"\bMETLO_(?!TEST_)[A-Z_]+[A-Z]\b", read(page))}  # METLO_TEST_… are the suite's own
    assert named - known == set()


def source():
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")))


@pytest.mark.parametrize("option", [name for names, _, _ in OPTIONS for name in names if name not in ("-h", "--help", "--version")])
def test_every_option_of_metlo_run_is_documented(option):
    is_there = re.search(r"`[^`]*%s\b[^`]*`" % option, TEXT) is not None
    assert is_there


def collector_options():
    commands = next(action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction))
    shown = {action.dest for action in commands._choices_actions}
    for command in shown:
        for action in commands.choices[command]._actions:
            for name in action.option_strings:
                if action.help != argparse.SUPPRESS and name not in ("-h", "--help"):
                    yield command, name


@pytest.mark.parametrize(("command", "option"), sorted(collector_options()))
def test_every_option_of_metlo_collector_is_documented(command, option):
    text = read("docs/collector.md")
    is_there = "`%s" % command in text and re.search(r"`[^`]*%s\b[^`]*`" % option, text) is not None
    assert is_there


@pytest.mark.parametrize("name", metlo_auto.__all__)
def test_every_public_name_is_documented(name):
    is_there = re.search(r"`(?:metlo_auto\.)?%s\b[^`]*`" % re.escape(name), TEXT) is not None
    assert is_there


@pytest.mark.parametrize("name", sorted(metlo_auto.stats()))
def test_every_counter_is_documented(name):
    is_there = "`%s`" % name in read("docs/delivery.md")
    assert is_there


def trees(folder=PACKAGE):
    for path in sorted(folder.rglob("*.py")):
        yield path.relative_to(PACKAGE), ast.parse(path.read_text(encoding="utf-8"))


def called(node):
    return getattr(node.func, "attr", None) or getattr(node.func, "id", "")


def reasons_for_dropping():
    takes_reason = {"refuse", "drop", "count_dropped", "_give_up", "resolve"}
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) in takes_reason:
                for argument in node.args + [keyword.value for keyword in node.keywords]:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value.isidentifier():
                        yield argument.value


@pytest.mark.parametrize("reason", sorted(set(reasons_for_dropping())))
def test_every_reason_for_a_lost_trace_is_documented(reason):
    is_there = "`%s`" % reason in read("docs/delivery.md")
    assert is_there


def test_reasons_are_found():
    assert {"queue_full", "rejected", "exit", "sampled"} <= set(reasons_for_dropping())


# What is no message: values of settings and of options are documented with those, patterns and parts are not said.
SILENT = {"No module named ", "%s, line %d"}
PATTERN = re.compile(r"\^|.*\(\?:")
TABLES = {"OPTIONS", "SETTINGS", "EXAMPLES", "HELP", "ASK", "ASK_PACKAGES"}
# lines of shell scripts and of Python, and phrases that only tell two interpreters apart
NO_MESSAGES = ("cli/completion.py", "cli/collector_packages.py", "delivery/transport/pypy_imports.py")
ELSEWHERE = ("redact/", "trace/bodies/", "doctor/", *NO_MESSAGES)
COLLECTORS = {"Failed", "FolderUnusable", "CannotAttach", "CannotServe", "StoreUnusable", "complaint", "warning"}


def messages():
    """Every text of three words and more that the agent can say, and every trouble of the collector's."""
    for path, tree in trees():
        collector = path.parts[0] == "collector"
        if not str(path).startswith(ELSEWHERE):
            for node in said(tree) if collector else [tree]:
                for text in texts(node, documentation(tree)):
                    yield str(path), text


def said(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) in COLLECTORS]


def documentation(tree):
    skipped = set()
    for node in ast.walk(tree):
        first = node.body[0] if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and node.body else None
        if isinstance(first, ast.Expr):
            skipped.add(first.value)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in TABLES:
            skipped.update(ast.walk(node))
    return skipped


def texts(tree, skipped):
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and node not in skipped else None
        if isinstance(text, str) and text.count(" ") >= 2 and text not in SILENT and not PATTERN.match(text):
            yield text


def fixed_part(message):
    """The longest piece that is the same each time, without what the logger puts before it."""
    return max(re.split(r"%[-\w]*[sdr]|\{\}|\n", re.sub(r"^metlo: ", "", message)), key=len).strip(" ;,:('\"")


@pytest.mark.parametrize(("path", "message"), sorted(set(messages())))
def test_every_message_says_elsewhere_what_to_do(path, message):
    is_there = fixed_part(message) in " ".join(read("docs/messages.md").split())
    assert is_there, "docs/messages.md does not have: " + message


def test_messages_are_found():
    assert len(set(messages())) > 60


def test_what_check_complains_of_says_what_to_do():
    nodes = [(path, node) for path, tree in trees(PACKAGE / "doctor") for node in ast.walk(tree)]
    calls = [(path, node) for path, node in nodes if isinstance(node, ast.Call) and called(node) == "Finding"]
    # a problem of the settings is one line that says both
    calls = [(path, node) for path, node in calls if getattr(node.args[2], "id", "") not in ("problem", "error")]
    complaints = [(path, node) for path, node in calls if getattr(node.args[1], "id", "") in ("FAILED", "WARNING")]
    assert len(complaints) > 25
    for path, node in complaints:
        assert len(node.args) > 3 or any(word.arg == "fix" for word in node.keywords), (path, node.lineno)


# -- the documents themselves


@pytest.mark.parametrize("page", pages())
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if not target.startswith(("https://", "#")):
            place = (ROOT / page).parent / target.partition("#")[0]
            assert place.exists(), target


@pytest.mark.parametrize("page", pages())
def test_every_file_that_is_named_is_there(page):
    folders = ("metlo_auto", "tests", "scripts", "docs", "examples", "requirements")
    for span in spans(page):
        word = span.split()[0].split("::")[0].lstrip("./") if span.split() else ""
        if word.partition("/")[0] in folders and "/" in word and not re.search(r"[{*…]", word):
            assert (ROOT / word).exists(), span


def test_the_readme_fits():
    assert len(read("README.md").splitlines()) <= 300


def test_python_in_the_documents_can_be_compiled():
    blocks = [fence for page in pages() for fence in fences(page) if fence.language == "python"]
    assert len(blocks) >= 4
    for fence in blocks:
        compile(fence.text, fence.page, "exec")


def test_every_document_is_reached_from_the_readme():
    seen, rest = set(), ["README.md"]
    while rest:
        page = rest.pop()
        if page not in seen:
            seen.add(page)
            targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+\.md[^)]*)\)", read(page))]
            rest += [str(((ROOT / page).parent / target).resolve().relative_to(ROOT)) for target in targets if "://" not in target]
    assert set(pages()) - seen - {"examples/README.md"} == set()
    assert pathlib.PurePath("examples/README.md").parent.name in read("README.md")
