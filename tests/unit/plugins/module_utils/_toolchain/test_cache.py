# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives for other hosts: fetched once, and known again."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import stat
import threading
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import cache, download, gomodule


@pytest.fixture
def site(host, monkeypatch):
    """What was asked for, at a site that has small toolchains."""
    asked = []

    def fetch(site, name, checksum, part):
        asked.append(name)
        time.sleep(0.05)
        path, published = host.archive("1.22.7")
        if checksum not in ("", published):
            raise GoPluginsError("has the checksum")
        shutil.copyfile(path, part)
        return published

    monkeypatch.setattr(download, "fetch", fetch)
    return asked


def test_an_archive_is_fetched_once(host, site):
    wanted = host.bare()
    path = f"{host.root}/go1.22.7.linux-amd64.tar.gz"
    assert cache.ensure_cached(wanted, True) == (("it is not there",), "download", "", path, "")
    assert host.listing() is None and site == []
    done = cache.ensure_cached(wanted, False)
    checksum = host.archive("1.22.7")[1]
    assert done == (("it is not there",), "download", checksum, path, "")
    assert host.listing() == [".go1.22.7.lock", "go1.22.7.linux-amd64.json", "go1.22.7.linux-amd64.tar.gz"]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644
    assert cache.ensure_cached(wanted, False) == ((), "download", checksum, path, "")
    assert cache.ensure_cached(wanted._replace(checksum=checksum, source="download"), True).reasons == ()
    assert len(site) == 1
    # Nothing of it was executed.
    assert host.starts() == []


def test_each_platform_has_its_own(host, site):
    cache.ensure_cached(host.bare(), False)
    assert cache.ensure_cached(host.bare(platform=Platform("linux", "arm64")), False).archive.endswith("go1.22.7.linux-arm64.tar.gz")
    assert site == ["go1.22.7.linux-amd64.tar.gz", "go1.22.7.linux-arm64.tar.gz"]


def test_runs_for_many_hosts_at_once_fetch_it_once(host, site):
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(cache.ensure_cached(host.bare(), False))) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(site) == 1
    assert sorted(len(outcome.reasons) for outcome in outcomes) == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda root: (root / "go1.22.7.linux-amd64.tar.gz").unlink(), "it is not there"),
        (lambda root: (root / "go1.22.7.linux-amd64.json").write_text("{"), "it is not there"),
        (lambda root: (root / "go1.22.7.linux-amd64.json").write_text("[]"), "it is not there"),
        (lambda root: os.truncate(root / "go1.22.7.linux-amd64.tar.gz", 9), "was changed"),
    ],
)
def test_what_is_not_whole_is_fetched_again(host, site, harm, reason):
    cache.ensure_cached(host.bare(), False)
    harm(host.root)
    assert reason in cache.ensure_cached(host.bare(), True).reasons[0]
    assert reason in cache.ensure_cached(host.bare(), False).reasons[0]
    assert cache.ensure_cached(host.bare(), False).reasons == ()
    assert len(site) == 2


def test_a_record_leads_nowhere_else(host, site):
    cache.ensure_cached(host.bare(), False)
    record = host.root / "go1.22.7.linux-amd64.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "archive": "../../etc/passwd"}))
    assert cache.ensure_cached(host.bare(), True).reasons == ("it is not there",)


@pytest.mark.parametrize(
    ("name", "value"), [*itertools.product(["archive", "source", "checksum", "sha256"], [None, 1, [], {}]), ("archive", "a\0b")]
)
def test_a_record_of_other_types_is_no_record(host, site, name, value):
    cache.ensure_cached(host.bare(), False)
    record = host.root / "go1.22.7.linux-amd64.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), name: value}))
    cache.ensure_cached(host.bare(), False)
    assert all(isinstance(value, str) for value in json.loads(record.read_text()).values())
    assert cache.ensure_cached(host.bare(), True).reasons == ()


def test_another_source_or_checksum_than_the_wanted_one(host, site, monkeypatch):
    cache.ensure_cached(host.bare(), False)
    assert "but from download with sha256:" in cache.ensure_cached(host.bare(source="module"), True).reasons[0]
    other = host.bare(checksum=f"sha256:{'0' * 64}")
    assert "but from download with sha256:" in cache.ensure_cached(other, True).reasons[0]
    with pytest.raises(GoPluginsError, match="has the checksum"):
        cache.ensure_cached(other, False)
    assert cache.ensure_cached(host.bare(), False).reasons == ()


def test_a_module_is_kept_with_its_hash(host, monkeypatch, tmp_path):
    (tmp_path / "zip").write_bytes(b"PK")
    (tmp_path / "zip").chmod(0o400)
    monkeypatch.setattr(gomodule, "find_bootstrap", lambda given: gomodule.Bootstrap("/go", ""))
    monkeypatch.setattr(gomodule, "fetch", lambda *_arguments: gomodule.Fetched(str(tmp_path / "zip"), "/dir", "h1:x", "careful"))
    path = f"{host.root}/go1.22.7.linux-amd64.zip"
    assert cache.ensure_cached(host.bare(), False) == (("it is not there",), "module", "h1:x", path, "careful")
    # It needs no Go to be known again.
    monkeypatch.setattr(gomodule, "find_bootstrap", lambda given: gomodule.Bootstrap("", "there is no Go on this host"))
    assert cache.ensure_cached(host.bare(), False) == ((), "module", "h1:x", path, "")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644


@pytest.mark.parametrize("options", [{"source": "archive"}, {"archive": "/a", "checksum": f"sha256:{'0' * 64}"}])
def test_an_archive_that_is_there_already(host, options):
    with pytest.raises(GoPluginsError, match="is not cached"):
        cache.ensure_cached(host.bare(**options), True)


def test_not_where_everybody_can_write(host):
    host.root.mkdir(parents=True)
    host.root.chmod(0o1777)
    with pytest.raises(GoPluginsError, match="can be written to by everybody"):
        cache.ensure_cached(host.bare(), True)
