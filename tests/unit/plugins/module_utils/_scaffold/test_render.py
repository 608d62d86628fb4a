# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a new plugin, for each set of hooks. tests/integration/test_new_plugin.py compiles and runs them."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess

import pytest
import yaml
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import SIGNATURES
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod
from ansible_collections.goplugins.tyk.plugins.module_utils._scaffold import render

PLUGIN = render.Plugin("enrich", "example.com/enrich", tuple(SIGNATURES), "1.22.6", {"tyk_gateway_version": "v5.3.6"})
SETS = [kinds for count in range(1, len(SIGNATURES) + 1) for kinds in itertools.combinations(SIGNATURES, count)]


def test_go_mod_has_the_go_of_the_gateway_and_not_the_gateway():
    mod = gomod.parse(render.files(PLUGIN)["enrich/go.mod"], "go.mod")
    assert (mod.module, mod.go, mod.requires, mod.replaces) == ("example.com/enrich", "1.22.6", (), ())


def test_every_set_of_hooks_is_as_gofmt_writes_it(tmp_path):
    for number, kinds in enumerate(SETS):
        made = render.files(PLUGIN._replace(hooks=kinds))
        for name in ("hooks.go", "hooks_test.go"):
            (tmp_path / f"{number}_{name}").write_text(made[f"enrich/{name}"])
    gofmt = shutil.which("gofmt") or shutil.which("gofmt", path="/usr/local/go/bin")
    done = subprocess.run([gofmt, "-l", str(tmp_path)], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("kinds", SETS, ids="+".join)
def test_what_is_imported_is_used_and_each_hook_has_its_signature_and_a_test(kinds):
    made = render.files(PLUGIN._replace(hooks=kinds))
    code, test = made["enrich/hooks.go"], made["enrich/hooks_test.go"]
    for text in (code, test):
        imports, _closing, rest = text.partition("\n)\n")
        assert [path for path in re.findall(r'"(.+)"', imports) if f"{path.rpartition('/')[2]}." not in rest] == []
    for symbol, kind in render.symbols(kinds).items():
        taken = re.search(rf"^func {symbol}\((.*)\) {{$", code, re.MULTILINE)[1]
        assert f"func({', '.join(one.partition(' ')[2] for one in taken.split(', '))})" == SIGNATURES[kind]
        assert f"\nfunc Test{symbol}(t *testing.T) {{\n" in test
    assert len(re.findall(r"^func Test", test, re.MULTILINE)) == len(kinds)


@pytest.mark.parametrize("name", ["enrich", "7", "true", "1.0", "1e3", "null", "No"])
def test_plugins_yml_says_what_was_given(name):
    gateway = {
        "tyk_gateway_version": "5.3",
        "tyk_gateway_repo": "https://git.example.com/tyk.git",
        "tyk_gateway_binary": 'a "folder": with #1/tyk',
        "tyk_gateway_tags": ["goplugin", "mine"],
    }
    text = render.files(PLUGIN._replace(name=name, hooks=("pre", "analytics"), gateway=gateway))["plugins.yml"]
    assert yaml.safe_load(text) == {
        **gateway,
        "tyk_plugins": [{"name": name, "source": name, "id": "auto", "hooks": {"Pre": "pre", "Analytics": "analytics"}}],
    }


def test_the_readme_names_the_folder_of_the_gateway():
    assert "~/tyk-plugins/gateways/v5.3.6/src\n" in render.files(PLUGIN)["README.md"]
    branch = render.files(PLUGIN._replace(gateway={"tyk_gateway_version": "feature/x"}))["README.md"]
    assert "~/tyk-plugins/gateways/feature_x/src\n" in branch
    assert "~/tyk-plugins/gateways/*/src\n" in render.files(PLUGIN._replace(gateway={"tyk_gateway_binary": "/opt/tyk"}))["README.md"]
