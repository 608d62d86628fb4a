# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""go.mod as a value, against C(go mod edit -json) as oracle."""

from __future__ import annotations

import json
import subprocess

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod

FULL = """\
// a comment
module "example.com/quoted" // why

go 1.22.7
toolchain go1.22.9

require github.com/sirupsen/logrus v1.9.3
require (
\tgolang.org/x/sys v0.25.0 // indirect
\texample.com/raw v1.0.0//indirect
)

exclude golang.org/x/net v1.2.3

replace (
\texample.com/a => ../a
\texample.com/b v1.2.3 => example.com/fork/b v1.2.4
)
replace example.com/c => "./with space"

retract [v1.9.0, v1.9.5]
godebug default=go1.21
"""


def test_every_directive_that_matters_is_read():
    mod = gomod.parse(FULL)
    assert (mod.module, mod.go, mod.toolchain, mod.godebugs) == ("example.com/quoted", "1.22.7", "1.22.9", ("default=go1.21",))
    assert [require.path for require in mod.requires] == ["github.com/sirupsen/logrus", "golang.org/x/sys", "example.com/raw"]
    assert mod.replaces[0] == gomod.Replace("example.com/a", "", "../a", "")
    assert mod.replaces[1].as_argument() == "example.com/b@v1.2.3=example.com/fork/b@v1.2.4"
    assert [replace.is_folder for replace in mod.replaces] == [True, False, True]


def test_go_reads_it_the_same_way(tmp_path, go):
    path = tmp_path / "go.mod"
    path.write_text(FULL)
    told = json.loads(subprocess.run([go, "mod", "edit", "-json", str(path)], check=True, capture_output=True, text=True).stdout)
    mod = gomod.read(str(path))
    assert (mod.module, mod.go, f"go{mod.toolchain}") == (told["Module"]["Path"], told["Go"], told["Toolchain"])
    assert [tuple(require) for require in mod.requires] == [(one["Path"], one["Version"]) for one in told["Require"]]
    assert [tuple(replace) for replace in mod.replaces] == [
        (one["Old"]["Path"], one["Old"].get("Version", ""), one["New"]["Path"], one["New"].get("Version", "")) for one in told["Replace"]
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("go 1.22\n", "no module directive"),
        ("module a\nrequire (\nx v1\n", "is not closed"),
        ("module a\nrequire x\n", "go.mod:2: cannot read the directive: require x"),
        ("module a\nreplace => x\n", "go.mod:2: cannot read the directive: replace"),
        ('module a\nrequire "x v1\n', "go.mod:2: cannot read this line"),
    ],
)
def test_what_go_cannot_read_is_named_with_its_line(text, message):
    with pytest.raises(GoPluginsError, match=message):
        gomod.parse(text)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "go.mod").write_bytes(b"module \xff")
    with pytest.raises(GoPluginsError, match="not UTF-8 at byte 7"):
        gomod.read(str(tmp_path / "go.mod"))


def test_adapting_keeps_all_other_lines():
    text, dropped = gomod.adapt(FULL, "1.21.0", (1, 21))
    assert dropped == ("godebug",)
    gone = {"go 1.22.7", "toolchain go1.22.9", "godebug default=go1.21"}
    assert [line for line in text.splitlines() if line and line != "go 1.21.0"] == [
        line for line in FULL.splitlines() if line and line not in gone
    ]
    assert gomod.parse(text).go == "1.21.0"


def test_adapting_takes_out_whole_blocks_of_a_newer_go():
    text, dropped = gomod.adapt("module a\ngo 1.25.1\ntool (\n\tb/c\n\td/e\n)\nignore ./x\n", "1.22.7", (1, 22))
    assert dropped == ("ignore", "tool")
    assert text.split() == ["module", "a", "go", "1.22.7"]


def test_a_go_that_knows_a_directive_keeps_it():
    assert "tool b/c" in gomod.adapt("module a\ngo 1.24\ntool b/c\n", "1.24.0", (1, 24))[0]


@pytest.mark.parametrize(("path", "quoted"), [("../a", "../a"), ("/with space", '"/with space"'), ('/q"', '"/q\\""'), ("", '""')])
def test_paths_are_quoted_where_go_wants_it(path, quoted):
    assert gomod.escape(path) == quoted


def test_a_byte_order_mark_is_named():
    with pytest.raises(GoPluginsError, match=r"/x/go\.mod begins with a byte order mark") as caught:
        gomod.parse("\ufeffmodule m\n", "/x/go.mod")
    assert caught.value.fix == r"save it without: sed -i '1s/^\xEF\xBB\xBF//' /x/go.mod"
