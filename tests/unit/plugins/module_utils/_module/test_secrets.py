# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of its arguments a module shows."""

from __future__ import annotations

import types

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._module.secrets import show_all_but_secrets


def hidden(monkeypatch, no_log=(), environ=None, **params):
    for name, value in (environ or {}).items():
        monkeypatch.setenv(name, value)
    module = types.SimpleNamespace(params=params, no_log_values=set(no_log))
    show_all_but_secrets(module)
    return module.no_log_values


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("plugins/p", set()),
        ("https://git.example.com/p.git", set()),
        ("https://me:hunter2@git.example.com/p.git", {"hunter2"}),
        ("https://me:a%2Fbcd@git.example.com/p.git", {"a%2Fbcd", "a/bcd", "a%252Fbcd"}),
        ("https://me:p@ss@git.example.com/p.git", {"p@ss", "p%40ss"}),
        ("https://ghp_0123456789abcdefghij@git.example.com/p.git", {"ghp_0123456789abcdefghij"}),
        ("ssh://git@git.example.com/p.git", set()),
        ("me:hunter2@git.example.com:p.git", {"hunter2"}),
        ("https://me:abc@git.example.com/p.git", set()),
        ("https://h.example/p?X-Amz-Signature=abcdef", {"abcdef"}),
    ],
    # pytest puts the name of the test into the environment.
    ids=range(10),
)
def test_of_an_option_all_but_the_secret_is_shown(monkeypatch, source, words):
    assert hidden(monkeypatch, [source], plugins=[{"source": source}]) == words


def test_of_the_environment_secrets_are_hidden_and_nothing_else(monkeypatch):
    given = {"GOPROXY": "https://u:hunter2@p,direct", "GOSUMDB": "off", "MY_TOKEN": "abcdefg", "GOFLAGS": "-mod=mod"}
    assert hidden(monkeypatch, given.values(), environment=given) == {"hunter2", "abcdefg"}
    assert hidden(monkeypatch, environ={"https_proxy": "http://u:hunter3@p:3128"}) == {"hunter3"}


def test_of_the_requests_that_a_module_sends_all_that_may_be_secret_is_hidden(monkeypatch):
    request = {"url": "/shop", "headers": {"Authorization": "k3y-of-shop", "Accept": "text/html", "X-Pin": "123"}, "body": "pass=hunter2"}
    assert hidden(monkeypatch, secret="s3cret", health=[request, {"url": "/", "headers": None}]) == {
        "s3cret",
        "k3y-of-shop",
        "pass=hunter2",
    }
