# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What go printed when it failed, and what the user gets to see of it.

said/ has what Go 1.22.7 printed: for a plugin that imports packages of four modules from three files and a package of its own, with
GOPROXY=off, with a proxy in the file system that lacks them, and with servers that answer 403 or 404 or do not listen. Only the folders
have other names.
"""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import complaints

SAID = pathlib.Path(__file__).parent / "said"
STAGED = "/srv/workspaces/.nomod.tmp.x/plugin"
MODULES = ("example.com/audit@v1.3.0", "example.com/quiet@v1.0.0", "example.org/third/v2@v2.1.0", "github.com/sirupsen/logrus@v1.9.3")
# Where go.mod requires nothing, go looks for each package as if it were a module.
PACKAGES = ("example.com/audit/log", "example.com/quiet", "example.org/third/v2/x", "github.com/sirupsen/logrus")


def clean(name, **shown):
    return complaints.clean((SAID / f"{name}.txt").read_text(), STAGED, {STAGED: "plugins/nomod", **shown})


def named(text):
    """The modules and packages at the beginnings of lines."""
    return tuple(line.split(" ")[0].rstrip(":") for line in text.splitlines() if not line.startswith(("\t", " ")))


@pytest.mark.parametrize("name", sorted(path.stem for path in SAID.iterdir()))
def test_nothing_is_shown_of_progress_nor_of_the_folder_that_is_gone(name):
    text = clean(name)
    assert text and "downloading" not in text and "finding module" not in text and ".tmp." not in text
    assert text == text.strip("\n") and text.count("\n") <= 20


@pytest.mark.parametrize(
    ("name", "modules", "reason"),
    [
        ("tidy-off", PACKAGES, "module lookup disabled by GOPROXY=off"),
        ("tidy-file", MODULES, "no such file or directory"),
        ("tidy-403", PACKAGES, "403 Forbidden\n\tserver response:\n\tdenied by policy of the proxy"),
        ("tidy-404", PACKAGES, "404 Not Found\n\tserver response: not found: module not there"),
        ("tidy-refused", PACKAGES, "connect: connection refused"),
        ("list-file", MODULES, "no such file or directory"),
        ("list-off", MODULES[:1], "module lookup disabled by GOPROXY=off"),
        ("list-403", MODULES[:1], "403 Forbidden\n\tserver response:\n\tdenied by policy of the proxy"),
    ],
)
def test_each_module_that_cannot_be_had_is_named_once_with_its_reason(name, modules, reason):
    text = clean(name)
    assert named(text) == modules
    assert text.count(reason) == len(modules)


def test_who_needs_the_module_is_named():
    assert clean("tidy-off").startswith("example.com/audit/log (imported by nomod): module lookup")
    assert clean("list-off") == "example.com/audit@v1.3.0 (imported by plugins/nomod/a.go:4:2): module lookup disabled by GOPROXY=off"
    assert clean("tidy-requires").startswith("example.com/gone@v0.1.0 (imported by example.com/far): reading file:///srv/proxy/")


def test_a_module_that_another_requires():
    said = "go: example.com/far@v1.0.0 requires\n\texample.com/gone@v0.1.0: reading https://p/example.com/gone/@v/v0.1.0.mod: 410 Gone\n"
    assert complaints.clean(said, STAGED, {}) == (
        "example.com/gone@v0.1.0 (required by example.com/far@v1.0.0): reading https://p/example.com/gone/@v/v0.1.0.mod: 410 Gone"
    )


def test_a_module_by_itself():
    said = "go: example.com/gone@v0.1.0: reading https://p/example.com/gone/@v/v0.1.0.mod: 410 Gone\n"
    assert complaints.clean(said * 2, STAGED, {}) == said[len("go: ") :].rstrip()


def test_a_module_without_a_sum_is_named_once():
    text = clean("build-no-sum")
    assert [text.count(f"package {package} ") for package in PACKAGES] == [1] * 4
    assert "package example.com/audit/log/sub " not in text


def test_a_mismatch_is_shown_whole():
    text = clean("list-mismatch")
    assert text.startswith("verifying example.com/audit@v1.3.0/go.mod: checksum mismatch\n\tdownloaded: h1:")
    assert "\n\tplugins/nomod/go.sum:     h1:AAAA" in text and "\n\nSECURITY ERROR\n" in text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("build", "# r\nplugins/nomod/a.go:5:31: too many return values\n\thave (number)\n\twant ()"),
        ("build-sub", "# r/sub\nplugins/nomod/sub/s.go:3:19: too many return values\n\thave (number)\n\twant ()"),
        ("broken-go-mod", "go: errors parsing go.mod:\nplugins/nomod/go.mod:3: invalid go version 'x': must match format 1.23.0"),
    ],
)
def test_places_are_those_of_the_users_own_source(name, expected):
    assert clean(name) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("../../../src/log/log.go:3:8: no", "/srv/src/log/log.go:3:8: no"),
        ("/srv/go/src/os/os.go:3:8: no", "/srv/go/src/os/os.go:3:8: no"),
        ("example.com/m/a.go:3: no", "example.com/m/a.go:3: no"),
        ("ld: /tmp/go-link-42/000001.o: no", "ld: $WORK/000001.o: no"),
        (f"{STAGED}: no, {STAGED}s/a: no, {STAGED}/a: no", f"mine: no, {STAGED}s/a: no, mine/a: no"),
        ("nomod_0abc/sub and nomod_0abcd", "nomod/sub and nomod_0abcd"),
        ("one\n\none\n", "one\n\none"),
        ("go: downloading example.com/a v1.0.0\n", ""),
    ],
)
def test_names_that_only_the_build_knows(said, expected):
    assert complaints.clean(said, STAGED, {STAGED: "mine", "nomod_0abc": "nomod"}) == expected


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("tidy-off", "set GOPROXY"),
        ("tidy-refused", "let the host reach its module proxy"),
        ("list-403", "choose a version that is there"),
        ("list-mismatch", "find out who changed that module"),
        ("build", None),
    ],
)
def test_what_to_do_when_modules_cannot_be_had(name, advice):
    found = complaints.fix((SAID / f"{name}.txt").read_text())
    assert found is None if advice is None else found.startswith(advice)


def test_what_to_do_when_the_disk_is_full():
    said = "go: writing stat cache: write /root/.cache/go-build/x: no space left on device\n"
    assert complaints.fix(said).startswith("df -h ")
