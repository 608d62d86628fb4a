# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What errors advise: a command that can be pasted whatever the words in it are, and that destroys nothing."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest

PLUGINS = pathlib.Path(__file__).resolve().parents[3] / "plugins"
QUOTING = {"command_line", "quoted"}
# Their values are ours, or numbers, or were matched with what a version may be.
PLAIN = {
    "_command.more_time(most)",
    "LIMIT_VARIABLE",
    "_LIMIT",
    "_RETRIES",
    "_WAYS",
    "version",
    "version[:-2]",
    "2 * timeout",
    "known",
    "_listed()",
    "_listed(go_version)",
    "first_release(mod.go)",
    "profile.go_version",
}
PLAIN |= {"profile.go_version", "command"}
PLAIN |= {"', '.join(SIGNATURES)", "', '.join(possible)", "' '.join(packages)", "error.fix", "look", "flag"}


def fixes():
    """(where, expression) of every text that is the fix of an error."""
    for path in sorted(PLUGINS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            found = []
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                found = node.args[1:2] if name == "GoPluginsError" else []
                found += [keyword.value for keyword in node.keywords if keyword.arg in ("fix", "cure")]
            elif isinstance(node, ast.Assign):
                found = (
                    [node.value] if any(isinstance(target, ast.Name) and target.id in ("fix", "cure") for target in node.targets) else []
                )
            elif isinstance(node, ast.FunctionDef) and node.name in ("fix", "_cure", "_fix"):
                found = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value]
            for expression in found:
                yield f"{path.relative_to(PLUGINS)}:{expression.lineno}", expression


FIXES = dict(fixes())


def test_the_fixes_are_found():
    assert len(FIXES) > 100


@pytest.mark.parametrize("where", FIXES)
def test_every_word_that_is_not_ours_is_quoted(where):
    for node in ast.walk(FIXES[where]):
        if isinstance(node, ast.FormattedValue):
            name = getattr(getattr(node.value, "func", None), "id", "")
            assert name in QUOTING or ast.unparse(node.value) in PLAIN, f"{where}: use command_line() for {ast.unparse(node.value)}"


@pytest.mark.parametrize("where", FIXES)
def test_no_command_removes_moves_or_copies(where):
    texts = [node.value for node in ast.walk(FIXES[where]) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    # Within the user's own source.
    texts = [text for text in texts if not text.startswith("cd PLUGIN_FOLDER && cp GATEWAY_CHECKOUT/go.sum go.sum &&")]
    assert not [text for text in texts if re.search(r"(^|[:;&|] *)(sudo )?(rm|mv|cp|ln|chmod|chown|dd|tee|install -)\b", text)]
