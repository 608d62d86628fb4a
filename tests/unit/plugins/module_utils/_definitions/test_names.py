# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import Gateway, candidates, named_for, release_of
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform


def looked_for(path, kind="pre", version="v5.3.6"):
    return list(candidates(path, kind, Gateway(release_of(version), Platform("linux", "s390x"), "/opt/tyk-gateway", "middleware")))


@pytest.mark.parametrize(
    ("path", "folder", "base", "exact"),
    [
        ("/p/hook.so", "/p", "hook", "/p/hook.so"),
        ("hook.so", "/opt/tyk-gateway", "hook", "/opt/tyk-gateway/hook.so"),
        ("./middleware//x/../hook.so", "/opt/tyk-gateway/middleware", "hook", "/opt/tyk-gateway/./middleware//x/../hook.so"),
        ("/p/hook", "/p", "hook", "/p/hook"),
        ("/p/hook.so.so", "/p", "hook.so", "/p/hook.so.so"),
        ("/p/hook.v2.so", "/p", "hook.v2", "/p/hook.v2.so"),
        ("/p/hook/", "/p", "hook", "/p/hook/"),
        ("/hook.so", "/", "hook", "/hook.so"),
    ],
)
def test_the_three_names_of_a_file(path, folder, base, exact):
    folder = folder.rstrip("/")
    assert looked_for(path) == [f"{folder}/{base}_v5.3.6_linux_s390x.so", f"{folder}/{base}_5.3.6_linux_s390x.so", exact]


def test_analytics_has_one_name_before_5_15():
    assert looked_for("/p/a.so", "analytics", "v5.14.9") == ["/p/a.so"]
    assert looked_for("/p/a.so", "analytics", "v5.15.0-rc7") == ["/p/a_v5.15.0_linux_s390x.so", "/p/a_5.15.0_linux_s390x.so", "/p/a.so"]


@pytest.mark.parametrize(
    ("version", "release"), [("v5.3.6", (5, 3, 6)), ("5.3.6", (5, 3, 6)), ("v5.15.0-rc7", (5, 15, 0)), ("v5.99.0-dev", (5, 99, 0))]
)
def test_releases(version, release):
    assert release_of(version) == release


@pytest.mark.parametrize("version", ["", "v5.3", "master", "v5.3.6.1", "v5.3.6x", "release-5.3.6", "v99999999999.0.0"])
def test_what_is_no_release(version):
    with pytest.raises(GoPluginsError, match="is no release of the gateway"):
        release_of(version)


def test_names_that_have_a_release_in_them():
    assert named_for("/p/a_v5.3.6_linux_amd64.so") == ("v5.3.6", "linux/amd64", "/p/a.so")
    assert named_for("a_5.3.6_darwin_arm64.so") == ("v5.3.6", "darwin/arm64", "a.so")
    assert named_for("/p/a_v5.3.6_linux.so") is None and named_for("/p/v5.3.6/a.so") is None
