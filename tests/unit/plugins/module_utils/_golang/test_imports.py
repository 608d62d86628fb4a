# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib
import subprocess
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import imports
from hypothesis import given
from hypothesis import strategies as st

FILE = """// Package main says "import" in a comment: import "m/none"
/* and import "m/none" in another */ package main // import "m/none"

import "m"; import alias "m/a"
import (
    . "m/dot" // import "m/none"
    _ `m/raw`
    /* one */ "m/b" ; "other/m/c"
    "mm/d"
)
import ()

const text = "m/a"

var more = `
import "m/none"
`
"""


def test_only_imports_are_imports():
    assert [path for start, end, path in imports.import_paths(FILE)] == ["m", "m/a", "m/dot", "m/raw", "m/b", "other/m/c", "mm/d"]


def test_a_module_gets_another_name():
    changed = imports.with_module(FILE, "m", "n_1")
    assert [path for start, end, path in imports.import_paths(changed)] == [
        "n_1",
        "n_1/a",
        "n_1/dot",
        "n_1/raw",
        "n_1/b",
        "other/m/c",
        "mm/d",
    ]
    assert changed.replace("n_1", "m") == FILE
    assert imports.with_module(changed, "n_1", "m") == FILE


def test_gos_own_parser_says_the_same(go, tmp_path):
    """`go list` reads imports with go/parser; the files are those of Go's own standard library."""
    root = subprocess.run([go, "env", "GOROOT"], check=True, capture_output=True, text=True, cwd="/").stdout.strip()
    template = '{{.Dir}}\t{{join .GoFiles " "}}\t{{join .CgoFiles " "}}\t{{join .Imports " "}}'
    listed = subprocess.run(
        [go, "list", "-f", template, "net/http", "os", "runtime/cgo", "crypto/tls", "go/types", "plugin"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    ).stdout
    vendored = set(
        json.dumps(path.relative_to(f"{root}/src/vendor").as_posix())[1:-1] for path in pathlib.Path(root, "src/vendor").rglob("*")
    )
    for line in listed.splitlines():
        folder, files, cgo_files, wanted = line.split("\t")
        found = set()
        for name in (*files.split(), *cgo_files.split()):
            text = pathlib.Path(folder, name).read_text(encoding="utf-8")
            found.update(path for start, end, path in imports.import_paths(text))
        found = {f"vendor/{path}" if path in vendored else path for path in found}
        assert found == set(wanted.split()), folder


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('//go:build linux\n\npackage p\n\nimport "m"', "\n\nfunc f() {}\n"),
        ('package p; import (\n\t"m"\n)', ' // why\nvar v = `import "n"`\n'),
        ("package p", "\n\n// const c\n\nconst c = 1\n"),
        ("package p", "\ntype variable int\n"),
        ("package p", " // the end"),
    ],
)
def test_the_head_of_a_file_ends_with_its_imports(text, after):
    assert imports.head(text + after) == text


@pytest.mark.parametrize(
    "text",
    ["", "packages", 'package p\nimport m "m" "n"\nfunc f() {}', 'package p\nimport (\n"m"\n&\n)\nfunc f() {}', "package p\nfunction()"],
)
def test_what_is_not_go_is_head_to_its_end(text):
    assert imports.head(text) == text


@given(st.text(alphabet='import"()m/`;\n _.*ab', max_size=60))
def test_the_head_has_all_imports(text):
    whole = f"package p\n{text}\nfunc f() {{}}\n"
    assert whole.startswith(imports.head(whole))
    assert imports.import_paths(imports.head(whole)) == imports.import_paths(whole)


@given(st.text(alphabet='import"()m/`;\n _.*ab', max_size=60))
def test_nothing_but_paths_is_ever_touched(text):
    changed = imports.with_module(f"package p\n{text}", "m", "n")
    assert len(changed) == len(text) + 10
    assert all(one == other or (one, other) == ("m", "n") for one, other in zip(f"package p\n{text}", changed))


@pytest.mark.parametrize("count", [28, 100_000])
@pytest.mark.parametrize(
    ("before", "between", "after"),
    [
        ("", "/**/", "packag"),
        ("", "// line\n", "packag"),
        ("package main\nimport a", "/**/", "x"),
        ("package main\nimport (", "/* * */", ""),
        ("", "/*", ""),
        ("package main\n", 'import "m"\n', "import m"),
    ],
)
def test_the_time_grows_with_the_file_and_not_faster(count, before, between, after):
    """In a file of others any number of comments may stand before something that is no Go."""
    started = time.monotonic()
    imports.with_module(before + between * count + after, "m", "n")
    imports.package_name(before + between * count + after)
    assert time.monotonic() - started < 10
