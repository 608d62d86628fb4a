# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which source a release comes from, and what is told where none can be had."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import download, gomodule, install, origin

ZERO = f"sha256:{'0' * 64}"
HASH = "h1:kqngzYsxKTuUEL94hlWsfCcgirLVA4N+XMuxzddjzuM="


@pytest.mark.parametrize(
    ("version", "options", "bootstrap", "source"),
    [
        ("1.22.7", {}, True, "module"),
        ("1.22.7", {}, False, "download"),
        ("1.22.7", {"go": "/broken/go"}, False, "module"),
        ("1.20.14", {}, True, "download"),
        ("1.20.14", {"go": "/some/go"}, True, "download"),
        ("1.22.7", {"checksum": ZERO}, True, "download"),
        ("1.22.7", {"checksum": ZERO, "archive": "/a"}, True, "archive"),
        ("1.22.7", {"source": "download", "archive": "/a"}, True, "download"),
        ("1.22.7", {"source": "module"}, False, "module"),
        ("1.22.7", {"checksum": HASH}, False, "module"),
        ("1.22.7", {"checksum": HASH, "archive": "/a"}, False, "archive"),
        ("1.22.7", {"checksum": HASH, "source": "module"}, False, "module"),
        ("1.16", {"source": "archive", "checksum": ZERO, "archive": "/a"}, True, "archive"),
    ],
)
def test_the_source(host, monkeypatch, version, options, bootstrap, source):
    monkeypatch.setattr(gomodule, "find_bootstrap", lambda given: gomodule.Bootstrap("go", "" if bootstrap else "no Go"))
    assert origin.choose_source(host.bare(version, **options)) == source


@pytest.mark.parametrize(
    ("version", "options", "message", "cure"),
    [
        ("1.20.14", {"source": "module"}, "Go 1.20.14 is no module: modules begin with Go 1.21.0", "source: download, or source: archive"),
        ("1.15.15", {}, "Go 1.15.15 is too old", "Go 1.16 or later"),
        ("1.22.7", {"source": "archive"}, "archive and checksum go together", "sha256sum"),
        ("1.22.7", {"archive": "/a"}, "archive and checksum go together", "sha256sum"),
        ("1.22.7", {"source": "archive", "checksum": ZERO}, "archive and checksum go together", "sha256sum"),
        ("1.22.7", {"source": "module", "checksum": ZERO}, "a module is proved by the checksum database", "leave checksum out"),
        ("1.22.7", {"source": "download", "checksum": HASH}, "that of a module; a download is an archive", "give the archive's SHA-256"),
        ("1.20.14", {"checksum": HASH}, "that of a module; a download is an archive", "give the archive's SHA-256"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_options_that_contradict_each_other(host, version, options, message, cure, check_mode):
    with pytest.raises(GoPluginsError, match=message) as caught:
        install.ensure_present(host.bare(version, **options), check_mode)
    assert cure in caught.value.fix
    assert host.listing() is None


@pytest.mark.parametrize(
    ("options", "message"),
    [({"source": "module"}, "cannot be fetched as a module: there is no Go on this host"), ({}, "cannot get https://mirror")],
)
def test_a_host_that_reaches_nothing_is_told_which_variables_help(host, monkeypatch, options, message):
    def refuse(*_arguments):
        raise download.Unreachable("cannot get https://mirror.example.com/go/x: no route to host", "check it")

    monkeypatch.setattr(download, "fetch", refuse)
    with pytest.raises(GoPluginsError, match=message) as caught:
        install.ensure_present(host.bare(**options), False)
    for name in (
        "go_toolchain_bootstrap_go",
        "go_toolchain_goproxy",
        "go_toolchain_download_url",
        "go_toolchain_archive",
        "go_toolchain_checksum",
        "go_toolchain_controller_cache",
    ):
        assert name in caught.value.fix
    assert host.listing() == [".go1.22.7.lock"]


def test_a_module_with_another_hash_than_the_wanted_one(host, monkeypatch):
    monkeypatch.setattr(gomodule, "find_bootstrap", lambda given: gomodule.Bootstrap("/go", ""))
    monkeypatch.setattr(gomodule, "fetch", lambda *_arguments: gomodule.Fetched("/zip", "/dir", "h1:other", ""))
    with pytest.raises(GoPluginsError, match=f"go1.22.7.linux-amd64 has the hash h1:other, not {HASH[:9]}"):
        install.ensure_present(host.bare(checksum=HASH), False)


def test_the_authority_is_that_of_the_module_proxy_too(host, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(gomodule, "find_bootstrap", lambda given: gomodule.Bootstrap("/go", ""))
    monkeypatch.setattr(gomodule, "fetch", lambda *arguments: seen.append(arguments) or gomodule.Fetched("/zip", "/dir", "h1:x", ""))
    wanted = host.bare(goproxy="https://p", site=download.parse_site("https://m", "/etc/corp.pem"))
    assert origin.obtain(wanted, "module", str(tmp_path)) == ("/zip", "h1:x", "h1:x", "", "/dir")
    module = "golang.org/toolchain@v0.0.1-go1.22.7.linux-amd64"
    assert seen == [("/go", module, "https://p", str(tmp_path / "module"), "/etc/corp.pem")]


def test_parts_of_neighbours_are_not_taken_for_each_other(host):
    paths = {origin.part_path(host.bare(version)) for version in ("1.20", "1.20.1", "1.20.14", "1.21rc1")}
    assert len(paths) == 4
