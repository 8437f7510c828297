"""The spool on a real disk: private, bounded, oldest first, one reader at a time, nothing stopped by what it finds."""

import os
import stat
import subprocess
import sys
import time

import pytest

from metlo_auto.agent import Agents
from metlo_auto.config.settings import load
from metlo_auto.delivery.batch import new_batch
from metlo_auto.delivery.spool.folder import Folder
from metlo_auto.delivery.spool.format import decode, encode
from metlo_auto.delivery.spool.spool import Spool
from tests.delivery.serving import ROOT
from tests.delivery.settings import adds_up, make_trace
from tests.support.faulty_collector import FaultyCollector, status

pytestmark = pytest.mark.core


class Kept:
    """A spool with what it says."""

    def __init__(self, path, size=1 << 20):
        self.lost, self.said = [], []
        self.folder = Folder(str(path))
        self.spool = Spool(
            self.folder, size, lambda own, n: self.lost.append((own, n)), self.said.append, time.monotonic
        )

    def put(self, *names, body="x"):
        batch = new_batch([make_trace(name, body=body) for name in names])
        return self.spool.put(batch), batch


def test_batches_come_back_whole_and_oldest_first(tmp_path):
    kept = Kept(tmp_path / "a" / "b")
    batches = [kept.put(name)[1] for name in range(20)]
    for batch in batches:
        found = kept.spool.next()
        assert found._replace(spooled="", born=batch.born) == batch
        kept.spool.remove(found)
    assert kept.spool.next() is None


def test_an_announcement_keeps_its_form_and_route(tmp_path):
    kept = Kept(tmp_path / "a" / "b")
    batch = new_batch([b"{}"], b'{"v":2}', ("host", "GET", "/é"))
    kept.spool.put(batch)
    assert kept.spool.next()._replace(spooled="", born=batch.born) == batch


def test_folder_and_files_are_for_this_user_alone(tmp_path):
    old = os.umask(0)
    try:
        kept = Kept(tmp_path / "a" / "b")
        kept.put(1)
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.stat(str(tmp_path / "a")).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(str(tmp_path / "a" / "b")).st_mode) == 0o700
    for file in (tmp_path / "a" / "b").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_is_open_to_others_is_closed(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    os.chmod(str(tmp_path / "a" / "b"), 0o777)
    assert Kept(tmp_path / "a" / "b").put(1)[0]
    assert stat.S_IMODE(os.stat(str(tmp_path / "a" / "b")).st_mode) == 0o700


def link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "a").mkdir()
    os.symlink(str(tmp_path / "elsewhere"), str(tmp_path / "a" / "b"))


def link_above(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    os.symlink(str(tmp_path / "elsewhere"), str(tmp_path / "a"))


def a_file(tmp_path):
    (tmp_path / "a").write_text("")


def read_only(tmp_path):
    (tmp_path / "a").mkdir()
    os.chmod(str(tmp_path / "a"), 0o500)


def foreign(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    os.chown(str(tmp_path / "a" / "b"), 12345, 12345)


BAD = [link, link_above, a_file, read_only, foreign]


@pytest.mark.parametrize("spoil", BAD)
def test_a_folder_that_cannot_be_used_is_said_once_and_memory_is_used(spoil, tmp_path):
    root = os.geteuid() == 0
    if spoil is foreign and not root or spoil is read_only and root:
        pytest.skip("another user's folder needs root, a read-only one needs not to be root")
    spoil(tmp_path)
    kept = Kept(tmp_path / "a" / "b")
    assert [kept.put(name)[0] for name in range(5)] == [False] * 5
    assert len(kept.said) == 1 and "memory only" in kept.said[0]


def test_a_full_disk_is_said_once_and_leaves_no_half_files(tmp_path):
    if os.geteuid() != 0 or not os.path.exists("/bin/mount"):
        pytest.skip("needs root to make a small file system")
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.call(["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(small)], stderr=subprocess.DEVNULL):
        pytest.skip("needs the right to mount")
    try:
        kept = Kept(small / "a" / "b")
        results = [kept.put(name, body="x" * 30000)[0] for name in range(10)]
        assert True in results and results[-1] is False
        assert len(kept.said) == 1
        assert not [name for name in os.listdir(str(small / "a" / "b")) if name.endswith(".tmp")]
    finally:
        subprocess.call(["umount", str(small)])


def test_it_stays_within_its_size_and_the_oldest_goes_first(tmp_path):
    kept = Kept(tmp_path / "a" / "b", size=100000)
    for name in range(50):
        assert kept.put(name, body="x" * 10000)[0]
        assert sum(kept.folder.sizes().values()) <= 100000
    names = []
    batch = kept.spool.next()
    while batch is not None:
        names.append(batch.traces[0])
        batch = kept.spool.next()
    assert names == [make_trace(name, body="x" * 10000) for name in range(50 - len(names), 50)]
    assert sum(n for _, n in kept.lost) == 50 - len(names)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\n\n", b"x" * 1000, None], ids=["empty", "{}", "lines", "junk", "cut"]
)
def test_a_damaged_file_is_set_aside_and_stops_nobody(content, tmp_path):
    kept = Kept(tmp_path / "a" / "b")
    kept.put(1)
    kept.put(2)
    first = sorted((tmp_path / "a" / "b").glob("*.batch"))[0]
    first.write_bytes(first.read_bytes()[:-1] if content is None else content)
    assert kept.spool.next().traces == (make_trace(2),)
    assert (tmp_path / "a" / "b" / (first.name + ".corrupt")).exists()
    assert len(kept.said) == 1


def test_every_flipped_bit_is_noticed():
    content = b"".join(encode(new_batch([make_trace(1), make_trace(2)])))
    start = content.index(b"\n") + 1
    for index in range(start, len(content)):
        broken = bytearray(content)
        broken[index] ^= 1
        with pytest.raises(ValueError):
            decode(bytes(broken), "x")


def test_what_a_killed_writer_left_half_written_is_removed_later(tmp_path):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "old.batch.tmp").write_bytes(b"half")
    (folder / "new.batch.tmp").write_bytes(b"half")
    os.utime(str(folder / "old.batch.tmp"), (1, 1))
    assert Kept(folder).put(1)[0]
    assert not (folder / "old.batch.tmp").exists() and (folder / "new.batch.tmp").exists()


def test_another_process_waits_for_its_turn(tmp_path):
    kept = Kept(tmp_path / "a" / "b")
    kept.put(1)
    held = kept.spool.next()
    code = (
        "import sys, time; sys.path.insert(0, %r); from pathlib import Path\n"
        "from tests.delivery.test_spool import Kept\n"
        "kept = Kept(Path(%r)); print(kept.spool.next())" % (str(ROOT), str(tmp_path / "a" / "b"))
    )
    assert subprocess.check_output([sys.executable, "-c", code]).strip() == b"None"
    kept.spool.back(held)
    kept.spool.let_go()
    assert b"Batch" in subprocess.check_output([sys.executable, "-c", code])


ELSEWHERE = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from metlo_auto.delivery.batch import new_batch
from tests.delivery.test_spool import Kept, make_trace
kept = Kept(Path({path!r}))
"""


def test_a_copy_of_what_is_under_way_is_left_alone_until_its_process_was_killed(tmp_path):
    path = tmp_path / "a" / "b"
    code = ELSEWHERE.format(root=str(ROOT), path=str(path))
    code += "print(kept.spool.hold(new_batch([make_trace(7)])))\nsys.stdout.flush()\ntime.sleep(60)"
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert owner.stdout.readline().strip() == b"True"
        heir = Kept(path)
        assert heir.spool.next() is None
    finally:
        owner.kill()
        owner.communicate()
    heir.spool.let_go()  # as if the pause between two looks were over
    found = heir.spool.next()
    assert found.traces == (make_trace(7),) and not heir.spool.is_own(found) and not heir.said
    heir.spool.remove(found)
    assert not list(path.glob("*batch*"))


def test_a_copy_goes_with_its_batch_or_becomes_the_batch(tmp_path):
    kept = Kept(tmp_path / "a" / "b")
    gone, stays = new_batch([make_trace(1)]), new_batch([make_trace(2)])
    assert kept.spool.hold(gone) and kept.spool.hold(stays) and kept.spool.hold(stays)
    other = Spool(kept.folder, 1 << 20, kept.lost.append, kept.said.append, time.monotonic)
    assert other.next() is None, "this process is alive"
    other.let_go()
    kept.spool.release(gone)
    assert kept.spool.put(stays)
    assert kept.spool.next().traces == stays.traces and kept.spool.next() is None
    assert not list((tmp_path / "a" / "b").glob("*.held")) and not kept.said


def test_a_process_that_starts_is_not_troubled_by_files_that_others_write_at_that_moment(tmp_path, monkeypatch):
    """Each look at the folder shows a file that its writer has finished before anything else can be asked of it."""
    kept = Kept(tmp_path / "a" / "b")
    old = tmp_path / "a" / "b" / "left.tmp"
    names = kept.folder.names
    monkeypatch.setattr(kept.folder, "names", lambda: ["finished.tmp"] + names())
    old.parent.mkdir(parents=True, mode=0o700)
    old.write_bytes(b"half")
    os.utime(str(old), (time.time() - 3600,) * 2)
    assert kept.spool.usable and not kept.said
    assert not old.exists()


def test_a_copy_that_somebody_deleted_is_no_trouble(tmp_path):
    kept = Kept(tmp_path / "a" / "b")
    gone, stays = new_batch([make_trace(1)]), new_batch([make_trace(2)])
    assert kept.spool.hold(gone) and kept.spool.hold(stays)
    for file in (tmp_path / "a" / "b").glob("*.held"):
        file.unlink()
    kept.spool.release(gone)
    assert kept.spool.put(stays) and kept.spool.next().traces == stays.traces
    assert not kept.said


def test_nothing_that_waits_is_given_up_for_a_copy(tmp_path):
    kept = Kept(tmp_path / "a" / "b", size=25000)
    assert kept.put(1, body="x" * 10000)[0] and kept.put(2, body="x" * 10000)[0]
    assert not kept.spool.hold(new_batch([make_trace(3, body="x" * 10000)]))
    assert not kept.lost and not kept.said
    assert kept.spool.next().traces == (make_trace(1, body="x" * 10000),)


def test_a_collector_that_is_slow_gets_each_batch_once_and_leaves_nothing_on_disk(tmp_path, deliver):
    with FaultyCollector(lambda post: time.sleep(0.7)) as collector:
        delivery = deliver(collector.host, tmp_path)
        for name in range(4000):
            delivery.submit(make_trace(name, body="x" * 2000))
        collector.wait_until(lambda: list(tmp_path.glob("**/*.held")), deadline=20)
        delivery.flush(30)
        collector.assert_once(range(4000))
        assert len(collector.posts) == len({post.batch_id for post in collector.posts})
        assert delivery.stats()["sent"] == 4000
        assert not list(tmp_path.glob("**/*batch*"))


def test_the_parts_of_a_batch_that_another_process_left_take_its_place(tmp_path):
    Kept(tmp_path / "a" / "b").put(*range(10))
    heir = Kept(tmp_path / "a" / "b")
    for _ in range(4):  # down to single traces, always at the head of the line
        found = heir.spool.next()
        half = len(found.traces) // 2
        if half:
            assert heir.spool.replace(found, found.cut(half))
    left = Kept(tmp_path / "a" / "b")
    heir.spool.back(found)
    heir.spool.let_go()
    traces = []
    batch = left.spool.next()
    while batch is not None:
        traces += batch.traces
        left.spool.remove(batch)
        batch = left.spool.next()
    assert sorted(traces) == sorted(make_trace(name) for name in range(10))


def test_a_spool_left_behind_is_delivered_once_by_many_processes(tmp_path, deliver):
    with FaultyCollector(status(503)) as collector:
        first = deliver(collector.host, tmp_path)
        for name in range(3000):
            first.submit(make_trace(name, body="x" * 500))
        first.end()
        assert first.stats()["spooled"] == 3000 and adds_up(first.stats())
        collector.fault = None
        code = (
            "import sys, time; sys.path.insert(0, %r); from pathlib import Path\n"
            "from metlo_auto.delivery import Delivery\n"
            "from tests.delivery.settings import make_settings, make_trace\n"
            "d = Delivery(make_settings(%r, Path(%r))); d.submit(make_trace(sys.argv[1])); sys.stdin.read()\n"
        ) % (str(ROOT), collector.host, str(tmp_path))
        heirs = [subprocess.Popen([sys.executable, "-c", code, "heir%d" % n], stdin=subprocess.PIPE) for n in range(4)]
        try:
            everybody = [*range(3000), *("heir%d" % n for n in range(4))]
            collector.wait_for(everybody, deadline=60)
        finally:
            for heir in heirs:
                heir.communicate()
        collector.assert_once(everybody)
        assert len({post.batch_id for post in collector.posts if post.number > 3}) >= 4


def test_two_agents_of_one_process_do_not_post_what_the_other_one_posts(tmp_path):
    """The same collector and key, as two apps with an environment each have them, hence the same folder."""
    with FaultyCollector(status(503)) as collector:
        given = {"host": collector.host, "api_key": "test-key", "spool_dir": str(tmp_path / "spool"), "env_file": "off"}
        agents = Agents()
        both = [agents.get(load({}, None, dict(given, environment=name)).settings).delivery for name in ("blue", "green")]
        for name in range(2000):
            both[name % 2].submit(make_trace(name, body="x" * 2000))
        for delivery in both:
            delivery.flush(20)
        assert agents.stats()["spooled"] == 2000
        away, collector.fault = len(collector.posts), lambda post: time.sleep(0.3)
        collector.wait_for(range(2000), deadline=60)
        for delivery in both:
            delivery.end()
        taken = [post.batch_id for post in collector.posts[away:]]
        assert sorted(taken) == sorted(set(taken)), "each batch is posted once"
        assert agents.stats()["sent"] + agents.stats()["recovered"] == 2000
