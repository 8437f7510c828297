"""Who may import whom: the rooms of docs/architecture.md, held by reading every import statement."""

import ast
import pathlib

import pytest

PACKAGE = pathlib.Path(__file__).resolve().parents[2] / "metlo_auto"

# Each room and the rooms that it may import; a new room needs its line here and in docs/architecture.md. A folder in `delivery/`
# or `collector/` is a room of its own; the modules beside it are the room `delivery` or `collector`.
ALLOWED = {
    "errors": "",
    "version": "",
    "clocks": "",
    "collector_url": "",
    "imports": "",
    "cli": "",
    "config": "errors collector_url",
    "redact": "",
    "capture": "clocks imports",
    "trace": "version capture",
    "delivery": "clocks collector_url delivery/transport delivery/spool delivery/process",
    "delivery/transport": "clocks collector_url imports delivery delivery/process",
    "delivery/spool": "clocks delivery delivery/process",
    "delivery/process": "clocks delivery/transport",
    "refusal": "imports",
    "native": "clocks capture trace redact",
    "agent": "clocks collector_url config capture trace redact delivery native",
    "reporting": "collector_url config agent capture",
    "auto": "clocks config imports refusal reporting capture",
    "explicit": "config errors reporting capture imports",
    "foreign_interpreter": "version config imports auto",
    "bootstrap": "foreign_interpreter auto",
    "doctor": "version collector_url config delivery delivery/spool delivery/transport launcher",
    "launcher": "version config doctor cli",  # doctor is only loaded for --check and --strict
    "collector": "config collector/service",
    "collector/store": "",
    "collector/ingest": "version collector/store",
    "collector/buffer": "collector/store collector/ingest",
    "collector/analysis": "collector collector/store collector/ingest",
    "collector/inventory": "version collector/store collector/ingest collector/analysis",
    "collector/openapi": "collector/analysis collector/inventory",
    "collector/page": "version collector collector/store collector/ingest collector/analysis collector/inventory collector/openapi",
    "collector/security_tests": "version redact collector collector/store collector/ingest collector/analysis "
                                "collector/inventory collector/openapi",
    "collector/service": "version cli launcher collector collector/store collector/ingest collector/buffer collector/analysis collector/inventory "
                         "collector/openapi collector/page collector/security_tests",
    "__main__": "launcher",
    "__init__": "version errors explicit agent",
}
# Packages of others and the rooms that know them; everybody else has the standard library.
KNOWN_TO = {
    "wrapt": {"imports"},
    "flask": {"capture", "collector/ingest", "collector/page", "collector/service"},
    "werkzeug": {"capture", "collector/page", "collector/service"},
    "requests": {"delivery/transport", "doctor"},
    "urllib3": {"delivery/transport", "collector/security_tests"},
    "dotenv": {"config"},
    "nats": {"collector/buffer"},
}


def files():
    return sorted(path for path in PACKAGE.rglob("*.py"))


def module_of(path):
    """`metlo_auto/a/b.py` as ("a", "b"); a package as itself, our own root as ()."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def room(module):
    """The top folder or module; one level deeper where `delivery` and `collector` have folders."""
    if len(module) > 1 and module[0] in ("delivery", "collector") and PACKAGE.joinpath(*module[:2]).is_dir():
        return "/".join(module[:2])
    return module[0] if module else "__init__"


def statements(node):
    """Every node below, apart from what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)):
            yield from statements(child)


def imported(path):
    """Every dotted name that the file imports at any time, relative ones made absolute."""
    here = ("metlo_auto", *path.relative_to(PACKAGE).parts[:-1])
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            base += tuple(node.module.split(".")) if node.module else ()
            yield from (base + (alias.name,) for alias in node.names)


def exists(module):
    return (PACKAGE.joinpath(*module).with_suffix(".py")).exists() if module else False


def ours(path):
    """The modules of ours that the file imports, as tuples like `module_of`'s."""
    for name in imported(path):
        if name[0] == "metlo_auto":
            module = name[1:]
            while module and not exists(module) and not (PACKAGE.joinpath(*module) / "__init__.py").exists():
                module = module[:-1]
            yield module


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_the_rooms_below_it(path):
    mine = room(module_of(path))
    assert mine in ALLOWED, "a room without its line in the table"
    assert {room(module) for module in ours(path)} - {mine} <= set(ALLOWED[mine].split())


@pytest.mark.parametrize("package", sorted(KNOWN_TO))
def test_a_package_of_others_is_known_to_its_rooms_alone(package):
    knowing = {room(module_of(path)) for path in files() if package in {name[0] for name in imported(path)}}
    assert knowing <= KNOWN_TO[package]


def test_no_import_goes_round_in_a_circle():
    graph = {module_of(path): {module for module in ours(path) if module} for path in files()}
    done = set()

    def visit(module, way):
        assert module not in way, "a circle: {}".format(" -> ".join(map(".".join, [*way, module])))
        if module not in done:
            for below in graph[module]:
                visit(below, [*way, module])
            done.add(module)

    for module in graph:
        visit(module, [])


def test_the_table_has_no_room_that_is_gone():
    assert set(ALLOWED) == {room(module_of(path)) for path in files()}
