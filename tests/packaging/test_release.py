"""scripts/release in a clone of this checkout, so that nothing of it is touched."""

import re
import shutil
import subprocess
import sys

import pytest

from metlo_auto.version import VERSION
from tests.packaging.conftest import ROOT

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="a release is made in a git checkout")


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    place = tmp_path_factory.mktemp("release") / "clone"
    if subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no git checkout to clone")
    subprocess.check_call(["git", "checkout", "--quiet", "-B", "main"], cwd=str(place))
    for name in ("scripts/release", "pyproject.toml", "CHANGELOG.md", "SECURITY.md"):  # as they are here, committed or not
        shutil.copy(str(ROOT / name), str(place / name))
    commit(place)
    return place


def commit(place):
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    subprocess.check_call(["git", "add", "--all"], cwd=str(place))
    subprocess.call(["git", *who, "commit", "--quiet", "--message", "as it is"], cwd=str(place), stdout=subprocess.DEVNULL)


def release(clone, *arguments):
    done = subprocess.run(
        [sys.executable, str(clone / "scripts" / "release"), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, universal_newlines=True)
    return done.returncode, done.stdout


@pytest.mark.skipif(sys.version_info < (3, 8), reason="no hatchling that builds this runs on this Python")
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_dry_run_builds_checks_and_installs(clone):
    status, said = release(clone, "--dry-run")
    assert status == 0, said
    assert "pass twine check" in said and "metlo_auto/bootstrap: 1 files" in said
    assert re.search(r"installs and reports on Python 3\.\d+\n", said)
    assert "## %s (" % VERSION in said and "### Capture" in said
    assert "git tag --annotate v%s" % VERSION in said and "a dry run" in said
    names = sorted(path.name for path in (clone / "dist").iterdir())
    assert names == ["metlo_auto-%s-py3-none-any.whl" % VERSION, "metlo_auto-%s.tar.gz" % VERSION]
    tags = subprocess.check_output(["git", "tag", "--points-at", "HEAD"], cwd=str(clone)).decode()
    assert tags == ""


def change(clone, name, before, after):
    path = clone / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda clone: change(clone, "CHANGELOG.md", "(2026-01-31)", "(unreleased)"), "put the date there"),
        (lambda clone: change(clone, "CHANGELOG.md", "## " + VERSION, "## 9.9.9"), "has no section '## %s (DATE)'" % VERSION),
        (lambda clone: change(clone, "pyproject.toml", "[project.urls]", "[tool.urls]"), "has no [project.urls]"),
        (lambda clone: (clone / "left-over").write_text("x"), "changes that are not committed"),
        (lambda clone: subprocess.check_call(["git", "checkout", "--quiet", "-b", "other"], cwd=str(clone)), "not the branch main"),
        (lambda clone: subprocess.check_call(["git", "tag", "v" + VERSION], cwd=str(clone)), "is tagged already"),
    ],
    ids=["no date", "no section", "no address", "left-overs", "another branch", "tagged"],
)
def test_a_release_is_refused_before_anything_is_built(clone, tmp_path, spoil, reason):
    place = tmp_path / "ready"
    subprocess.check_call(["git", "clone", "--quiet", str(clone), str(place)])
    text = (place / "CHANGELOG.md").read_text()
    (place / "CHANGELOG.md").write_text(re.sub(r"^(## %s) \(.*\)" % re.escape(VERSION), r"\1 (2026-01-31)", text, count=1, flags=re.MULTILINE))
    if "[project.urls]" not in (place / "pyproject.toml").read_text():
        with (place / "pyproject.toml").open("a") as file:
            file.write('\n[project.urls]\nSource = "https://example.com/metlo-auto"\n')
    commit(place)
    spoil(place)
    status, said = release(place)
    assert status == 1 and reason in said, said
    assert not (place / "dist").exists()
