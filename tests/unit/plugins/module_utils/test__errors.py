# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error and the masking of credentials."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, mask_credentials
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://user:secret@host/x.git", "https://***@host/x.git"),
        ("https://token@host", "https://***@host"),
        ("fatal: unable to access 'https://u:p@h/': no", "fatal: unable to access 'https://***@h/': no"),
        ("a ssh://git@h/x b http://u:p@h2/y", "a ssh://***@h/x b http://***@h2/y"),
        ("https://user:p@ss@host/x", "https://***@host/x"),
        ("https://host/path@v1.0.0", "https://host/path@v1.0.0"),
        ("git@github.com:x/y.git", "git@github.com:x/y.git"),
    ],
)
def test_credentials_in_urls_are_masked(text, masked):
    assert mask_credentials(text) == masked


@given(secret=st.text(alphabet="XYZ019!$&*+,;=:%-_~", min_size=8), rest=st.text(alphabet="abc/.@ "))
def test_no_password_survives_masking(secret, rest):
    assert secret not in mask_credentials(f"x https://{secret}:{secret}@host/{rest}").replace("***", "")


def test_the_result_names_the_fix_and_masks_every_detail():
    error = GoPluginsError(
        "cannot read https://u:pw123@h",
        "git ls-remote https://u:pw123@h",
        cmd=["git", "https://u:pw123@h"],
        rc=128,
        stderr="https://u:pw123@h",
    )
    result = error.as_result()
    assert result == {
        "msg": "cannot read https://***@h\nFix: git ls-remote https://***@h",
        "cmd": ["git", "https://***@h"],
        "rc": 128,
        "stderr": "https://***@h",
    }


def test_without_a_fix_the_message_stands_alone():
    assert GoPluginsError("no").as_result() == {"msg": "no"}


def test_as_one_of_several_failures_the_fix_is_a_list_of_lines():
    error = GoPluginsError("cannot read https://u:pw123@h", "git fetch https://u:pw123@h\nor choose another", rc=1)
    assert error.as_failure() == {"message": "cannot read https://***@h", "fix": ["git fetch https://***@h", "or choose another"]}
    assert GoPluginsError("no").as_failure() == {"message": "no", "fix": []}
