# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a gateway's definitions are: its configuration, and the environment, which outranks it."""

from __future__ import annotations

import json

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.configuration import read_configuration, read_environment
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError


@pytest.fixture
def conf(tmp_path):
    def write(value):
        path = tmp_path / "tyk.conf"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return str(path)

    return write


DASHBOARD, CONTROL_PLANE = "a dashboard (use_db_app_configs)", "a control plane (slave_options.use_rpc)"


@pytest.mark.parametrize(
    ("file", "environment", "expected"),
    [
        ({"app_path": "/a", "middleware_path": "m"}, {}, ("/a", "m", "")),
        ({"App_Path": "/a"}, {}, ("/a", "", "")),
        ({"app_path": "/a", "APP_PATH": "/b", "App_path": None}, {}, ("/b", "", "")),
        ({"app_path": "/a"}, {"TYK_GW_APPPATH": "/b", "TYK_GW_MIDDLEWAREPATH": "n"}, ("/b", "n", "")),
        # Set to nothing is set.
        ({"app_path": "/a"}, {"TYK_GW_APPPATH": ""}, ("", "", "")),
        ({"app_path": "/a", "use_db_app_configs": True}, {}, ("/a", "", DASHBOARD)),
        ({"app_path": "/a", "use_db_app_configs": True}, {"TYK_GW_USEDBAPPCONFIGS": "false"}, ("/a", "", "")),
        ({"app_path": "/a"}, {"TYK_GW_USEDBAPPCONFIGS": "T"}, ("/a", "", DASHBOARD)),
        ({"app_path": "/a", "slave_options": {"use_rpc": True}}, {}, ("/a", "", CONTROL_PLANE)),
        ({"app_path": "/a"}, {"TYK_GW_SLAVEOPTIONS_USERPC": "1"}, ("/a", "", CONTROL_PLANE)),
        ("{", {"TYK_GW_OMITCONFIGFILE": "True", "TYK_GW_APPPATH": "/b"}, ("/b", "", "")),
    ],
)
def test_the_environment_outranks_the_file(conf, file, environment, expected):
    found = read_configuration(conf(file), environment)
    assert (found.text("app_path"), found.text("middleware_path"), found.owner) == expected


def test_without_a_file_there_is_the_environment():
    found = read_configuration("", {"TYK_GW_LISTENPORT": "9000"})
    assert (found.number("listen_port"), found.number("control_api_port"), found.text("app_path")) == (9000, 0, "")


@pytest.mark.parametrize("file", ["{", "", "[]", "null", '{"app_path": 1}', '{"app_path": "a"', '{"x": ' + "1" * 100 + "}", "[" * 100_000])
def test_a_file_that_is_no_configuration_is_refused_with_what_is_wrong(conf, file):
    with pytest.raises(GoPluginsError, match=r"tyk\.conf is no configuration of a gateway: .") as error:
        read_configuration(conf(file), {}).text("app_path")
    assert error.value.fix.startswith("python3 -m json.tool ")


@pytest.mark.parametrize("value", ["80a", True, 8.5])
def test_a_port_that_is_none_is_named(conf, value):
    with pytest.raises(GoPluginsError, match="listen_port is not a number"):
        read_configuration(conf({"listen_port": value}), {}).number("listen_port")


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_configuration(str(tmp_path / "tyk.conf"), {})


def test_the_files_of_a_unit_are_read_in_their_order(tmp_path):
    lines = ["# TYK_GW_A=1", "; TYK_GW_B=1", 'TYK_GW_C="a b"', " TYK_GW_D = 'x=y' ", "nothing", "TYK_GW_E=1", 'export TYK_GW_G="c d"']
    (tmp_path / "one").write_text("\n".join(lines) + "\n")
    (tmp_path / "two").write_text("TYK_GW_E=2\nTYK_GW_F='\n")
    assert read_environment([str(tmp_path / name) for name in ("one", "none", "two")]) == {
        "TYK_GW_C": "a b",
        "TYK_GW_D": "x=y",
        "TYK_GW_E": "2",
        "TYK_GW_F": "'",
        "TYK_GW_G": "c d",
    }
