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
        ("list-403", "the proxy refuses it"),
        ("list-file", "name it in GOPRIVATE if it is private"),
        ("tidy-404", "look whether example.com/audit/log is written correctly"),
        ("build-no-sum", "make the workspace again"),
        ("list-mismatch", "find out who changed that module"),
        ("build", None),
    ],
)
def test_what_to_do_when_modules_cannot_be_had(name, advice):
    found = complaints.fix((SAID / f"{name}.txt").read_text())
    assert found is None if advice is None else found.startswith(advice)


def test_what_to_do_when_the_disk_is_full():
    said = "go: writing stat cache: write /root/.cache/go-build/x: no space left on device\n"
    assert complaints.fix(said) == "df -h; df -i"


PROXY = "https://proxy.example.org"
TERMINAL = "fatal: could not read Username for 'https://github.com': terminal prompts disabled"
# From what go, and git, print to the words that the fix must have.
CAUSES = {
    "a main package of which no file is for this build": (
        "-buildmode=plugin requires exactly one main package\n",
        ["left out by their build constraints"],
    ),
    "a package that the gateway's Go does not have": (
        "hooks.go:7:2: package unique is not in std (/srv/go/1.22.7/src/unique)\n",
        ["look whether unique is written correctly"],
    ),
    "two packages in a folder": (
        "found packages main (a.go) and helper (my helper.go) in /srv/plugin\n",
        ["a folder of its own", "a.go and 'my helper.go'"],
    ),
    "a private module, by git": (
        f"go: github.com/acme/secret@v1.2.0: git ls-remote -q origin in /m/cache/vcs/0a: exit status 128:\n\t{TERMINAL}\n",
        ["tyk_go_environment: {GOPRIVATE: github.com/acme}", "git ls-remote https://github.com/acme/secret"],
    ),
    "a private module, by the proxy": (
        f"go: m imports\n\tgithub.com/acme/secret/x: module github.com/acme/secret/x: reading {PROXY}/x/@v/list: "
        f"404 Not Found\n\tserver response:\n\tnot found: github.com/acme/secret/x: git ls-remote: exit status 128:\n\t\t{TERMINAL}\n",
        ["GOPRIVATE: github.com/acme}", "git ls-remote https://github.com/acme/secret"],
    ),
    "a private module, by ssh": (
        "go: gitlab.corp.test/team/lib@v1.0.0: git fetch: exit status 128:\n\tgit@gitlab.corp.test: Permission denied (publickey).\n",
        ["GOPRIVATE: gitlab.corp.test/team}", "git ls-remote"],
    ),
    "a private module, by its host": (
        'go: corp.test/lib@v1.2.3: unrecognized import path "corp.test/lib": https fetch: Get "https://corp.test/lib?go-get=1": '
        "dial tcp: lookup corp.test: no such host\n",
        ["GOPRIVATE: corp.test}", "tyk_go_environment", "git ls-remote https://corp.test/lib"],
    ),
    "a private module, by the checksum database": (
        "go: corp.test/lib@v1.2.3: verifying module: corp.test/lib@v1.2.3: reading https://sums.example.org/lookup/corp.test/lib@v1.2.3: "
        "404 Not Found\n",
        ["the checksum database does not know it", "GOPRIVATE: corp.test}", "git ls-remote"],
    ),
    "a checksum database that is not reached": (
        'go: github.com/a/b@v1.2.3: verifying module: github.com/a/b@v1.2.3: Get "https://sums.test/lookup/x": dial tcp: i/o timeout\n',
        ["let the host reach the checksum database"],
    ),
    "a release that is not there": (
        f"go: github.com/a/b@v1.99.0: reading {PROXY}/github.com/a/b/@v/v1.99.0.mod: 404 Not Found\n"
        "\tserver response: not found: github.com/a/b@v1.99.0: invalid version: unknown revision v1.99.0\n",
        ["choose a version that is there: go list -m -versions github.com/a/b"],
    ),
    "a release that the proxy refuses as not there": (
        f"go: m imports\n\tgithub.com/a/b: github.com/a/b@v1.99.0: reading {PROXY}/github.com/a/b/@v/v1.99.0.zip: 403 Forbidden\n"
        "\tserver response: This module version is not available.\n",
        ["choose a version that is there: go list -m -versions github.com/a/b", "GOPRIVATE: github.com/a}"],
    ),
    "a module of a host that the proxy does not know": (
        f"go: m imports\n\tgit.corp.test/team/lib: git.corp.test/team/lib@v1.2.3: reading {PROXY}/git.corp.test/team/lib/@v/v1.2.3.mod: "
        "400 Bad Request\n",
        [
            "tyk_go_environment: {GOPRIVATE: git.corp.test/team}",
            "git ls-remote https://git.corp.test/team/lib",
            "or choose a version that is there: go list -m -versions git.corp.test/team/lib",
        ],
    ),
    "a package that a module does not have": (
        "go: m imports\n\tgithub.com/a/b/nope: module github.com/a/b@latest found (v1.4.0), "
        "but does not contain package github.com/a/b/nope\n",
        ["import a package that github.com/a/b has", "github.com/a/b/nope"],
    ),
    "a major version that is not in the path": (
        'go: errors parsing go.mod:\ngo.mod:7:2: require github.com/a/b: version "v9.9.9" invalid: should be v0 or v1, not v9\n',
        ["github.com/a/b/v9"],
    ),
    "a module of a folder beside the plugin": (
        f"go: corp.test/auth imports\n\tcorp.test/lib: cannot find module providing package corp.test/lib: module corp.test/lib: reading "
        f"{PROXY}/corp.test/lib/@v/list: 404 Not Found\n",
        ["go mod edit -replace=corp.test/lib=../FOLDER -require=corp.test/lib@v0.0.0", "GOPRIVATE: corp.test}", "git ls-remote"],
    ),
    "a module that needs a newer Go": (
        "go: example.com/new@v1.5.0 requires go >= 1.26.0 (running go 1.22.7; GOTOOLCHAIN=local)\n",
        ["1.22.7", "go list -m -versions example.com/new", "go mod edit -require=example.com/new@VERSION"],
    ),
    "a plugin that needs a newer Go": (
        "go: go.mod requires go >= 1.26.0 (running go 1.22.7; GOTOOLCHAIN=local)\n",
        ["go mod edit -go=1.22.7 -toolchain=none"],
    ),
    "no HOME": (
        "build cache is required, but could not be located: GOCACHE is not defined and neither $XDG_CACHE_HOME nor $HOME are defined\n",
        ["set HOME", "tyk_go_environment: {GOCACHE: "],
    ),
    "no TMPDIR": ("go: creating work dir: stat /srv/no where: no such file or directory\n", ["mkdir -p '/srv/no where'"]),
    "a TMPDIR of somebody else": ("go: creating work dir: mkdir /srv/tmp/go-build1: permission denied\n", ["ls -ld /srv/tmp/go-build1"]),
    "a checkout of somebody else": (
        "error obtaining VCS status: exit status 128\n\tfatal: detected dubious ownership in repository at '/srv/our code'\n",
        ["git config --global --add safe.directory '/srv/our code'"],
    ),
    "a proxy that is down": (
        f"go: github.com/a/b@v1.0.0: reading {PROXY}/github.com/a/b/@v/v1.0.0.mod: 502 Bad Gateway\n",
        ["let the host reach its module proxy"],
    ),
    "a proxy that says something odd": (
        f"go: github.com/a/b@v1.0.0: reading {PROXY}/github.com/a/b/@latest: 418 Teapot\n",
        ["have whoever is named in go env GOPROXY serve github.com/a/b"],
    ),
    "a certificate that is not trusted": (
        f'go: github.com/a/b@v1.0.0: Get "{PROXY}/x": tls: failed to verify certificate: x509: certificate signed by unknown authority\n',
        ["SSL_CERT_FILE"],
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_has_its_own_fix(cause):
    said, words = CAUSES[cause]
    found = complaints.fix(said)
    assert found is not None and all(word in found for word in words), found
    assert all(any(word in line for word in words) for line in found.splitlines()), found


def test_modules_of_one_cause_are_named_together_and_once():
    said = "".join(
        f"a.go:{line}:2: github.com/{name}@v1.9.0: reading {PROXY}/github.com/{name}/@v/v1.9.0.mod: 403 Forbidden\n"
        for line, name in enumerate(["a/b", "c/d", "a/b", "e/f"])
    )
    assert complaints.fix(said).count("\n") == 0
    assert "allow github.com/a/b github.com/c/d github.com/e/f," in complaints.fix(said)


def test_each_of_several_causes_has_its_fix():
    said = CAUSES["a release that is not there"][0] + CAUSES["a private module, by git"][0]
    assert [line.split(":")[0] for line in complaints.fix(said).splitlines()][:1] == ["choose a version that is there"]
    assert "GOPRIVATE: github.com/acme}" in complaints.fix(said) and "github.com/a/b " not in complaints.fix(said)


def test_what_a_proxy_calls_a_module_stays_a_word():
    said = f"go: github.com/a/$(id);x@v1.0.0: reading {PROXY}/x/@v/v1.0.0.mod: 403 Forbidden\n"
    assert "'github.com/a/$(id);x'" in complaints.fix(said)
