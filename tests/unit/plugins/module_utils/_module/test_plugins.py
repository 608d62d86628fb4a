# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plugins as modules take them: names, sources with passwords, and what comes of each."""

from __future__ import annotations

import errno
import signal
import threading
import types

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._command import Stopped
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._module import plugins as plugins_


def module(*plugins):
    rows = [{"source": None, "version": "", **plugin} for plugin in plugins]
    return types.SimpleNamespace(params={"plugins": rows})


@pytest.mark.parametrize(
    ("names", "message"), [(("a/b",), "cannot be the name of a plugin"), (("a", "b", "a"), "there are 2 plugins of the name a")]
)
def test_bad_names_are_refused(names, message):
    with pytest.raises(GoPluginsError, match=message):
        plugins_.plugins_of(module(*({"name": name} for name in names)))


def test_no_plugin_keeps_another_from_its_turn():
    def make(plugin):
        if plugin["name"] == "wrong":
            raise GoPluginsError("it is wrong", "put it right")
        if plugin["name"] == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        return plugin["name"].upper()

    made, errors = plugins_.each([{"name": name} for name in ("wrong", "a", "full", "b")], make, "/dev/out")
    assert made == ["A", "B"]
    assert {name: error.as_failure() for name, error in errors.items()} == {
        "wrong": {"message": "it is wrong", "fix": ["put it right"]},
        "full": {"message": "/dev/out: No space left on device", "fix": ["df -h /dev"]},
    }


def test_several_at_once_keep_their_order_and_an_error_of_one_is_its_own():
    names = ["a", "wrong", "b", "c"]
    together = threading.Barrier(2, timeout=60)

    def make(plugin):
        together.wait()
        if plugin["name"] == "wrong":
            raise GoPluginsError("it is wrong")
        return plugin["name"].upper()

    made, errors = plugins_.each([{"name": name} for name in names], make, "/dev/out", at_once=2)
    assert made == ["A", "B", "C"]
    assert list(errors) == ["wrong"]


def test_after_a_signal_none_begins():
    begun = []

    def make(plugin):
        begun.append(plugin["name"])
        raise Stopped(signal.SIGTERM)

    with pytest.raises(Stopped):
        plugins_.each([{"name": str(number)} for number in range(50)], make, "/dev/out", at_once=2)
    assert len(begun) < 50


ERRORS = {
    "a": GoPluginsError("no gcc", "apt install gcc", rc=1),
    "b": GoPluginsError("no gcc", "apt install gcc"),
    "c": GoPluginsError("bad"),
}


def test_failures_fail_the_module_unless_it_keeps_going():
    failures = [
        {"name": "a", "message": "no gcc", "fix": ["apt install gcc"]},
        {"name": "b", "message": "no gcc", "fix": ["apt install gcc"]},
        {"name": "c", "message": "bad", "fix": []},
    ]
    kept = plugins_.with_failures({"changed": True}, ERRORS, keep_going=True)
    assert kept == {"changed": True, "failures": failures}
    failed = plugins_.with_failures({"changed": True}, ERRORS, keep_going=False)
    assert failed == {**kept, "failed": True, "rc": 1, "msg": "no gcc\nFix: apt install gcc\nbad"}
    assert plugins_.with_failures({}, {}, keep_going=False) == {"failures": []}
