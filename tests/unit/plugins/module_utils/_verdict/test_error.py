# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log lines of real gateways lead to the rows of the table."""

from __future__ import annotations

import re

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.error import explained
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import KINDS


def package(name):
    error = f'plugin.Open(\\"p\\"): plugin was built with a different version of package {name}'
    return f'level=error msg="Could not load Go-plugin" error="{error}"'


@pytest.mark.parametrize(
    ("text", "first", "others"),
    [
        (package("internal/goarch"), "go-line-differs", {"trimpath-differs"}),
        (package("runtime/internal/sys"), "race-differs", {"trimpath-differs"}),
        (package("net"), "tags-differ", {"go-patch-differs"}),
        (package("net/http"), "trimpath-differs", {"go-patch-differs", "tags-differ"}),
        (package("crypto/internal/fips140/sha256"), "gofips140-differs", {"trimpath-differs"}),
        (package("main"), "plugin-path-collides", set()),
        (package("github.com/sirupsen/logrus"), "dependency-version-differs", {"dependency-replaced", "plugins-differ"}),
        (package("gopkg.in/yaml.v3"), "plugins-differ", {"dependency-version-differs"}),
        (package("github.com/TykTechnologies/tyk/internal/reflect"), "gateway-source-differs", {"gateway-not-in-workspace"}),
        (package("github.com/TykTechnologies/tyk-pump/analytics"), "dependency-version-differs", {"dependency-edited"}),
        ('plugin.Open("p"): plugin already loaded', "plugin-path-taken", set()),
        ("plugin: symbol AuthCheck not found in plugin testplugin", "symbol-missing", set()),
        ("could not cast function symbol to http.HandlerFunc", "symbol-not-a-function", {"signature-differs"}),
        ("/p.so: wrong ELF class: ELFCLASS32", "platform-differs", set()),
        ("fatal error: runtime: no plugin module data", "not-a-go-binary", {"go-layout-differs", "not-a-plugin"}),
        ("goplugin.GetSymbol is disabled, use -tags=goplugin to enable", "gateway-without-plugins", set()),
        ("/lib/libc.so.6: version `GLIBC_2.34' not found (required by /p.so)", "libc-newer-than-gateway", {"libc-newer-than-host"}),
        ("/lib/libc.so.6: version `GLIBC_2.38' not found (required by /p.so)", "libc-newer-than-gateway", {"libc-newer-than-host"}),
        ('plugin.Open("p"): realpath failed', "plugin-file-missing", set()),
        (
            "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV]\nplugin.lastmoduleinit()",
            "go-layout-differs",
            set(),
        ),
    ],
)
def test_error_texts(text, first, others):
    codes = [kind["code"] for kind in explained(text)]
    assert codes[0] == first
    assert others <= set(codes)
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("text", ["", "level=info msg=started", "different version of package"])
def test_what_is_no_error_of_a_plugin_is_not_explained(text):
    assert explained(text) == []


def test_a_package_is_not_taken_for_another_that_it_begins():
    assert "pgo-differs" not in [kind["code"] for kind in explained(package("runtime/debug"))[:1]]
    assert "race-differs" not in [kind["code"] for kind in explained(package("runtimex.org/a"))]


def test_each_error_of_the_table_leads_to_its_row():
    for kind in KINDS.values():
        for error in kind.errors:
            assert kind.code in [found["code"] for found in explained(f"x: {error}, try --help")], error


def test_cures_have_no_braces_left():
    for kind in KINDS.values():
        for error in kind.errors:
            for found in explained(error):
                assert not any(re.search(r"[{}]", command) for command in found["cure"])
