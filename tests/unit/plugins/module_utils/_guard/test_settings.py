# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a gateway's definitions are: its configuration, and the environment, which outranks it."""

from __future__ import annotations

import json

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._guard.settings import Settings, read_environment, read_settings


@pytest.fixture
def conf(tmp_path):
    def write(value):
        path = tmp_path / "tyk.conf"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return str(path)

    return write


@pytest.mark.parametrize(
    ("file", "environment", "expected"),
    [
        ({"app_path": "/a", "middleware_path": "m"}, {}, Settings("/a", "m", "")),
        ({"App_Path": "/a"}, {}, Settings("/a", "", "")),
        ({"app_path": "/a"}, {"TYK_GW_APPPATH": "/b", "TYK_GW_MIDDLEWAREPATH": "n"}, Settings("/b", "n", "")),
        # Set to nothing is set.
        ({"app_path": "/a"}, {"TYK_GW_APPPATH": ""}, Settings("", "", "")),
        ({"app_path": "/a", "use_db_app_configs": True}, {}, Settings("/a", "", "a dashboard")),
        ({"app_path": "/a", "use_db_app_configs": True}, {"TYK_GW_USEDBAPPCONFIGS": "false"}, Settings("/a", "", "")),
        ({"app_path": "/a"}, {"TYK_GW_USEDBAPPCONFIGS": "T"}, Settings("/a", "", "a dashboard")),
        ({"app_path": "/a", "slave_options": {"use_rpc": True}}, {}, Settings("/a", "", "a control plane (use_rpc)")),
        ({"app_path": "/a"}, {"TYK_GW_SLAVEOPTIONS_USERPC": "1"}, Settings("/a", "", "a control plane (use_rpc)")),
        ("{", {"TYK_GW_OMITCONFIGFILE": "True", "TYK_GW_APPPATH": "/b"}, Settings("/b", "", "")),
    ],
)
def test_the_environment_outranks_the_file(conf, file, environment, expected):
    assert read_settings(conf(file), environment) == expected


@pytest.mark.parametrize("file", ["{", "", "[]", "null", '{"app_path": 1}', '{"app_path": "a"'])
def test_a_file_that_is_no_configuration_is_refused_with_what_is_wrong(conf, file):
    with pytest.raises(GoPluginsError, match=r"tyk\.conf is no configuration of a gateway: .") as error:
        read_settings(conf(file), {})
    assert error.value.fix.startswith("python3 -m json.tool ")


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_settings(str(tmp_path / "tyk.conf"), {})


def test_the_files_of_a_unit_are_read_in_their_order(tmp_path):
    (tmp_path / "one").write_text("# TYK_GW_A=1\n; TYK_GW_B=1\nTYK_GW_C=\"a b\"\n TYK_GW_D = 'x=y' \nnothing\nTYK_GW_E=1\n")
    (tmp_path / "two").write_text("TYK_GW_E=2\nTYK_GW_F='\n")
    assert read_environment([str(tmp_path / name) for name in ("one", "none", "two")]) == {
        "TYK_GW_C": "a b",
        "TYK_GW_D": "x=y",
        "TYK_GW_E": "2",
        "TYK_GW_F": "'",
    }
