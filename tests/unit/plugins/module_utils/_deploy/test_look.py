# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would become of definitions, and the names of artifacts. The whole look runs in the integration tests, on a gateway that serves."""

from __future__ import annotations

import hashlib
import json

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.lint import Definition
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import Gateway
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy import look
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.records import Candidate
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

CONTENT = b"an artifact"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
AUTH = {"name": "auth"}


def gateway(release=(5, 3, 6)):
    return Gateway(release, Platform("linux", "amd64"), "/opt/tyk-gateway", "middleware")


def wanted(folder, carried=None):
    candidate = Candidate("auth", "/dist/auth_v5.3.6_linux_amd64.so", "linux/amd64", SHA256, len(CONTENT), {})
    return look._wanted(AUTH, candidate, str(folder), carried, gateway())


def test_an_artifact_has_the_name_of_its_content(tmp_path):
    one = wanted(tmp_path, {})
    assert one.path == f"{tmp_path}/auth-{SHA256[:12]}.so"
    assert one.file == f"{tmp_path}/auth-{SHA256[:12]}_v5.3.6_linux_amd64.so"
    assert (one.placed, one.source) == (False, "")
    assert wanted(tmp_path).source == "/dist/auth_v5.3.6_linux_amd64.so"
    assert wanted(tmp_path, {"auth": "/tmp/auth.so"}).source == "/tmp/auth.so"


def test_what_is_there_is_not_wanted_again_and_what_is_damaged_is_left_alone(tmp_path):
    file = tmp_path / f"auth-{SHA256[:12]}_v5.3.6_linux_amd64.so"
    file.write_bytes(CONTENT)
    assert (wanted(tmp_path, {}).placed, wanted(tmp_path, {}).source) == (True, str(file))
    file.write_bytes(CONTENT[:-1])
    other = wanted(tmp_path, {})
    assert (other.placed, other.file) == (False, f"{tmp_path}/auth-{SHA256[:12]}-1_v5.3.6_linux_amd64.so")
    (tmp_path / f"auth-{SHA256[:12]}-1_v5.3.6_linux_amd64.so").symlink_to("nowhere")
    assert wanted(tmp_path, {}).path == f"{tmp_path}/auth-{SHA256[:12]}-2.so"


def document(value, release=(5, 3, 6)):
    text = json.dumps(value)
    return look._document(Definition("/apps/a.json", text.encode(), True), (wanted("/m", {}),), gateway(release))


@pytest.mark.parametrize(("release", "ending"), [((5, 3, 6), "_v5.3.6_linux_amd64.so"), ((5, 15, 0), ".so")])
def test_an_analytics_plugin_is_named_as_the_release_looks_for_it(release, ending):
    found = document({"analytics_plugin": {"enable": True, "plugin_path": "auth.so", "func_name": "Note"}}, release)
    assert json.loads(found.after)["analytics_plugin"]["plugin_path"] == f"/m/auth-{SHA256[:12]}{ending}"


def test_the_document_beside_a_definition_is_changed_too():
    extension = {"middleware": {"global": {"prePlugins": [{"enabled": True, "path": "middleware/auth.so", "functionName": "A"}]}}}
    found = document({"openapi": "3.0.3", "x-tyk-api-gateway": extension})
    ((place, before, after),) = found.named
    assert (place, before) == ("x-tyk-api-gateway.middleware.global.prePlugins[0].path", "middleware/auth.so")
    assert after == f"/m/auth-{SHA256[:12]}.so" and after in found.after


def test_what_names_other_plugins_is_as_before():
    value = {
        "custom_middleware": {"pre": [{"path": "auth-key.so"}, {"path": "auth.py"}, {"path": "auth"}], "post": [{"path": "/x/other.so"}]}
    }
    found = document(value)
    assert found.named == () and found.before == found.after


def test_what_is_no_definition_is_left_to_the_findings():
    assert look._document(Definition("/apps/a.json", b"\xff{"), (), gateway()) is None
    assert look._document(Definition("/apps/a.json", b"]["), (), gateway()) is None


def test_others_must_change_what_does_not_name_an_artifact_yet():
    def seen(path):
        one = document({"custom_middleware": {"pre": [{"name": "A", "path": path}]}})
        return look.Look(None, gateway(), (wanted("/m", {}),), (one,) if one.named else (), frozenset(), {}, (), ())

    new = f"/m/auth-{SHA256[:12]}.so"
    hook = {"definition": "/apps/a.json", "place": "custom_middleware.pre[0].path", "path": "middleware/auth.so"}
    assert look.to_name(seen("middleware/auth.so")) == [{"name": "auth", "path": new, "hooks": [hook]}]
    assert look.to_name(seen("other.so")) == [{"name": "auth", "path": new, "hooks": []}]
    assert look.to_name(seen(new)) == []


def there(folder, path, ours, *more):
    hooks = {"driver": "goplugin", "pre": [{"path": one, "name": "A"} for one in (path, *more)]}
    definition = Definition("/apps/a.json", json.dumps({"custom_middleware": hooks}).encode(), True)
    candidate = Candidate("auth", "/dist/auth_v5.3.6_linux_amd64.so", "linux/amd64", SHA256, len(CONTENT), {})
    return look._there(AUTH, candidate, [definition], gateway(), frozenset(ours))


def test_what_was_placed_where_the_definitions_lead_this_gateway_is_deployed(tmp_path):
    path = f"{tmp_path}/auth-0123456789ab.so"
    file = tmp_path / "auth-0123456789ab_v5.3.6_linux_amd64.so"
    assert there(tmp_path, path, {str(file)}) is None
    file.write_bytes(CONTENT)
    found = there(tmp_path, path, {str(file)})
    assert (found.path, found.file, found.source, found.placed) == (path, str(file), str(file), True)
    # Not what somebody else put there, what is named in two ways, and what has another content.
    assert there(tmp_path, path, ()) is None
    assert there(tmp_path, path, {str(file)}, "middleware/auth.so") is None
    file.write_bytes(CONTENT[:-1])
    assert there(tmp_path, path, {str(file)}) is None
