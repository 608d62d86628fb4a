# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of a small gateway and of a plugin that suits it, for the tests of this room."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Libraries, Module, Symbol
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Facts, Plugin

TYK = "github.com/TykTechnologies/tyk"
LOGRUS = "github.com/sirupsen/logrus"
COMMIT = "1db1935d899296c91a55ba528e7b653aec02883b"

# In the loader's order: each package after those that it imports.
PACKAGES = (
    "internal/goarch",
    "internal/goexperiment",
    "runtime",
    "encoding/gob",
    "net",
    "vendor/golang.org/x/net/idna",
    "net/http",
    LOGRUS,
    f"{LOGRUS}/hooks/syslog",
    f"{TYK}/log",
    "golang.org/x/text/unicode/norm",
    f"{TYK}/ctx",
)
HTTP = "func(http.ResponseWriter, *http.Request)"


def module(path: str, version: str, replace: Module | None = None, checksum: str | None = None) -> Module:
    return Module(path, version, f"h1:{path}@{version}" if checksum is None else checksum, replace)


DEPS = (module(LOGRUS, "v1.9.3"), module("golang.org/x/text", "v0.19.0"))
SETTINGS = {"-compiler": "gc", "-trimpath": "true", "CGO_ENABLED": "1", "GOARCH": "amd64", "GOOS": "linux", "GOAMD64": "v1"}
LIBC = Libraries(("libc.so.6",), {"libc.so.6": ("GLIBC_2.2.5", "GLIBC_2.34")}, "glibc", None)


def differ(facts: Facts, *packages: str) -> Facts:
    """The same file with other fingerprints of these packages."""
    missing = set(packages) - set(facts.fingerprints)
    assert not missing, missing
    return facts._replace(fingerprints={name: b"differs!" if name in packages else value for name, value in facts.fingerprints.items()})


def settings(facts: Facts, **changed: str | None) -> Facts:
    """The same file with other build settings; an underscore stands for the dash of a flag, None removes one."""
    new = {**facts.settings, **{name.replace("_", "-", 1) if name.startswith("_") else name: value for name, value in changed.items()}}
    return facts._replace(settings={name: value for name, value in new.items() if value is not None})


def dependency(facts: Facts, new: Module) -> Facts:
    """The same file with another version of one dependency, or a further one."""
    return facts._replace(deps=(*(known for known in facts.deps if known.path != new.path), new))


def wanting(facts: Facts, *symbols: str, **hooks: str) -> Facts:
    """The same file, wanted with these symbols, and with these hooks: from name to kind."""
    return facts._replace(wanted=Plugin(facts.path, symbols=symbols, hooks=hooks))


@pytest.fixture
def gateway() -> Facts:
    return Facts(
        path="tyk",
        platform="linux/amd64",
        go_version="go1.22.7",
        main=Module(TYK, "(devel)", ""),
        deps=DEPS,
        settings={**SETTINGS, "-buildmode": "exe", "-tags": "goplugin", "vcs.revision": COMMIT, "vcs.modified": "false"},
        build_mode="exe",
        fingerprints={name: name.encode() for name in PACKAGES},
        libraries=LIBC,
    )


@pytest.fixture
def plugin() -> Facts:
    return Facts(
        path="testplugin.so",
        platform="linux/amd64",
        go_version="go1.22.7",
        main=Module("testplugin", "(devel)", ""),
        deps=(Module(TYK, "(devel)", ""), *DEPS, module("gopkg.in/yaml.v3", "v3.0.1")),
        settings={**SETTINGS, "-buildmode": "plugin", "-tags": "goplugin"},
        build_mode="plugin",
        fingerprints={name: name.encode() for name in (*PACKAGES, "gopkg.in/yaml.v3", "testplugin")},
        plugin_path="testplugin",
        exported={"AuthCheck": Symbol("AuthCheck", "func", HTTP), "Variable": Symbol("Variable", "var", None)},
        hook_types={"AuthCheck": True},
        libraries=LIBC,
    )
