# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are written whole or not at all, temporary ones, locks, free space."""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _files
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError


def test_write_replaces_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "f"
    path.write_text("old")
    _files.write_atomically(str(path), b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["f"]


def test_a_write_that_fails_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "f"
    path.write_text("old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        _files.write_atomically(str(path), b"new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["f"]


def test_json_survives_a_round_and_is_sorted(tmp_path):
    path = str(tmp_path / "j")
    _files.write_json(path, {"b": [1], "a": "x"})
    assert _files.read_json(path) == {"a": "x", "b": [1]}
    assert list(json.loads((tmp_path / "j").read_text())) == ["a", "b"]


SPOILED = {
    "missing": lambda path: None,
    "empty": lambda path: path.write_text(""),
    "cut off": lambda path: path.write_text("{"),
    "no text": lambda path: path.write_bytes(b'{"a": "\xff"}'),
    "deeply nested": lambda path: path.write_text("[" * 100_000 + "]" * 100_000),
    "huge": lambda path: (path.touch(), os.truncate(path, 1 << 40)),
    "a pipe": os.mkfifo,
    "a folder": os.mkdir,
}


@pytest.mark.parametrize("spoil", SPOILED)
def test_json_that_is_not_whole_is_none(tmp_path, spoil):
    SPOILED[spoil](tmp_path / "j")
    assert _files.read_json(str(tmp_path / "j")) is None


def test_a_read_only_tree_is_removed(tmp_path):
    folder = tmp_path / "mod" / "deep"
    folder.mkdir(parents=True)
    (folder / "f").write_text("x")
    (tmp_path / "mod" / "link").symlink_to(tmp_path)
    folder.chmod(0o500)
    (tmp_path / "mod").chmod(0o500)
    _files.remove_tree(str(tmp_path / "mod"))
    assert os.listdir(tmp_path) == []
    _files.remove_tree(str(tmp_path / "mod"))


def test_a_temporary_folder_goes_away_even_when_it_fails(tmp_path):
    with pytest.raises(RuntimeError), _files.temporary_folder(str(tmp_path), "x.") as folder:
        open(os.path.join(folder, "f"), "w").close()
        raise RuntimeError
    assert os.listdir(tmp_path) == []


def test_a_lock_is_waited_for(tmp_path):
    order = []

    def second():
        with _files.locked(str(tmp_path / "l")):
            order.append("second")

    with _files.locked(str(tmp_path / "l")):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def elsewhere(code, *words, **options):
    """Start Python code in a process of its own, with everything of _files, and go on when it has printed a line."""
    head = "import os, sys, time\nfrom ansible_collections.goplugins.tyk.plugins.module_utils._files import *\n"
    process = subprocess.Popen([sys.executable, "-c", head + code, *words], stdout=subprocess.PIPE, text=True, **options)
    assert process.stdout.readline() == "ready\n"
    return process


HOLD = "with locked(sys.argv[1]):\n    print('ready', flush=True)\n    time.sleep(float(sys.argv[2]))"


def test_a_wait_for_a_lock_ends_with_the_name_of_its_owner(tmp_path, monkeypatch):
    lock = tmp_path / "a lock"
    owner = elsewhere(HOLD, str(lock), "60")
    monkeypatch.setenv("GOPLUGINS_TIMEOUT", "0.3")
    try:
        with pytest.raises(GoPluginsError) as caught, _files.locked(str(lock)):
            pass
    finally:
        owner.kill()
        owner.communicate()
    message = (
        rf"{lock} is locked by -c \(process {owner.pid} on {re.escape(socket.gethostname())}, user \w+, since 20[0-9-]+T[0-9:]+Z\); "
        r"waited 0 seconds for it"
    )
    assert re.fullmatch(message, caught.value.message), caught.value.message
    assert f"fuser -v '{lock}'" in caught.value.fix and "GOPLUGINS_TIMEOUT=" in caught.value.fix


def test_a_long_wait_for_a_lock_is_noted_and_a_short_one_is_not(tmp_path, monkeypatch):
    lock = str(tmp_path / "lock")
    assert _files.waits() == []
    for noted in (60, 0.3):
        monkeypatch.setattr(_files, "_NOTED_SECONDS", noted)
        owner = elsewhere(HOLD, lock, "0.7")
        with _files.locked(lock):
            pass
        owner.communicate()
    (note,) = _files.waits()
    assert note.startswith(f"waited 1 seconds for {lock}, which was locked by -c (process {owner.pid} on ")
    assert _files.waits() == []


def test_the_lock_file_names_its_owner_only_while_it_is_held(tmp_path):
    lock = tmp_path / "lock"
    with _files.locked(str(lock)):
        assert json.loads(lock.read_text())["pid"] == os.getpid()
    assert lock.read_bytes() == b""


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda path: path.symlink_to(path.parent / "strangers"), "a symbolic link"),
        (lambda path: path.symlink_to(path.parent / "nothing"), "a symbolic link"),
        (lambda path: os.link(path.parent / "strangers", path), "a file with several names"),
        (os.mkfifo, "a pipe"),
        (lambda path: path.mkdir(), "a folder"),
        (lambda path: os.mknod(path, stat.S_IFSOCK | 0o600), "no file"),
    ],
)
def test_what_is_no_lock_file_is_neither_waited_for_nor_written_to(tmp_path, make, kind):
    (tmp_path / "strangers").write_text("precious")
    lock = tmp_path / "lock"
    make(lock)
    with pytest.raises(GoPluginsError, match=f"lock is {kind}, where this collection keeps a lock file") as caught, _files.locked(
        str(lock)
    ):
        pass
    assert caught.value.fix == f"ls -ld {lock}"
    assert (tmp_path / "strangers").read_text() == "precious"
    assert not (tmp_path / "nothing").exists()


def test_no_umask_lets_everybody_write_to_a_lock(tmp_path):
    former = os.umask(0)
    try:
        with _files.locked(str(tmp_path / "lock")):
            pass
    finally:
        os.umask(former)
    assert not (tmp_path / "lock").stat().st_mode & 0o002


def test_another_users_lock_can_be_held_if_it_can_be_read():
    # Below the folder of the tests nobody else sees anything.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        lock = os.path.join(folder, "lock")
        os.close(os.open(lock, os.O_CREAT, 0o444))
        pid = os.fork()
        if not pid:
            try:
                if os.geteuid() == 0:
                    os.setuid(65534)
                with _files.locked(lock), open(lock) as file, pytest.raises(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(pid, 0)[1] == 0


# --- What killed runs leave

WRITE = """
import signal
from ansible_collections.goplugins.tyk.plugins.module_utils import _files
def stop(*_arguments):
    print('ready', flush=True)
    time.sleep(60)
_files.place_atomically = stop
_files.os.replace = stop
"""


def killed(code, *words, **options):
    process = elsewhere(WRITE + code, *words, **options)
    process.kill()
    process.communicate()


def test_what_killed_runs_left_is_removed_and_nothing_of_others(tmp_path):
    killed("_files.write_atomically(sys.argv[1], b'x' * 1000)", str(tmp_path / "a.so"))
    killed("_files.write_atomically(sys.argv[1], b'x' * 1000)", str(tmp_path / "a.so.json"))
    killed("with temporary_folder(sys.argv[1], '.a.so.') as folder: os.mkdir(folder + '/x'); stop()", str(tmp_path))
    others = [
        ".a.so.lock",
        ".a.so.12345678",
        ".a.so.goplugins-",
        ".a.so.goplugins-1234567",
        ".a.so.goplugins-12345678.json",
        "a.so",
        ".a.so.goplugins-ABCDEFGH",
    ]
    for name in others:
        (tmp_path / name).write_text("")
    assert len(os.listdir(tmp_path)) == 3 + len(others)
    _files.remove_leftovers(str(tmp_path), ".a.so.")
    (left,) = set(os.listdir(tmp_path)) - set(others)
    assert left.startswith(".a.so.json.goplugins-")
    _files.remove_leftovers(str(tmp_path), ".a.so.json.")
    assert sorted(os.listdir(tmp_path)) == sorted(others)


def test_a_leftover_that_is_a_link_leads_nowhere(tmp_path):
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "file").write_text("")
    (tmp_path / ".a.goplugins-12345678").symlink_to(tmp_path / "others")
    _files.remove_leftovers(str(tmp_path), ".a.")
    assert os.listdir(tmp_path) == ["others"]
    assert os.listdir(tmp_path / "others") == ["file"]


def test_a_scratch_folder_stays_while_its_run_or_its_commands_work(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    killed("with scratch_folder('goplugins-x-') as folder: open(folder + '/f', 'w').close(); stop()", env=environment)
    (left,) = os.listdir(tmp_path)
    (tmp_path / "goplugins-y-goplugins-12345678").mkdir()
    works = elsewhere(
        "with scratch_folder('goplugins-x-') as folder: print('ready', flush=True); sys.stdin.read()",
        env=environment,
        stdin=subprocess.PIPE,
    )
    there = set(os.listdir(tmp_path))
    assert left not in there and len(there) == 2
    with _files.scratch_folder("goplugins-x-") as folder:
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        assert set(os.listdir(tmp_path)) == {*there, os.path.basename(folder)}
    works.communicate("")
    assert os.listdir(tmp_path) == ["goplugins-y-goplugins-12345678"]


def test_an_error_in_a_scratch_folder_is_not_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(FileNotFoundError), _files.scratch_folder("goplugins-x-") as folder:
        os.rmdir(folder)
        os.stat(folder)
    assert os.listdir(tmp_path) == []


# --- Free space


def test_every_file_system_that_is_written_to_is_looked_at(tmp_path, monkeypatch):
    def statvfs(place):
        free, files, favail = {str(tmp_path): (100, 1000, 900), "/": (5, 1000, 900)}[place]
        return os.statvfs_result((1_000_000, 1_000_000, 10**6, free, free, files, favail, favail, 0, 255))

    monkeypatch.setattr(os, "statvfs", statvfs)
    _files.require_free_space([str(tmp_path), str(tmp_path / "new"), ""], 50_000_000, "the build", files=900)
    with pytest.raises(GoPluginsError, match=r"^not enough disk for the build: / has 5 MB free, 50 MB are needed$") as caught:
        _files.require_free_space([str(tmp_path), "/"], 50_000_000, "the build", files=1)
    assert caught.value.fix == "df -h /"
    with pytest.raises(GoPluginsError, match=r"has room for 900 more files \(inodes\), 901 are needed$") as caught:
        _files.require_free_space(str(tmp_path), 50_000_000, "the build", files=901)
    assert caught.value.fix == f"df -i {tmp_path}"


def test_a_file_system_that_counts_no_files_has_enough(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "statvfs", lambda _place: os.statvfs_result((1, 1, 10**9, 10**9, 10**9, 0, 0, 0, 0, 255)))
    _files.require_free_space(str(tmp_path), 1, "the build")


def test_too_little_space_is_told_with_figures(tmp_path):
    with pytest.raises(GoPluginsError, match=r"not enough disk for the build: .* MB free, 1000000000 MB are needed"):
        _files.require_free_space(str(tmp_path / "not" / "there"), 10**15, "the build")
    _files.require_free_space(str(tmp_path), 1, "the build")


def test_what_a_run_left_that_was_killed_at_its_end_goes_away(tmp_path):
    left = tmp_path / ".p.goplugins-abcdefgh"
    _files.sweep(str(tmp_path), ".p.", str(tmp_path / ".p.lock"))
    assert os.listdir(tmp_path) == []
    left.mkdir()
    _files.sweep(str(tmp_path), ".p.", str(tmp_path / ".p.lock"))
    assert os.listdir(tmp_path) == [".p.lock"]


# What may be replaced, and what may not


def refuse_foreign_at(folder):
    _files.refuse_foreign(str(folder), str(folder / ".record.json"))


def test_what_is_not_there_or_empty_or_ours_may_be_replaced(tmp_path):
    folder = tmp_path / "folder"
    refuse_foreign_at(folder)
    folder.mkdir()
    refuse_foreign_at(folder)
    (folder / "more").write_text("x")
    (folder / ".record.json").write_text("spoiled")
    refuse_foreign_at(folder)


def test_one_mark_is_enough(tmp_path):
    for name in ("artifact", "artifact.json", ".artifact.lock"):
        (tmp_path / name).write_text("x")
    _files.refuse_foreign(str(tmp_path / "artifact"), str(tmp_path / "no.json"), str(tmp_path / ".artifact.lock"))
    with pytest.raises(GoPluginsError):
        _files.refuse_foreign(str(tmp_path / "artifact"), str(tmp_path / "no.json"), str(tmp_path / "no.lock"))


@pytest.mark.parametrize("kind", ["a folder", "a file", "a link to what is ours", "a link to nothing"])
def test_anything_else_is_left_alone(tmp_path, kind):
    taken, ours = tmp_path / "taken place", tmp_path / "ours"
    ours.mkdir()
    (ours / ".record.json").write_text("{}")
    if kind == "a folder":
        taken.mkdir()
        (taken / "mydata").write_text("precious")
    elif kind == "a file":
        taken.write_text("precious")
    else:
        taken.symlink_to(ours if kind == "a link to what is ours" else tmp_path / "nothing")
    with pytest.raises(GoPluginsError, match="was not put there by this collection, and is left alone") as caught:
        refuse_foreign_at(taken)
    assert caught.value.fix == f"move it away, or choose another folder; see what is there: ls -la '{taken}'"
