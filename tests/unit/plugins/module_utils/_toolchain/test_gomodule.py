# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The toolchain as a module: which Go fetches it, what that Go gets to see, and what it says."""

from __future__ import annotations

import json

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import gomodule

NAME = "golang.org/toolchain@v0.0.1-go1.22.7.linux-amd64"

# A go that writes down its environment, and answers `env -json` and `mod download -json`.
GO = """#!/bin/sh
if [ "$1" = env ]; then
    env > {folder}/env.settings
    echo '{settings}'
    exit
fi
env > {folder}/env.fetch
pwd > {folder}/pwd
printf x >> {folder}/asked
printf '%s\\n' "$@" > {folder}/words
mkdir -p $GOMODCACHE/dir/src
chmod 555 $GOMODCACHE/dir
printf '%s' '{answer}' | sed "s,MODCACHE,$GOMODCACHE,g"
exit {rc}
"""
ANSWER = {"Zip": "MODCACHE/a.zip", "Sum": "h1:x", "Dir": "MODCACHE/dir"}


@pytest.fixture
def bootstrap(tmp_path):
    """bootstrap(settings, answer, rc): path of such a go."""

    def make(settings=None, answer=None, rc=0):
        path = tmp_path / "bin" / "go"
        path.parent.mkdir()
        answer = answer if isinstance(answer, str) else json.dumps(ANSWER if answer is None else answer)
        path.write_text(GO.format(folder=tmp_path, settings=json.dumps(settings or {}), answer=answer, rc=rc))
        path.chmod(0o755)
        return str(path)

    return make


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "private"
    path.mkdir()
    return path


def environment(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def test_go_fetches_with_the_hosts_network_settings_and_nothing_else_of_it(bootstrap, folder, tmp_path, monkeypatch):
    settings = {
        "GOPROXY": "https://corp.example.com",
        "GONOSUMDB": "corp.example.com/*",
        "GOAUTH": "netrc",
        "GOSUMDB": "sum.example.com",
        "GOFLAGS": "-mod=vendor",
    }
    for name, value in {
        "GOFLAGS": "-insecure",
        "GOROOT": "/elsewhere",
        "GOTOOLCHAIN": "go1.99",
        "GOMODCACHE": "/read-only",
        "GOWORK": "/w/go.work",
    }.items():
        monkeypatch.setenv(name, value)
    fetched = gomodule.fetch(bootstrap(settings), NAME, None, str(folder))
    assert fetched == (f"{folder}/GOMODCACHE/a.zip", f"{folder}/GOMODCACHE/dir", "h1:x", "")
    assert (tmp_path / "words").read_text().split() == ["mod", "download", "-json", NAME]
    assert (tmp_path / "pwd").read_text().strip() == str(folder)
    seen = environment(tmp_path / "env.fetch")
    assert {name: value for name, value in seen.items() if name.startswith("GO")} == {
        "GOPROXY": "https://corp.example.com",
        "GONOSUMDB": "corp.example.com/*",
        "GOAUTH": "netrc",
        "GOSUMDB": "sum.example.com",
        "GOENV": "off",
        "GOTOOLCHAIN": "local",
        "GO111MODULE": "on",
        "GOWORK": "off",
        **{name: f"{folder}/{name}" for name in ("GOMODCACHE", "GOCACHE", "GOPATH", "GOTMPDIR")},
    }
    asked = environment(tmp_path / "env.settings")
    assert asked["GOTOOLCHAIN"] == "local" and "GOROOT" not in asked


def test_another_proxy_can_be_named(bootstrap, folder, tmp_path):
    gomodule.fetch(bootstrap({"GOPROXY": "https://corp.example.com"}), NAME, "https://other.example.com", str(folder))
    assert environment(tmp_path / "env.fetch")["GOPROXY"] == "https://other.example.com"


def test_a_private_ca(bootstrap, folder, tmp_path):
    gomodule.fetch(bootstrap(), NAME, None, str(folder), "/etc/corp.pem")
    assert environment(tmp_path / "env.fetch")["SSL_CERT_FILE"] == "/etc/corp.pem"


@pytest.mark.parametrize(
    ("words", "passes"),
    [
        ('Get "https://p/x.zip": net/http: TLS handshake timeout', True),
        ("read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer", True),
        ("unexpected EOF", True),
        ('Get "https://p/x.zip": EOF', True),
        ("reading https://p/golang.org/toolchain/@v/x.zip: 503 Service Unavailable", True),
        ("reading https://p/golang.org/toolchain/@v/x.zip: 404 Not Found", False),
        ("dial tcp 127.0.0.1:1: connect: connection refused", False),
        ("checksum mismatch", False),
    ],
)
def test_what_passes_is_waited_for(bootstrap, folder, tmp_path, monkeypatch, words, passes):
    monkeypatch.setattr(gomodule.retries, "pauses", lambda: [0.01, 0.01])
    with pytest.raises(GoPluginsError, match="cannot fetch"):
        gomodule.fetch(bootstrap(answer={"Error": words}, rc=1), NAME, None, str(folder))
    assert len((tmp_path / "asked").read_text()) == (3 if passes else 1)


@pytest.mark.parametrize(
    ("answer", "rc", "words"),
    [
        ({"Error": "unknown revision v0.0.1-go1.22.99"}, 1, "unknown revision"),
        ({**ANSWER, "Error": "checksum mismatch"}, 1, "checksum mismatch"),
        ({"Zip": "x"}, 0, "return code 0"),
        ("", 3, "return code 3"),
        ("no JSON", 0, "return code 0"),
    ],
)
def test_a_go_that_brings_nothing_is_told_in_its_words(bootstrap, folder, answer, rc, words):
    with pytest.raises(GoPluginsError, match=f"cannot fetch {NAME}: .*{words}") as caught:
        gomodule.fetch(bootstrap(answer=answer, rc=rc), NAME, None, str(folder))
    assert caught.value.details["cmd"][1:] == ["mod", "download", "-json", NAME]
    assert "goproxy" in caught.value.fix


def test_gosumdb_off_has_a_cure_of_its_own(bootstrap, folder):
    answer = {"Error": "verifying go.mod: checksum database disabled by GOSUMDB=off"}
    with pytest.raises(GoPluginsError, match="disabled by GOSUMDB=off") as caught:
        gomodule.fetch(bootstrap(answer=answer, rc=1), NAME, None, str(folder))
    assert caught.value.fix.startswith("leave GOSUMDB on")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, ""),
        ({"GOPROXY": "https://p,direct", "GOSUMDB": "off"}, ""),
        ({"GOPROXY": "file:///srv/mirror", "GOSUMDB": "sum.example.com"}, ""),
        ({"GOPROXY": "file:///srv/mirror,https://p", "GOSUMDB": "off"}, ""),
        ({"GOPROXY": "file:///srv/mirror|https://p", "GONOSUMDB": "*"}, ""),
        ({"GOPROXY": "file:///srv/mirror", "GOSUMDB": "off"}, "GOSUMDB is off"),
        ({"GOPROXY": "file:///srv/mirror", "GONOSUMDB": "corp.example.com,golang.org/*"}, "GONOSUMDB is corp"),
        ({"GOPROXY": "file:///srv/mirror", "GONOSUMDB": "*.org"}, "GONOSUMDB is"),
        ({"GOPROXY": "file:///srv/mirror", "GONOSUMDB": "golang.org/toolchain"}, "GONOSUMDB is"),
        ({"GOPROXY": "file:///srv/mirror", "GONOSUMDB": "golang.org/x/*,example.com"}, ""),
        ({"GOPROXY": "file:///srv/mirror", "GONOSUMDB": "golang.org/toolchain/v2"}, ""),
    ],
)
def test_when_no_checksum_database_vouches(settings, words):
    told = gomodule.unverified(settings)
    assert bool(told) == bool(words) and words in told


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo go1.22.7", ""),
        ("echo go1.21rc2", ""),
        ("echo go1.26.8 X:boringcrypto", ""),
        ("echo devel go1.28-4c9f9c5 Thu Jan 1", ""),
        ("echo go1.20.14", "is go1.20.14, and only Go 1.21 and later"),
        ("echo go1.9", "only Go 1.21 and later"),
        ("true", "no output"),
        ("echo gccgo 12", "does not print its version: gccgo 12"),
        ("echo broken >&2; exit 1", "does not print its version: broken"),
    ],
)
def test_which_go_can_fetch_others(tmp_path, script, problem, monkeypatch):
    monkeypatch.setenv("GOTOOLCHAIN", "go1.99.0")
    go = tmp_path / "go"
    go.write_text(f'#!/bin/sh\n[ "$GOTOOLCHAIN" = local ] || exit 9\n{script}\n')
    go.chmod(0o755)
    told = gomodule.find_bootstrap(str(go))
    assert told.binary == str(go)
    assert bool(told.problem) == bool(problem) and problem in told.problem


def test_the_go_on_the_path_comes_before_the_usual_place(tmp_path, monkeypatch):
    for name in ("first", "usual"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "go").write_text("#!/bin/sh\necho go1.22.7\n")
        (tmp_path / name / "go").chmod(0o755)
    monkeypatch.setattr(gomodule, "_USUAL_PLACE", str(tmp_path / "usual"))
    monkeypatch.setenv("PATH", str(tmp_path / "first"))
    assert gomodule.find_bootstrap(None) == (str(tmp_path / "first" / "go"), "")
    monkeypatch.setenv("PATH", "/nowhere")
    assert gomodule.find_bootstrap(None) == (str(tmp_path / "usual" / "go"), "")
    monkeypatch.setattr(gomodule, "_USUAL_PLACE", "/nowhere")
    assert gomodule.find_bootstrap(None) == ("", "there is no Go on this host")


def test_a_go_that_is_not_there(tmp_path):
    assert "cannot start /nowhere/go" in gomodule.find_bootstrap("/nowhere/go").problem
