# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to the gateway on this host: the reload of its control API, and what shows that a plugin works.

No proxy is used and no redirect followed, whatever the environment says; an answer is read up to a limit, and waited for up to another.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import time
import typing as t
import urllib.parse

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.document import MAX_BYTES
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.lint import Definition
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, visible

_MAX_BODY = 1 << 20
# As much of a list as shows whether anything is in it.
_FEW = 64
# A list of all definitions.
_MAX_LIST = 16 * MAX_BYTES
_OWN = ("127.0.0.1", "::1", "localhost")
# Between two looks.
_PAUSE = 0.25


class Answer(t.NamedTuple):
    """status: 0 where there was none; then error says why. timed_out: whether that is that nothing came in time."""

    status: int
    headers: t.Sequence[tuple[str, str]] = ()
    body: bytes = b""
    error: str = ""
    timed_out: bool = False


class Check(t.NamedTuple):
    """A request, and what its answer must be. url: an address, or a path at the gateway's.

    headers, body: of the request. status: what the answer must have, 0 for any. shown_headers, shown_body: regular expressions.
    """

    url: str
    method: str
    headers: t.Mapping[str, str]
    body: str
    status: int
    shown_headers: t.Mapping[str, str]
    shown_body: str
    timeout: float


def checks_of(given: t.Sequence[t.Mapping[str, t.Any]], label: str = "health") -> list[Check]:
    """The health requests that a user wrote. label: what the user calls them. Raises GoPluginsError where one shows nothing of a plugin."""
    found = []
    for number, one in enumerate(given):
        expect = one.get("expect") or {}
        if not expect.get("headers") and not expect.get("body"):
            raise GoPluginsError(
                f"{label}[{number}] expects neither a header nor a body: a status alone does not show that a plugin works, as the "
                "gateway answers 200 with an empty body for one that panics",
                "name what the plugin does to the answer, as in expect: {headers: {X-Plugin-Version: '2'}}",
            )
        shown = {str(name): str(value) for name, value in (expect.get("headers") or {}).items()}
        for where, pattern in (*shown.items(), ("body", expect.get("body") or "")):
            try:
                re.compile(pattern)
            except re.error as error:
                raise GoPluginsError(
                    f"{label}[{number}].expect: {where} is no regular expression: {error}",
                    "write a backslash before characters such as ( and +",
                ) from error
        headers = {str(name): str(value) for name, value in (one.get("headers") or {}).items()}
        found.append(
            Check(
                one["url"],
                (one.get("method") or "GET").upper(),
                headers,
                one.get("body") or "",
                int(expect.get("status") or 0),
                shown,
                expect.get("body") or "",
                float(one.get("timeout") or 10),
            )
        )
    return found


def ask(
    url: str,
    method: str = "GET",
    headers: t.Mapping[str, str] | None = None,
    body: str = "",
    timeout: float = 10,
    most: int = _MAX_BODY,
) -> Answer:
    """The answer to one request, whatever it is, and so many bytes of its body at the most."""
    parts = urllib.parse.urlsplit(url)
    until = time.monotonic() + timeout
    path = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    try:
        connection = _connection(parts, timeout)
        try:
            connection.request(method, path, body.encode() if body else None, dict(headers or {}))
            response = connection.getresponse()
            data = b""
            while len(data) < most:
                if time.monotonic() > until:
                    return Answer(0, error=f"no whole answer within {timeout:g} seconds", timed_out=True)
                chunk = response.read1(most - len(data))
                if not chunk:
                    break
                data += chunk
            return Answer(response.status, tuple(response.getheaders()), data)
        finally:
            connection.close()
    # Before Python 3.10 they are two.
    except (TimeoutError, socket.timeout):
        return Answer(0, error=f"no answer within {timeout:g} seconds", timed_out=True)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(0, error=str(getattr(error, "strerror", "") or error) or type(error).__name__)


def _connection(parts: urllib.parse.SplitResult, timeout: float) -> http.client.HTTPConnection:
    if parts.scheme != "https":
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    context = ssl.create_default_context()
    if parts.hostname in _OWN:
        # Its certificate is for the name that others call it by.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=timeout, context=context)


def reload(control: str, secret: str, host: str, timeout: float) -> Answer:
    """Let this gateway alone read its definitions again. It answers when that is done; with an init function that blocks, never."""
    return ask(f"{control}/tyk/reload?block=true", "GET", _owner(secret, host), timeout=timeout)


def served(control: str, secret: str, host: str, timeout: float) -> list[Definition]:
    """The definitions that this gateway serves, wherever they come from. Raises GoPluginsError.

    An OpenAPI document is among them as the classic definition that the gateway makes of it.
    """
    answer = ask(f"{control}/tyk/apis", "GET", _owner(secret, host), timeout=timeout, most=_MAX_LIST)
    try:
        given = json.loads(answer.body) if answer.status == 200 else None
    except ValueError:
        given = None
    if not isinstance(given, list):
        raise GoPluginsError(
            f"the control API at {control} does not say which definitions the gateway serves: {answer.error or f'status {answer.status}'}",
            "give its secret by the option secret (tyk_gateway_secret), if it is not that of tyk.conf",
        )
    return [Definition(_title(one), json.dumps(one).encode()) for one in given if isinstance(one, dict)]


def serves(control: str, secret: str, host: str, seconds: float) -> bool:
    """Whether a gateway that was started serves any API within so many seconds. It answers C(/hello) before it has read a definition."""

    def good() -> bool:
        answer = ask(f"{control}/tyk/apis", "GET", _owner(secret, host), most=_FEW)
        return answer.status == 200 and answer.body.strip() not in (b"[]", b"null")

    return until(good, seconds)


def _title(definition: t.Mapping[str, t.Any]) -> str:
    name, identifier = (visible(str(definition.get(key) or ""), kept="") for key in ("name", "api_id"))
    return f"API {name} ({identifier})"


def _owner(secret: str, host: str) -> dict[str, str]:
    return {"X-Tyk-Authorization": secret, **({"Host": host} if host else {})}


def trial(checks: t.Sequence[Check], listen: str) -> list[tuple[str, str]]:
    """Of each check a mark by which its answer is known again, and what is wrong with it, empty if nothing is."""
    return [_tried(check, listen) for check in checks]


def _tried(check: Check, listen: str) -> tuple[str, str]:
    url = check.url if "://" in check.url else f"{listen}/{check.url.lstrip('/')}"
    answer = ask(url, check.method, check.headers, check.body, check.timeout)
    return mark(check, answer), wrong(check, answer)


def mark(check: Check, answer: Answer) -> str:
    """What an answer is known by: its status, which of the things that are expected are in it, and whether there is any body.

    The rest of it may be another each time. An answer with a plugin that panics has the status of a good one, and no body.
    """
    shown = [_has(answer, name, pattern) for name, pattern in sorted(check.shown_headers.items())]
    return f"{answer.status} {shown} {_shows(answer, check.shown_body)} {bool(answer.body)}"


def _has(answer: Answer, name: str, pattern: str) -> bool:
    return any(key.lower() == name.lower() and re.search(pattern, value) for key, value in answer.headers)


def _shows(answer: Answer, pattern: str) -> bool:
    return re.search(pattern.encode(), answer.body, re.DOTALL) is not None


def wrong(check: Check, answer: Answer) -> str:
    """What of an answer is not as it must be; empty if nothing is. Nothing of the body is quoted, it may be anybody's."""
    what = f"{check.method} {check.url}"
    if not answer.status:
        return f"{what}: {answer.error}"
    if check.status and answer.status != check.status:
        return f"{what}: status {answer.status}, expected {check.status}"
    for name, pattern in check.shown_headers.items():
        if not _has(answer, name, pattern):
            values = [value for key, value in answer.headers if key.lower() == name.lower()]
            return f"{what}: status {answer.status}, header {name} is {', '.join(values) or 'not there'}, expected {pattern}"
    if not _shows(answer, check.shown_body):
        return f"{what}: status {answer.status}, a body of {len(answer.body)} bytes without {check.shown_body}"
    return ""


def wait(checks: t.Sequence[Check], listen: str, seconds: float, last_word: t.Callable[[], str] = lambda: "") -> list[str]:
    """What is still wrong after so many seconds; empty as soon as nothing is. last_word: asked when the answers are right."""
    problems: list[str] = []

    def good() -> bool:
        problems[:] = [problem for _mark, problem in trial(checks, listen) if problem] or list(filter(None, [last_word()]))
        return not problems

    return [] if until(good, seconds) else problems


def wait_for(control: str, seconds: float) -> bool:
    """Whether a gateway answers there at all, within so many seconds. It says nothing of plugins."""
    return until(lambda: bool(ask(f"{control}/hello", timeout=5).status), seconds)


def until(good: t.Callable[[], bool], seconds: float) -> bool:
    """Whether something is so within so many seconds. It is looked at once at least."""
    end = time.monotonic() + seconds
    while not good():
        if time.monotonic() >= end:
            return False
        time.sleep(_PAUSE)
    return True
