# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said when go fails while a workspace is made; that it succeeds is for the integration tests."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.tidy import Stage


@pytest.mark.parametrize(
    ("content", "message"), [("spoiled", r"Go's build cache .* is spoiled"), (None, "(?s)does not resolve.*not in std")]
)
def test_a_spoiled_build_cache_is_named_rather_than_what_go_says_then(tmp_path, content, message):
    go = tmp_path / "goroot" / "bin" / "go"
    go.parent.mkdir(parents=True)
    go.write_text("#!/bin/sh\necho 'main.go:2:8: package fmt is not in std (/go/src/fmt)' >&2\nexit 1\n")
    go.chmod(0o755)
    cache = tmp_path / "cache"
    (cache / "aa").mkdir(parents=True)
    if content:
        (cache / "aa" / f"{'a' * 64}-d").write_text(content)
    stage = Stage("p", ".", Go(str(tmp_path / "goroot"), "1.22.7"), ["list"], str(tmp_path), "", {"GOCACHE": str(cache)}, {}, (), (), print)
    with pytest.raises(GoPluginsError, match=message):
        stage.packages()
