"""What a user gets from the package index."""

import configparser
import email.parser
import subprocess
import tarfile
import zipfile

import pytest

from tests.packaging.conftest import ROOT


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(str(wheel)) as archive:
        return set(archive.namelist())


def read(wheel, ending):
    with zipfile.ZipFile(str(wheel)) as archive:
        name = next(name for name in archive.namelist() if name.endswith(ending))
        return archive.read(name).decode()


@pytest.fixture(scope="module")
def metadata(wheel):
    return email.parser.Parser().parsestr(read(wheel, ".dist-info/METADATA"))


def tracked(folder):
    command = ["git", "ls-files", folder]
    try:
        listed = subprocess.check_output(command, cwd=str(ROOT), stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git checkout to compare with")
    return {name for name in listed.decode().splitlines() if (ROOT / name).exists()}


def test_the_wheel_holds_every_file_of_the_package(names):
    assert tracked("metlo_auto") - names == set()


def test_the_wheel_holds_nothing_but_the_package(names):
    assert {name.split("/")[0].split("-")[0] for name in names} == {"metlo_auto"}


def test_the_bootstrap_folder_has_one_file(names):
    assert {name for name in names if "/bootstrap/" in name} == {"metlo_auto/bootstrap/sitecustomize.py"}


def test_the_package_is_typed(names):
    assert "metlo_auto/py.typed" in names


def test_the_collectors_page_comes_along(names):
    assert any(name.startswith("metlo_auto/collector/page/") and name.endswith(".html") for name in names)


def test_the_commands_are_metlo_run_and_metlo_collector(wheel):
    entries = configparser.ConfigParser()
    entries.read_string(read(wheel, "entry_points.txt"))
    assert set(entries["console_scripts"]) == {"metlo-run", "metlo-collector"}


def test_the_wheel_is_for_any_platform_and_python_from_3_6(wheel, metadata):
    assert wheel.name.endswith("-py3-none-any.whl")
    assert metadata["Requires-Python"] == ">=3.6"


def test_the_agent_needs_three_packages_and_flask_is_not_one_of_them(metadata):
    needed = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert sorted(line.split(">")[0].strip() for line in needed) == ["python-dotenv", "requests", "wrapt"]
    assert set(metadata.get_all("Provides-Extra")) == {"speed", "collector", "buffer", "test"}


def test_the_licence_comes_along(names, metadata):
    assert any(name.endswith("LICENSE") for name in names)
    assert metadata["License"] == "MIT" or metadata["License-Expression"] == "MIT"


def test_the_sdist_holds_what_building_and_testing_need(sdist):
    with tarfile.open(str(sdist)) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", "metlo_auto/version.py", "scripts/test"} <= inside
    assert {"requirements/test.txt", "tests/packaging/test_contents.py"} <= inside
