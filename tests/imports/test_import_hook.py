"""The import hook, with the import system of this very Python."""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import pathlib
import sys
import threading
import types
import zipfile
from typing import Any, Iterator, List

import pytest

from metlo_auto.imports import import_hook

pytestmark = pytest.mark.core


class Heard:
    """A callback that remembers."""

    def __init__(self) -> None:
        self.modules: List[types.ModuleType] = []

    def __call__(self, module: types.ModuleType) -> None:
        self.modules.append(module)


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    """A folder on sys.path with the package `victim` and its module `victim.app`; all is as it was afterwards."""
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "__init__.py").write_text("")
    (tmp_path / "victim" / "app.py").write_text("LOADER = __loader__\nSPEC_LOADER = __spec__.loader\nCOUNT = 1\n")
    finders = list(sys.meta_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.meta_path[:] = finders
    forget()


def forget() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "victim"]:
        del sys.modules[name]


def test_the_callback_hears_of_the_module_once_it_was_executed(folder: pathlib.Path) -> None:
    heard = Heard()
    import_hook.install("victim.app", heard)
    import victim.app  # type: ignore[import-not-found]
    import victim.app as again

    assert heard.modules == [victim.app] == [again]
    assert victim.app.COUNT == 1


def test_it_answers_for_no_other_module(folder: pathlib.Path) -> None:
    heard = Heard()
    import_hook.install("victim.app", heard)
    (folder / "victim" / "other.py").write_text("")
    importlib.import_module("victim.other")
    assert heard.modules == []
    assert sys.meta_path[0].find_spec("victim.other", [str(folder / "victim")]) is None  # type: ignore[union-attr]


def test_the_module_sees_the_loader_that_it_would_have_seen(folder: pathlib.Path) -> None:
    import_hook.install("victim.app", Heard())
    app = importlib.import_module("victim.app")
    for loader in (app.LOADER, app.SPEC_LOADER, app.__loader__, app.__spec__.loader):
        assert type(loader) is importlib.machinery.SourceFileLoader


def test_reload_calls_again(folder: pathlib.Path) -> None:
    heard = Heard()
    import_hook.install("victim.app", heard)
    app = importlib.import_module("victim.app")
    assert importlib.reload(app) is app
    assert heard.modules == [app, app]
    assert type(app.__spec__.loader) is importlib.machinery.SourceFileLoader


def test_a_module_that_was_forgotten_and_imported_again_calls_again(folder: pathlib.Path) -> None:
    heard = Heard()
    import_hook.install("victim.app", heard)
    first = importlib.import_module("victim.app")
    forget()
    second = importlib.import_module("victim.app")
    assert heard.modules == [first, second] and first is not second


def test_the_same_callback_is_installed_once_and_another_runs_after_it(folder: pathlib.Path) -> None:
    order: List[str] = []

    def first(module: types.ModuleType) -> None:
        order.append("first")

    import_hook.install("victim.app", first)
    import_hook.install("victim.app", lambda module: order.append("second"))
    import_hook.install("victim.app", first)
    importlib.import_module("victim.app")
    assert order == ["first", "second"]


def test_a_module_that_fails_is_not_heard_of_and_can_be_tried_again(folder: pathlib.Path) -> None:
    heard = Heard()
    import_hook.install("victim.app", heard)
    good = (folder / "victim" / "app.py").read_text()
    (folder / "victim" / "app.py").write_text("raise RuntimeError('broken for now')")
    with pytest.raises(RuntimeError):
        importlib.import_module("victim.app")
    assert "victim.app" not in sys.modules and heard.modules == []
    (folder / "victim" / "app.py").write_text(good + "# longer, so that no cached bytecode is taken\n")
    assert heard.modules == [] and importlib.import_module("victim.app") is heard.modules[0]


def test_a_module_that_is_not_there_is_not_there(folder: pathlib.Path) -> None:
    import_hook.install("victim.none", Heard())
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module("victim.none")
    assert caught.value.name == "victim.none"


def test_who_only_looks_for_the_module_gets_a_loader_that_can_do_what_it_could(folder: pathlib.Path) -> None:
    heard = Heard()
    import_hook.install("victim.app", heard)
    spec = importlib.util.find_spec("victim.app")
    assert spec is not None and spec.loader is not None and heard.modules == []
    assert spec.loader.get_filename("victim.app") == str(folder / "victim" / "app.py")  # type: ignore[attr-defined]
    assert "COUNT" in spec.loader.get_source("victim.app")  # type: ignore[attr-defined]
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert heard.modules == [module]


def test_an_exception_of_the_callback_goes_out_of_the_import(folder: pathlib.Path) -> None:
    def refuse(module: types.ModuleType) -> None:
        raise SystemExit(78)

    import_hook.install("victim.app", refuse)
    with pytest.raises(SystemExit):
        importlib.import_module("victim.app")


class WrappingFinder(importlib.abc.MetaPathFinder):
    """As wrapt, ddtrace and others do it: asks everyone again, and wraps what they found."""

    def __init__(self) -> None:
        self.busy = False

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname != "victim.app" or self.busy:
            return None
        self.busy = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self.busy = False
        if spec is not None:
            spec.loader = WrappingLoader(spec.loader)
        return spec


class WrappingLoader(importlib.abc.Loader):
    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def create_module(self, spec: Any) -> Any:
        return self.loader.create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        self.loader.exec_module(module)
        module.__dict__["wrapped"] = module.__dict__.get("wrapped", 0) + 1


@pytest.mark.parametrize("theirs_first", [True, False])
def test_other_wrapping_finders_and_we_work_once_each(folder: pathlib.Path, theirs_first: bool) -> None:
    heard = Heard()
    import_hook.install("victim.app", heard)
    sys.meta_path.insert(0 if theirs_first else 1, WrappingFinder())
    app = importlib.import_module("victim.app")
    assert heard.modules == [app]
    assert app.wrapped == 1


def test_a_module_in_an_archive(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(str(folder / "all.zip"), "w") as archive:
        for name in ("__init__.py", "app.py"):
            archive.write(str(folder / "victim" / name), "victim/" + name)
    monkeypatch.syspath_prepend(str(folder / "all.zip"))
    heard = Heard()
    import_hook.install("victim.app", heard)
    app = importlib.import_module("victim.app")
    assert heard.modules == [app]
    assert "all.zip" in app.__file__ and type(app.__loader__).__name__ == "zipimporter"
    assert type(app.__spec__.loader).__name__ == "zipimporter"
    assert heard.modules == [app]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 asks no such finder any more")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ImportWarning", "ignore::PendingDeprecationWarning")
def test_finders_from_before_pep_451(folder: pathlib.Path) -> None:
    class Old:
        def find_module(self, fullname: str, path: Any = None) -> Any:
            return self if fullname == "victim.app" else None

        def load_module(self, fullname: str) -> types.ModuleType:
            module = sys.modules[fullname] = types.ModuleType(fullname)
            return module

    heard = Heard()
    import_hook.install("victim.app", heard)
    sys.meta_path.insert(1, Old())  # type: ignore[arg-type]
    app = importlib.import_module("victim.app")
    assert heard.modules == [app]


def test_two_threads_import_at_once_and_it_is_heard_of_once(folder: pathlib.Path) -> None:
    heard = Heard()
    import_hook.install("victim.app", heard)
    gate = threading.Barrier(4)

    def go() -> None:
        gate.wait()
        importlib.import_module("victim.app")

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard.modules) == 1
