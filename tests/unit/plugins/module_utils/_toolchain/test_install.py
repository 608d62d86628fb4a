# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installing a release: which source, whole or not at all, and nobody else's folder. The toolchains are small scripts."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import threading

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import download, folders, gomodule, install, inventory
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.origin import part_path


def test_a_release_is_installed_and_then_left_alone(host):
    wanted = host.wanted()
    outcome = install.ensure_present(wanted, False)
    assert outcome == (("it is not there",), "archive", wanted.checksum, "")
    goroot = host.root / "1.22.7"
    assert sorted(os.listdir(goroot)) == [inventory.NAME, "VERSION", "bin", "go.env", "pkg"]
    assert (goroot / "go.env").read_text() == "GOTOOLCHAIN=auto\n"
    assert host.listing() == [".go1.22.7.lock", "1.22.7"]
    # It was asked once, where it was not yet in its place, and in a home of its own.
    (line,) = host.starts()
    words, home, toolchain, goenv = line.split("|")
    assert words == "env GOVERSION GOHOSTOS GOHOSTARCH"
    assert home.startswith(f"{host.root}/.go1.22.7-") and (toolchain, goenv) == ("local", "off")
    again = install.ensure_present(wanted, False)
    assert again == ((), "archive", wanted.checksum, "")
    assert len(host.starts()) == 1


def test_nobody_else_can_write_whatever_the_umask(host):
    before = os.umask(0)
    try:
        install.ensure_present(host.wanted(), False)
    finally:
        os.umask(before)
    shutil.rmtree(host.root / "1.22.7")
    before = os.umask(0o077)
    try:
        install.ensure_present(host.wanted(), False)
    finally:
        os.umask(before)
    folders = [host.root.parent, host.root, host.root / "1.22.7", host.root / "1.22.7" / "bin"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in folders] == [0o755] * 4
    assert stat.S_IMODE((host.root / "1.22.7" / "VERSION").stat().st_mode) == 0o644


def test_check_mode_says_the_same_and_does_nothing(host):
    wanted = host.wanted()
    assert install.ensure_present(wanted, True) == (("it is not there",), "archive", "", "")
    assert host.listing() is None
    install.ensure_present(wanted, False)
    assert install.ensure_present(wanted, True).reasons == ()
    (host.root / "1.22.7" / "VERSION").write_text("go1.22.8\n")
    assert install.ensure_present(wanted, True).reasons == ("VERSION was changed",)
    assert (host.root / "1.22.7" / "VERSION").read_text() == "go1.22.8\n"


def test_check_mode_wants_neither_archive_nor_go(host):
    assert install.ensure_present(host.wanted(archive=("/not/there/yet", f"sha256:{'0' * 64}")), True).source == "archive"
    assert install.ensure_present(host.bare(source="module"), True).source == "module"
    assert install.ensure_present(host.bare(), True).source == "download"


def lose(path):
    return lambda goroot: shutil.rmtree(goroot / path)


def flip(goroot):
    path = goroot / "pkg" / "tool" / "compile"
    status = path.stat()
    path.write_bytes(b"The compiler")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (flip, "pkg/tool/compile was changed"),
        (lose("pkg"), "pkg/ is missing"),
        (lambda goroot: (goroot / "pkg" / "extra").touch(), "pkg/extra does not belong to it"),
        (lambda goroot: (goroot / inventory.NAME).write_bytes(b'{"form'), "its inventory is not whole"),
        (lambda goroot: (goroot / inventory.NAME).write_bytes(b""), "its inventory is not whole"),
    ],
)
def test_what_is_not_whole_is_replaced(host, harm, reason):
    wanted = host.wanted()
    install.ensure_present(wanted, False)
    harm(host.root / "1.22.7")
    assert install.ensure_present(wanted, False).reasons[0] == reason
    assert install.ensure_present(wanted, False).reasons == ()
    assert (host.root / "1.22.7" / "pkg" / "tool" / "compile").read_text() == "the compiler"
    assert not (host.root / "1.22.7" / "pkg" / "extra").exists()
    assert host.listing() == [".go1.22.7.lock", "1.22.7"]


@pytest.mark.parametrize("move", [os.rename, shutil.copytree])
def test_a_release_under_the_name_of_another_is_not_that_one(host, move):
    install.ensure_present(host.wanted("1.21.13"), False)
    move(host.root / "1.21.13", host.root / "1.21.1")
    wanted = host.wanted("1.21.1")
    for check_mode in (True, False):
        assert install.ensure_present(wanted, check_mode).reasons == ("it is Go 1.21.13, moved or copied here",)
    assert (host.root / "1.21.1" / "VERSION").read_text().startswith("go1.21.1\n")
    assert install.ensure_present(wanted, False).reasons == ()


def test_what_cannot_be_repaired_stays_as_it_is(host):
    wanted = host.wanted()
    install.ensure_present(wanted, False)
    flip(host.root / "1.22.7")
    os.unlink(wanted.archive)
    with pytest.raises(GoPluginsError, match="there is no archive"):
        install.ensure_present(wanted, False)
    assert (host.root / "1.22.7" / "pkg" / "tool" / "compile").read_text() == "The compiler"
    assert host.listing() == [".go1.22.7.lock", "1.22.7"]


def test_a_moved_or_restored_toolchain_is_read_once(host, monkeypatch):
    wanted = host.wanted()
    install.ensure_present(wanted, False)
    shutil.copytree(host.root / "1.22.7", host.folder / "copy")
    shutil.rmtree(host.root / "1.22.7")
    (host.folder / "copy").rename(host.root / "1.22.7")
    written = inventory.read(str(host.root), "1.22.7")
    assert install.ensure_present(wanted, True).reasons == ()
    assert inventory.read(str(host.root), "1.22.7") == written, "check mode changes nothing"
    assert install.ensure_present(wanted, False).reasons == ()
    monkeypatch.setattr(inventory, "sha256_file", lambda path: pytest.fail(f"{path} was read"))
    assert install.ensure_present(wanted, False).reasons == ()


def test_a_toolchain_of_another_user_is_used_as_it_is(host, monkeypatch):
    wanted = host.wanted()
    install.ensure_present(wanted, False)
    shutil.copytree(host.root / "1.22.7", host.folder / "copy")
    shutil.rmtree(host.root / "1.22.7")
    (host.folder / "copy").rename(host.root / "1.22.7")

    def refuse(*_arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(inventory, "write", refuse)
    monkeypatch.setattr(folders, "locked", refuse)
    assert install.ensure_present(wanted, False).reasons == ()


@pytest.mark.parametrize(
    "make",
    [lambda path: path.mkdir(), lambda path: path.write_text("x"), lambda path: path.symlink_to("/usr")],
    ids=["folder", "file", "link"],
)
@pytest.mark.parametrize("ensure", [install.ensure_present, install.ensure_absent])
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_others_put_there_is_left_alone(host, make, ensure, check_mode):
    host.root.mkdir(parents=True)
    make(host.root / "1.22.7")
    with pytest.raises(GoPluginsError, match=r"1\.22\.7 was not put there by this collection") as caught:
        ensure(host.wanted(), check_mode)
    assert caught.value.fix == f"choose another root; see what is there: ls -la {host.root}/1.22.7"
    assert host.listing() == ["1.22.7"]


def test_a_link_to_a_toolchain_of_ours_is_not_ours(host):
    install.ensure_present(host.wanted("1.21.13"), False)
    (host.root / "1.21.1").symlink_to("1.21.13")
    with pytest.raises(GoPluginsError, match="was not put there"):
        install.ensure_absent(host.wanted("1.21.1"), False)
    assert (host.root / "1.21.1").is_symlink() and (host.root / "1.21.13" / "VERSION").exists()


def test_neighbours_are_not_taken_for_each_other(host):
    for version in ("1.21.13", "1.2", "1.20", "1.20.14", "1.21.1", "1.21rc1"):
        if version == "1.2":
            with pytest.raises(GoPluginsError, match=r"Go 1\.2 is too old"):
                install.ensure_present(host.wanted(version), False)
            continue
        assert install.ensure_present(host.wanted(version), False).reasons == ("it is not there",)
        assert (host.root / version / "VERSION").read_text().startswith(f"go{version}\n")
    assert install.ensure_absent(host.wanted("1.21.1"), False).reasons
    assert [name for name in host.listing() if not name.startswith(".")] == ["1.20", "1.20.14", "1.21.13", "1.21rc1"]


def test_absent(host):
    wanted = host.wanted()
    assert install.ensure_absent(wanted, False) == ((), "", "", "")
    assert host.listing() is None
    install.ensure_present(wanted, False)
    flip(host.root / "1.22.7")
    told = install.ensure_absent(wanted, True)
    assert told.reasons == ("it is not wanted",) and told.source == "archive"
    assert (host.root / "1.22.7").exists()
    assert install.ensure_absent(wanted, False) == told
    assert host.listing() == [".go1.22.7.lock"]
    assert install.ensure_absent(wanted, False).reasons == ()


def test_what_a_killed_run_left_goes_away_and_only_that(host):
    others = [
        ".archives",
        ".go1.22-goplugins-abcdefgh",
        ".go1.22.7-abc",
        ".go1.22.7-linux-goplugins-abcdefgh",
        ".go1.22.70-goplugins-abcdefgh",
    ]
    for name in (".go1.22.7-goplugins-abcdefgh", *others):
        (host.root / name / "1.22.7" / "bin").mkdir(parents=True)
        (host.root / name / "1.22.7").chmod(0o555)
    install.ensure_present(host.wanted(), False)
    assert host.listing() == sorted([*others, ".go1.22.7.lock", "1.22.7"])


def writable_by_all(root):
    return [path for path in [root, *root.rglob("*")] if not path.is_symlink() and path.stat().st_mode & 0o002]


def test_no_umask_lets_everybody_write(host):
    former = os.umask(0)
    try:
        install.ensure_present(host.wanted(), False)
        os.utime(host.root / "1.22.7" / "VERSION")
        install.ensure_present(host.wanted(), False)
    finally:
        os.umask(former)
    assert (host.root / "1.22.7" / "bin" / "go").exists() and writable_by_all(host.root) == []


def test_a_kill_while_new_stamps_are_written_damages_nothing(host):
    install.ensure_present(host.wanted(), False)
    os.utime(host.root / "1.22.7" / "VERSION")
    pid = os.fork()
    if not pid:
        os.replace = lambda *_paths: os.kill(os.getpid(), 9)
        try:
            install.ensure_present(host.wanted(), False)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 9
    assert install.ensure_present(host.wanted(), False).reasons == ()
    assert host.listing() == [".go1.22.7.lock", "1.22.7"]


def test_a_root_that_is_up_to_date_is_not_written_to(host, tmp_path):
    """By a user who could not: no lock, and no folder."""
    wanted = host.wanted()
    install.ensure_present(wanted, False)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        shutil.copytree(host.root, os.path.join(folder, "go"))
        wanted = wanted._replace(root=os.path.join(folder, "go"), archive="/nowhere")
        os.utime(os.path.join(wanted.root, "1.22.7", "VERSION"))
        for path, _folders, names in os.walk(wanted.root):
            os.chmod(path, 0o555 if path == wanted.root else 0o755)
            for name in names:
                os.chmod(os.path.join(path, name), os.stat(os.path.join(path, name)).st_mode & 0o555 if name.endswith(".lock") else 0o644)
        os.chmod(os.path.join(wanted.root, "1.22.7", "bin", "go"), 0o755)
        pid = os.fork()
        if not pid:
            try:
                if os.geteuid() == 0:
                    os.setuid(65534)
                assert install.ensure_present(wanted, False).reasons == ()
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(pid, 0)[1] == 0
        os.chmod(wanted.root, 0o755)


def test_two_runs_at_once_do_it_once(host):
    wanted = host.wanted(archive=host.archive("1.22.7", go="sleep 0.3; printf '%s\\n' go1.22.7 linux amd64"))
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(install.ensure_present(wanted, False))) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(outcome.reasons) for outcome in outcomes) == [0, 0, 1]
    assert len(host.starts()) == 1
    assert host.listing() == [".go1.22.7.lock", "1.22.7"]


def test_another_version_need_not_wait(host):
    host.root.mkdir(parents=True)
    with open(host.root / ".go1.21.13.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        install.ensure_present(host.wanted(), False)


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        ({"told": "go1.22.70"}, "holds 'go1.22.70', not go1.22.7"),
        ({"VERSION": "go1.22.7-corp\n"}, "holds 'go1.22.7-corp', not go1.22.7"),
        ({"VERSION": None}, "holds no Go toolchain: VERSION: No such file"),
        ({"go": "printf '%s\\n' go1.22.8 linux amd64"}, "claims to be go1.22.8 linux amd64, not go1.22.7 for linux/amd64"),
        ({"platform": Platform("linux", "386")}, "claims to be go1.22.7 linux 386, not go1.22.7 for linux/amd64"),
        ({"go": "echo 'go1.22.7 X:boringcrypto'; echo linux; echo amd64"}, "X:boringcrypto"),
        ({"go": "echo broken >&2; exit 1"}, "does not run on this host: broken"),
        ({"bin/go": "\x7fELF no program"}, "does not run on this host: cannot start"),
        ({"bin/go": None}, "does not run on this host: cannot start"),
        ({"../evil": "x"}, "is refused"),
    ],
)
def test_an_archive_that_is_not_that_release_leaves_nothing(host, archive, message):
    with pytest.raises(GoPluginsError, match=message):
        install.ensure_present(host.wanted(archive=host.archive("1.22.7", **archive)), False)
    assert host.listing() == [".go1.22.7.lock"]


def test_nothing_is_unpacked_or_started_before_its_checksum_is_proved(host, monkeypatch):
    path, checksum = host.archive("1.22.7")
    monkeypatch.setattr(install.archive, "unpack", lambda *_arguments: pytest.fail("it was unpacked"))
    with pytest.raises(GoPluginsError, match=f"{path} has the checksum {checksum}, not sha256:{'0' * 64}"):
        install.ensure_present(host.wanted(archive=(path, f"sha256:{'0' * 64}")), False)
    assert host.starts() == []


def test_a_module_whose_files_are_not_those_of_the_database_is_not_started(host, monkeypatch):
    monkeypatch.setattr(gomodule, "find_bootstrap", lambda given: gomodule.Bootstrap("/go", ""))
    unpacked = host.unpacked("1.22.7")
    monkeypatch.setattr(gomodule, "fetch", lambda *_arguments: gomodule.Fetched(host.module_zip(), unpacked, "h1:abc", "careful"))
    monkeypatch.setattr(install.archive, "module_hash", lambda *_arguments: "h1:other")
    wanted = host.bare()
    with pytest.raises(GoPluginsError, match="unpacks to h1:other, not to h1:abc"):
        install.ensure_present(wanted, False)
    assert host.starts() == [] and host.listing() == [".go1.22.7.lock"]


def test_a_module_is_installed_with_its_hash_and_its_warning(host, monkeypatch):
    unpacked = host.unpacked("1.22.7")
    monkeypatch.setattr(gomodule, "find_bootstrap", lambda given: gomodule.Bootstrap("/go", ""))
    monkeypatch.setattr(gomodule, "fetch", lambda *_arguments: gomodule.Fetched(host.module_zip(), unpacked, "h1:abc", "careful"))
    monkeypatch.setattr(install.archive, "unpack", lambda *_arguments: pytest.fail("it was unpacked twice"))
    monkeypatch.setattr(install.archive, "module_hash", lambda *_arguments: "h1:abc")
    wanted = host.bare()
    assert install.ensure_present(wanted, False) == (("it is not there",), "module", "h1:abc", "careful")
    assert install.ensure_present(wanted, False) == ((), "module", "h1:abc", "")


def test_another_archive_or_platform_than_the_wanted_one_is_replaced(host):
    first = host.wanted()
    install.ensure_present(first, False)
    other = host.wanted(archive=host.archive("1.22.7", extra="x"))
    assert install.ensure_present(other, False).reasons == (f"it is not from that archive, but from {first.checksum}",)
    assert install.ensure_present(first._replace(checksum="", archive=None), False).reasons == ()
    told = install.ensure_present(other._replace(platform=Platform("linux", "386")), True).reasons
    assert told == ("it is for linux/amd64, not linux/386",)


def test_an_archive_may_be_proved_by_the_hash_of_its_module(host, monkeypatch):
    path, _checksum = host.archive("1.22.7")
    monkeypatch.setattr(install.archive, "module_hash", lambda *_arguments: "h1:abc")
    wanted = host.wanted(archive=(path, "h1:other"))
    with pytest.raises(GoPluginsError, match="unpacks to h1:abc, not to h1:other"):
        install.ensure_present(wanted, False)
    assert host.starts() == [] and host.listing() == [".go1.22.7.lock"]
    wanted = wanted._replace(checksum="h1:abc")
    assert install.ensure_present(wanted, False) == (("it is not there",), "archive", "h1:abc", "")
    # One that came by way of the module proxy is the same.
    assert install.ensure_present(host.bare(source="module"), False).reasons == ()


def test_a_release_that_was_begun_to_be_downloaded_and_came_otherwise(host):
    wanted = host.wanted()
    host.root.mkdir(parents=True)
    for version in ("1.22.7", "1.22.70"):
        with open(part_path(host.bare(version)), "wb"):
            pass
    install.ensure_present(wanted, False)
    assert host.listing() == [".go1.22.7.lock", ".go1.22.70-linux-amd64.part", "1.22.7"]


def test_a_download_that_breaks_off_stays_for_the_next_run(host, monkeypatch):
    path, checksum = host.archive("1.22.7")

    def fetch(site, name, checksum, part):
        if not os.path.exists(part):
            with open(part, "wb"):
                pass
            raise download.Unreachable("cannot get it", "check it")
        shutil.copyfile(path, part)
        return checksum

    monkeypatch.setattr(download, "fetch", fetch)
    wanted = host.bare(checksum=checksum)
    with pytest.raises(GoPluginsError, match="cannot get it"):
        install.ensure_present(wanted, False)
    assert host.listing() == [".go1.22.7-linux-amd64.part", ".go1.22.7.lock"]
    assert install.ensure_present(wanted, False) == (("it is not there",), "download", checksum, "")
    assert host.listing() == [".go1.22.7.lock", "1.22.7"]


def test_others_are_removed_if_this_collection_put_them_there(host):
    for version in ("1.20", "1.20.14", "1.21.1", "1.21.13", "1.22.7"):
        install.ensure_present(host.wanted(version), False)
    for name in ("1.19.1", "1.22.7.mine", ".archives", "current"):
        (host.root / name).mkdir()
    os.rename(host.root / "1.21.1", host.root / "1.21.1.mine")
    (host.root / "1.18").symlink_to("1.22.7")
    (host.root / "1.17").write_text("x")
    before = host.listing()
    assert install.remove_others(str(host.root), {"1.20", "1.22.7"}, True) == ("1.20.14", "1.21.13")
    assert host.listing() == before
    assert install.remove_others(str(host.root), {"1.20", "1.22.7"}, False) == ("1.20.14", "1.21.13")
    assert set(before) - set(host.listing()) == {"1.20.14", "1.21.13"}
    assert install.remove_others(str(host.root), {"1.20", "1.22.7"}, False) == ()


def test_nothing_is_removed_where_nothing_is(host):
    assert install.remove_others(str(host.root), set(), False) == ()
    assert host.listing() is None


def test_no_room(host, monkeypatch):
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result((1, 1, 1000, 1000, 1000, 0, 0, 0, 0, 255)))
    for check_mode in (True, False):
        with pytest.raises(GoPluginsError, match=r"not enough disk for Go 1.22.7: .* 600 MB are needed"):
            install.ensure_present(host.wanted(), check_mode)
    assert host.listing() is None


def test_a_root_that_is_a_file(host):
    host.root.parent.mkdir()
    host.root.write_text("x")
    with pytest.raises(GoPluginsError, match=f"{host.root} is not a folder"):
        install.ensure_present(host.wanted(), False)
