# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to a gateway: time limits, bounded answers, and what shows that a plugin works."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy import control
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        with contextlib.suppress(ConnectionError):
            if self.path == "/slow":
                self.server.leave.wait(20)
            if self.path == "/away":
                return self.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n")
            self.send_response(200)
            self.send_header("X-Mark", "v2")
            self.end_headers()
            if self.path == "/tyk/apis":
                return self.wfile.write(self.server.apis)
            if self.path == "/drip":
                while not self.server.leave.wait(0.05):
                    self.wfile.write(b".")
            self.wfile.write(b"x" * (3 << 20) if self.path == "/huge" else b"marked v2")
        return None

    do_POST = do_GET

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.seen, server.leave = [], threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.leave.set()
    server.shutdown()
    thread.join()
    server.server_close()


def checks(**one):
    return control.checks_of([{"url": "/shop", **one}])


def test_the_reload_asks_this_node_and_waits(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:9")
    assert control.reload(server.url, "s3cret", "control.example.com", 5).status == 200
    ((_method, path, headers),) = server.seen
    assert path == "/tyk/reload?block=true"
    assert (headers["X-Tyk-Authorization"], headers["Host"]) == ("s3cret", "control.example.com")


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_an_answer_that_does_not_end_is_not_waited_for(server, path):
    began = time.monotonic()
    answer = control.ask(server.url + path, timeout=0.3)
    assert answer.timed_out and "within 0.3 seconds" in answer.error
    assert time.monotonic() - began < 5


def test_an_answer_is_bounded_and_a_redirect_is_one(server):
    assert len(control.ask(f"{server.url}/huge").body) == 1 << 20
    assert control.ask(f"{server.url}/away").status == 302


def test_nobody_there():
    answer = control.ask("http://127.0.0.1:1/")
    assert (answer.status, answer.timed_out) == (0, False) and answer.error


@pytest.mark.parametrize(
    ("expect", "wrong"),
    [
        ({"headers": {"x-mark": "^v2$"}}, ""),
        ({"body": r"marked v\d"}, ""),
        ({"status": 200, "headers": {"X-Mark": "v2"}, "body": "marked"}, ""),
        ({"headers": {"X-Mark": "^v3$"}}, "header X-Mark is v2, expected ^v3$"),
        ({"headers": {"X-Other": "1"}}, "header X-Other is not there, expected 1"),
        ({"body": "unmarked"}, "a body of 9 bytes without unmarked"),
        ({"status": 403, "body": "marked"}, "status 200, expected 403"),
    ],
)
def test_what_an_answer_shows(server, expect, wrong):
    ((mark, found),) = control.trial(checks(expect=expect), server.url)
    assert mark.startswith("200 ") and found.endswith(wrong) and bool(found) == bool(wrong)


def test_by_what_an_answer_is_known_again():
    (check,) = checks(expect={"headers": {"X-Mark": "v2"}, "body": "marked"})
    answer = control.Answer(200, (("x-mark", "v1"), ("Date", "now")), b"marked v1 at noon")
    later = answer._replace(headers=(("Date", "later"), ("X-Mark", "v1")), body=b"marked v1 at night")
    others = [
        answer._replace(status=500),
        answer._replace(body=b""),
        answer._replace(body=b"none"),
        answer._replace(headers=(("X-Mark", "v2"),)),
    ]
    assert control.mark(check, answer) == control.mark(check, later)
    assert len({control.mark(check, one) for one in (answer, *others)}) == 5


@pytest.mark.parametrize("expect", [{}, {"status": 200}, {"status": 200, "headers": {}, "body": ""}, {"body": "("}])
def test_what_shows_nothing_is_refused(expect):
    with pytest.raises(GoPluginsError, match=r"health\[0\]"):
        checks(expect=expect)


def test_the_last_word_counts_too_and_patience_ends(server):
    good = checks(expect={"body": "marked"})
    assert control.wait(good, server.url, 5) == []
    assert control.wait(good, server.url, 0.1, lambda: "not opened") == ["not opened"]
    words = iter(["not yet", "not yet", ""])
    assert control.wait(good, server.url, 5, lambda: next(words)) == []


def test_the_definitions_that_a_gateway_serves_are_named_for_people(server):
    large = {"api_id": "a1", "name": "sh\x1bop", "more": "x" * (2 << 20)}
    server.apis = json.dumps([large, {"api_id": None}, "no definition"]).encode()
    found = control.served(server.url, "s3cret", "control.example", 5)
    assert [one.path for one in found] == ["API sh\\x1bop (a1)", "API  ()"] and json.loads(found[0].data) == large
    ((_method, _path, headers),) = server.seen
    assert (headers["X-Tyk-Authorization"], headers["Host"]) == ("s3cret", "control.example")


@pytest.mark.parametrize("apis", [b"", b"{}", b"[1"])
def test_an_answer_without_definitions_is_an_error(server, apis):
    server.apis = apis
    with pytest.raises(GoPluginsError, match="does not say which definitions"):
        control.served(server.url, "s3cret", "", 5)


@pytest.mark.parametrize(("apis", "served"), [(b"[]\n", False), (b"null", False), (b'[{"api_id": "a1"}]', True)])
def test_a_gateway_serves_when_its_list_has_something(server, apis, served):
    server.apis = apis
    assert control.serves(server.url, "s3cret", "", 0) == served
