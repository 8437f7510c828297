"""Objects of the app and the server are touched in one module: every other mention of one in capture/ is read here."""

import ast
import pathlib
import random

import pytest

from metlo_auto.capture import foreign

CAPTURE = pathlib.Path(foreign.__file__).parent
# They touch what they are given in place of the app or the server, as these would: in a stand-in the touch is the task.
STAND_INS = {"stand_in.py", "request_tee.py", "response_tee.py"}
TOUCHING = {"len", "bool", "str", "repr", "hash", "iter", "list", "tuple", "dict", "set", "sorted", "isinstance", "hasattr",
            "getattr", "setattr", "vars", "int", "next", "any", "all", "sum", "map", "zip", "callable", "dir", "format"}
FILES = sorted(path for path in CAPTURE.glob("*.py") if path.name not in ("foreign.py", "declared_routes.py") and path.name not in STAND_INS)


def foreign_names(function):
    arguments = function.args
    every = arguments.args + arguments.kwonlyargs
    names = {argument.arg for argument in every if argument.annotation is not None and is_foreign(argument.annotation)}
    for node in ast.walk(function):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and is_foreign(node.annotation):
            names.add(node.target.id)
    return names


def is_foreign(annotation):
    return isinstance(annotation, ast.Name) and annotation.id == "Foreign"


def is_of(node, names):
    return isinstance(node, ast.Name) and node.id in names


def asked_for_truth(node):
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        return [node.test]
    return node.values if isinstance(node, ast.BoolOp) else [node.operand] if isinstance(node, ast.UnaryOp) else []


def touches(function):
    """(line, what) of each expression that runs code of a foreign object's class."""
    names = foreign_names(function)
    for node in ast.walk(function):
        found = ""
        if isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred, ast.FormattedValue)) and is_of(node.value, names):
            found = "attribute or item"
        elif any(is_of(value, names) for value in asked_for_truth(node)):
            found = "truth"
        elif isinstance(node, (ast.For, ast.comprehension)) and is_of(node.iter, names):
            found = "iteration"
        elif isinstance(node, ast.BinOp) and (is_of(node.left, names) or is_of(node.right, names)):
            found = "operator"
        elif isinstance(node, ast.Compare) and any(is_of(value, names) for value in [node.left, *node.comparators]):
            found = "" if all(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops) else "comparison"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TOUCHING:
            found = node.func.id if any(is_of(argument, names) for argument in node.args) else ""
        if found:
            yield node.lineno if hasattr(node, "lineno") else function.lineno, found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_foreign_is_touched_in_one_module(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [(line, what, lines[line - 1].strip()) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
             for line, what in touches(node)]
    # These look at the exact type in the same line, or call what the server gave them to be called.
    allowed = ("if type(", ".__code__", ".__globals__", ".__get__(", "type(start_response.__self__)", "environ[\"wsgi.input\"] =")
    assert [it for it in found if not any(word in it[2] for word in allowed)] == []


@pytest.mark.parametrize("line,what", [
    ("if x: pass", "truth"), ("not x", "truth"), ("x.y", "attribute or item"), ("x[0]", "attribute or item"), ("len(x)", "len"),
    ("x == 1", "comparison"), ("x in y", "comparison"), ("[z for z in x]", "iteration"), ("f'{x}'", "attribute or item"),
])
def test_the_lint_sees_a_touch(line, what):
    assert [found for _, found in touches(ast.parse("def f(x: Foreign):\n    " + line).body[0])] == [what]


def odd_class(random, asked, bases=(object,)):
    names = ["bool", "len", "iter", "eq", "hash", "str", "repr", "getattr", "getattribute", "contains", "getitem", "int",
             "index", "bytes", "buffer", "call", "next", "lt", "format", "class", "dict"]

    def refuse(self, *args):
        asked.append(args)
        raise random.choice([KeyError, ValueError, RuntimeError, AttributeError])("refused")

    class Meta(type):
        __eq__ = __len__ = __bool__ = __iter__ = __instancecheck__ = __subclasscheck__ = refuse
        __hash__ = type.__hash__

    chosen = random.sample(names, random.randint(1, len(names)))
    namespace = {"__%s__" % name: property(refuse) if name in ("class", "dict") else refuse for name in chosen}
    return Meta("Odd", bases, namespace)


@pytest.mark.parametrize("seed", range(60))
def test_no_question_about_an_object_runs_code_of_its_class(seed):
    luck, asked = random.Random(seed), []
    base = luck.choice([object, str, bytes, list, tuple, dict, int, Exception])
    thing = base.__new__(odd_class(luck, asked, (base,)))
    asked.clear()
    for question in (foreign.text, foreign.chunk, foreign.elements, foreign.pairs, lambda it: foreign.class_name(type(it)),
                     lambda it: foreign.module_name(type(it)), lambda it: foreign.in_class(type(it), "x"),
                     lambda it: foreign.has_in_class(it, "read"), lambda it: foreign.in_instance(it, "x"),
                     lambda it: foreign.is_a(it, (list, str)), foreign.IdentityTable().get):
        question(thing)
    if base is dict:
        assert foreign.dictionary(thing) == {}
    assert asked == []


def test_a_table_by_identity_forgets_with_the_object_and_knows_no_copy():
    class Equal:
        def __eq__(self, other):
            return True

        __hash__ = None
    table = foreign.IdentityTable()
    one, other = Equal(), Equal()
    table.put(one, 1)
    assert (table.get(one), table.get(other)) == (1, None)
    del one
    assert table.entries == {}
