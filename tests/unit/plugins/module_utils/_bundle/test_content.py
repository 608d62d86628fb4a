# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest and the name of a bundle, against hashlib, openssl and what a shell prints."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess

import hypothesis
import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._artifacts import Artifact, Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._bundle import content, sign
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from hypothesis import strategies as st


def artifact(path, plugin="hooks", version="v5.3.6"):
    return Artifact(plugin, version, "linux/amd64", str(path))


@pytest.fixture
def files(tmp_path):
    found = []
    for version, data in (("v5.3.6", b"one" * 700_000), ("v5.8.5", b"two")):
        path = tmp_path / f"hooks_{version}_linux_amd64.so"
        path.write_bytes(data)
        found.append(path)
    return found


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(path), "2048"], check=True, capture_output=True)
    return path


HOOKS = (Plugin("hooks", {"Check": "auth_check", "Second": "pre", "First": "pre", "Sign": "response"}),)


def test_the_checksum_is_of_all_files_in_their_order_and_the_signature_too(files, key, tmp_path):
    read = content.read([artifact(path) for path in files], HOOKS, sign.load(str(key)))
    data = b"".join(path.read_bytes() for path in files)
    manifest = json.loads(read.manifest)
    assert manifest == {
        "file_list": [path.name for path in files],
        "custom_middleware": {
            "driver": "goplugin",
            "auth_check": {"name": "Check", "path": "hooks.so"},
            "pre": [{"name": "Second", "path": "hooks.so"}, {"name": "First", "path": "hooks.so"}],
            "response": [{"name": "Sign", "path": "hooks.so"}],
        },
        "checksum": hashlib.md5(data).hexdigest(),
        "signature": manifest["signature"],
    }
    assert read.size == len(data) + len(read.manifest)
    (tmp_path / "public.pem").write_text(sign.load(str(key)).public)
    (tmp_path / "signature").write_bytes(base64.b64decode(manifest["signature"], validate=True))
    (tmp_path / "data").write_bytes(data)
    verify = ["openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "data"]
    assert subprocess.run(verify, cwd=tmp_path, check=True, capture_output=True, text=True).stdout == "Verified OK\n"
    # Another byte is another signature.
    (tmp_path / "data").write_bytes(data + b"x")
    assert subprocess.run(verify, cwd=tmp_path, check=False, capture_output=True).returncode
    assert content.read([artifact(path) for path in files], HOOKS, sign.load(str(key))) == read


def test_without_a_key_there_is_no_signature(files):
    assert "signature" not in json.loads(content.read([artifact(path) for path in files], HOOKS, None).manifest)


_NAMES = st.text("abcABC019._-", min_size=1).filter(lambda name: name not in (".", "..") and name[0] not in "-.")


@hypothesis.settings(max_examples=30, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(contents=st.dictionaries(_NAMES, st.binary(max_size=9), min_size=1, max_size=4))
def test_the_name_is_what_the_shell_says_of_the_unpacked_files(tmp_path_factory, contents):
    folder = tmp_path_factory.mktemp("unpacked")
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    said = subprocess.run(
        "LC_ALL=C; export LC_ALL; sha256sum * | sha256sum", shell=True, cwd=folder, check=True, capture_output=True, text=True
    )
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    assert content.digest(sums) == said.stdout[:16]


def test_the_name_changes_with_file_hook_and_key_and_with_nothing_else(files, key, tmp_path):
    def name(plugins=HOOKS, signed=None):
        return content.read([artifact(path) for path in files], plugins, signed).name("shop")

    names = [name(), name([Plugin("hooks", {"Check": "pre"})]), name(signed=sign.load(str(key)))]
    assert name() == names[0]
    files[1].write_bytes(b"twO")
    assert len({*names, name()}) == 4 and all(one.startswith("shop-") and len(one) == len("shop-.zip") + 16 for one in names)


@pytest.mark.parametrize(
    ("plugins", "words"),
    [
        ([Plugin("hooks", {})], "plugin hooks has no hooks"),
        ([Plugin("hooks", {"A": "auth_check", "B": "auth_check"})], "A and B are both auth_check hooks"),
        ([Plugin("a", {"A": "auth_check"}), Plugin("b", {"B": "auth_check"})], "A and B are both auth_check hooks"),
        ([Plugin("hooks", {"A": "analytics"})], "A is an analytics hook, which gateways before v5.15 do not take"),
    ],
)
def test_what_no_manifest_can_say_is_refused(plugins, words):
    with pytest.raises(GoPluginsError, match=words):
        content.middleware(plugins, [artifact("x", version="v5.15.0"), artifact("x", version="v5.14.9")])


def test_analytics_hooks_stand_where_newer_gateways_look_for_them():
    section = content.middleware([Plugin("hooks", {"A": "analytics"})], [artifact("x", version="v5.15.0")])
    assert section == {"driver": "goplugin", "traffic_logs": {"name": "A", "path": "hooks.so"}}
