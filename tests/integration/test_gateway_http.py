# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The embedded gateway serves APIs: real requests run the hooks of real plugins, in Tyk's order.

A plugin that does not load, and one that panics, harms its own API alone. A reload replaces plugins while requests come in.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

import pytest

# Hooks that tell that they ran, and hooks that misbehave.
PROBE = """\
package main

import (
    "io"
    "net/http"
    "os"

    "github.com/TykTechnologies/tyk/ctx"
)

func init() {
    switch os.Getenv("PROBE_INIT") {
    case "hangs":
        select {}
    case "panics":
        panic("no database")
    }
}

func note(name string, r *http.Request) {
    body, _ := io.ReadAll(r.Body)
    alias := "nobody"
    if session := ctx.GetSession(r); session != nil {
        alias = session.Alias
    }
    r.Header.Add("Trace", name+" "+alias+": "+string(body))
}

func First(w http.ResponseWriter, r *http.Request)  { note("first", r) }
func Second(w http.ResponseWriter, r *http.Request) { note("second", r) }
func Third(w http.ResponseWriter, r *http.Request)  { note("third", r) }
func Fourth(w http.ResponseWriter, r *http.Request) { note("fourth", r) }

func Panic(w http.ResponseWriter, r *http.Request) { panic("no database") }

func Answer(w http.ResponseWriter, r *http.Request) { http.Error(w, "the hook's own answer", http.StatusTeapot) }

func Mark(w http.ResponseWriter, response *http.Response, r *http.Request) {
    response.Header.Add("Marks", ctx.GetSession(r).Alias)
}

func MarkAgain(w http.ResponseWriter, response *http.Response, r *http.Request) {
    response.Header.Add("Marks", ctx.GetDefinition(r).APIID)
}

func PanicLater(w http.ResponseWriter, response *http.Response, r *http.Request) { panic("no database") }

func main() {}
"""


class Shelf:
    """Plugins, built for the embedded gateway, in one folder, under the names that the gateway looks for."""

    def __init__(self, folder, workshop):
        self.workshop = workshop
        self.workspaces = folder / "workspaces"
        self.artifacts = folder / "artifacts"

    def put(self, source, name, **other):
        """Build a plugin; the path that an API definition says, which is not the name of the file."""
        values = {"gateway": str(self.workshop.checkout), "profile": self.workshop.profile, **other}
        common = {"profile": values["profile"], "goroot": str(self.workshop.goroot())}
        plugins = [{"name": name, "source": str(source), "remote_src": True}]
        self.workshop.run("go_workspace", plugins=plugins, path=str(self.workspaces), gateway=values["gateway"], **common)
        places = {"workspaces": str(self.workspaces), "output": str(self.artifacts)}
        built = self.workshop.run("go_plugin_build", plugins=plugins, **places, **common)
        assert pathlib.Path(built["plugins"][0]["artifact"]).name.startswith(f"{name}_v5.99.0_")
        return str(self.artifacts / f"{name}.so")


@pytest.fixture(scope="session")
def shelf(tmp_path_factory, workshop):
    return Shelf(tmp_path_factory.mktemp("shelf"), workshop)


@pytest.fixture(scope="session")
def testplugin(shelf, examples):
    return shelf.put(examples / "plugins" / "testplugin", "testplugin")


@pytest.fixture(scope="session")
def enrich(shelf, examples):
    return shelf.put(examples / "plugins" / "enrich", "enrich")


@pytest.fixture(scope="session")
def nomod(shelf, examples):
    return shelf.put(examples / "plugins" / "nomod", "nomod")


@pytest.fixture(scope="session")
def probe(shelf, tmp_path_factory):
    source = tmp_path_factory.mktemp("probe")
    (source / "probe.go").write_text(PROBE)
    return shelf.put(source, "probe")


@pytest.fixture(scope="session")
def of_the_next_commit(shelf, examples, tmp_path_factory):
    """A plugin for a gateway of one commit later."""
    folder = tmp_path_factory.mktemp("next")
    repository, checkout = folder / "repository", folder / "src"
    command = [sys.executable, str(examples / "make_repository.py"), str(repository), "--commit-extra"]
    subprocess.run(command, check=True, capture_output=True)
    shelf.workshop.run("git_checkout", repo=f"file://{repository}", version="release-5.99.0", dest=str(checkout))
    profile = shelf.workshop.run("tyk_gateway_info", checkout=str(checkout), version="release-5.99.0")["profile"]
    assert profile["commit"] != shelf.workshop.profile["commit"]
    return shelf.put(examples / "plugins" / "nomod", "next", gateway=str(checkout), profile=profile)


class Echo(http.server.BaseHTTPRequestHandler):
    """A target that answers with what it got."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name: self.headers.get_all(name) for name in self.headers}
        text = json.dumps({"path": self.path, "headers": headers, "body": body}).encode()
        if self.path.endswith("/slow"):
            self.server.arrived.set()
            self.server.leave.wait(30)
        # A gateway that had to wait too long has gone.
        with contextlib.suppress(ConnectionError):
            self.send_response(202)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    do_GET = do_POST = answer

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def target():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.arrived, server.leave = threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.leave.set()
    server.shutdown()
    thread.join()
    server.server_close()


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.text = response.read().decode()
        self.headers = response.headers

    @property
    def echo(self):
        """What the target got."""
        assert self.status == 202, (self.status, self.text)
        return json.loads(self.text)


class Gateway:
    """A gateway that runs until its block ends."""

    def __init__(self, folder, *command):
        self.log_file = folder / "log"
        with open(self.log_file, "w") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            self.address = self.wait_for_address()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    @property
    def log(self):
        return self.log_file.read_text()

    def wait_for_address(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = re.search(r"^listening on (http://\S+)$", self.log, re.MULTILINE)
            if found:
                return urllib.parse.urlsplit(found[1])
            assert self.process.poll() is None, self.log
            time.sleep(0.02)
        raise AssertionError(f"the gateway does not listen\n{self.log}")

    def ask(self, path, body=None, **headers):
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET" if body is None else "POST", path, body, headers)
            return Answer(connection.getresponse())

    def control(self, method, path, value=None, secret="s3cret", port=None, timeout=60):
        """The status and the JSON of an answer of the control API."""
        connection = http.client.HTTPConnection(self.address.hostname, port or self.address.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, None if value is None else json.dumps(value), {"X-Tyk-Authorization": secret})
            answer = Answer(connection.getresponse())
            return answer.status, json.loads(answer.text)

    def reload(self):
        assert self.control("GET", "/tyk/reload?block=true") == (200, {"status": "ok", "message": ""})

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def hook(path, name):
    return {"path": path, "name": name}


@pytest.fixture
def define(tmp_path, target):
    """Write an API definition, in Tyk's classic shape; give its path."""

    def define(name, keyless=True, **hooks):
        definition = {
            "api_id": name,
            "org_id": "default",
            "name": name,
            "active": True,
            "use_keyless": keyless,
            "use_go_plugin_auth": not keyless,
            "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
            "proxy": {"listen_path": f"/{name}/", "target_url": f"{target.url}/base", "strip_listen_path": True},
            "custom_middleware": {"driver": "goplugin", **hooks},
            "config_data": {"region": "eu-west", "service": f"{target.url}/service"},
        }
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(definition))
        return str(path)

    return define


@pytest.fixture
def serve(workshop, tmp_path):
    started = []

    def serve(*definitions, start=("start", "--listen", "127.0.0.1:0")):
        started.append(Gateway(tmp_path, workshop.gateway, *start, *definitions))
        return started[-1]

    yield serve
    for gateway in started:
        if gateway.process.poll() is None:
            gateway.process.kill()
            gateway.process.wait()


def test_the_example_plugins_do_what_they_say(serve, examples, tmp_path, target, testplugin, enrich, nomod):
    text = (examples / "api.json").read_text()
    for path in (testplugin, enrich, nomod):
        text = text.replace(f"dist/v5.99.0/{pathlib.Path(path).name}", path)
    assert "dist/" not in text
    definition = tmp_path / "api.json"
    definition.write_text(text.replace("http://127.0.0.1:8000", target.url))
    gateway = serve(str(definition))
    answer = gateway.ask("/demo/basket?x=y", Authorization="let-me-in")
    assert answer.echo["path"] == "/basket?x=y"
    got = answer.echo["headers"]
    assert (got["Foo"], got["X-Level"], got["X-Region"], got["X-Service"]) == (["Bar"], ["gold"], ["eu-west"], ["202 Accepted"])
    assert (got["X-Api-Name"], got["X-Stamp"]) == (["Uberblick"], ["abc-session"])
    assert answer.headers["X-Signed-By"] == "enrich"
    refused = gateway.ask("/demo/basket", Authorization="let-them-in")
    assert (refused.status, json.loads(refused.text)) == (403, {"error": "Access not allowed"})
    assert refused.headers["X-Signed-By"] is None
    assert gateway.stop() == 0
    assert gateway.log.count("--- Go custom plugin init success! ---- ") == 1
    assert 'msg="Loaded Go response plugin: SignResponse"' in gateway.log
    assert "level=error" not in re.sub(r".*Go-plugin middleware func.*mwSymbolName=AuthCheck", "", gateway.log)


def test_hooks_run_in_tyks_order_and_each_reads_the_body(serve, define, testplugin, probe):
    gateway = serve(
        define(
            "order",
            keyless=False,
            pre=[hook(probe, "First"), hook(probe, "Second")],
            auth_check=hook(testplugin, "AuthCheck"),
            post_key_auth=[hook(probe, "Third")],
            post=[hook(probe, "Fourth")],
            response=[hook(probe, "Mark"), hook(probe, "MarkAgain")],
        )
    )
    answer = gateway.ask("/order/", "text", Authorization="let-me-in")
    trace = ["first nobody: text", "second nobody: text", "third abc-session: text", "fourth abc-session: text"]
    assert (answer.echo["headers"]["Trace"], answer.echo["body"]) == (trace, "text")
    assert answer.headers.get_all("Marks") == ["abc-session", "order"]


def test_a_hook_that_answers_ends_the_request(serve, define, probe):
    gateway = serve(define("own", pre=[hook(probe, "Answer")], post=[hook(probe, "Panic")]))
    answer = gateway.ask("/own/")
    assert (answer.status, answer.text) == (418, "the hook's own answer\n")
    assert "no database" not in gateway.log


@pytest.mark.parametrize("hooks", [{"pre": "Panic"}, {"post": "Panic"}, {"response": "PanicLater"}])
def test_a_hook_that_panics_fails_its_request_alone(serve, define, probe, hooks):
    ((kind, name),) = hooks.items()
    gateway = serve(define("bad", **{kind: [hook(probe, name)]}), define("good", pre=[hook(probe, "First")]))
    for _number in range(2):
        answer = gateway.ask("/bad/")
        assert (answer.status, json.loads(answer.text)) == (500, {"error": "Internal Server Error"})
        assert gateway.ask("/good/").echo["headers"]["Trace"] == ["first nobody:"]
    assert 'msg="Recovered from panic while running Go-plugin middleware func" error="no database"' in gateway.log
    assert gateway.stop() == 0


@pytest.fixture
def no_plugin(tmp_path):
    path = tmp_path / "text.so"
    path.write_text("This is no plugin. " * 100)
    return str(path)


REFUSED = {
    "missing": ("nowhere/hook.so", "First", "plugin file not found", "plugin file not found"),
    "no plugin": ("no_plugin", "First", "Could not load Go-plugin", "invalid ELF header|not a mach-o file"),
    "no such symbol": ("probe", "Nothing", "Could not load Go-plugin", "symbol Nothing not found in plugin "),
    "another signature": ("probe", "Mark", "Could not load Go-plugin", r"could not cast function symbol to http\.HandlerFunc"),
    "another gateway": (
        "of_the_next_commit",
        "Stamp",
        "Could not load Go-plugin",
        r"plugin was built with a different version of package github\.com/TykTechnologies/tyk/log",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_plugin_that_does_not_load_fails_its_api_alone(serve, define, probe, request, case):
    where, name, message, error = REFUSED[case]
    path = where if "/" in where else request.getfixturevalue(where)
    gateway = serve(define("bad", pre=[hook(path, name)]), define("good", pre=[hook(probe, "First")]))
    found = re.search(r'level=error msg="(.*?)" error="?(.*?)"? mwPath=(\S+) mwSymbolName=(\S+)', gateway.log)
    assert found, gateway.log
    assert (found[1], found[3], found[4]) == (message, path, name)
    assert re.search(error, found[2]), gateway.log
    answer = gateway.ask("/bad/")
    assert (answer.status, json.loads(answer.text)) == (500, {"error": "Internal Server Error"})
    assert gateway.ask("/good/").echo["headers"]["Trace"] == ["first nobody:"]


def test_a_response_hook_that_does_not_load_fails_its_api_alone(serve, define, probe):
    gateway = serve(
        define("bad", response=[hook("nowhere/hook.so", "Mark")]),
        define("worse", response=[hook(probe, "First")]),
        define("good", pre=[hook(probe, "First")]),
    )
    assert 'msg="Could not load Go-plugin. File was not found" error="plugin file not found"' in gateway.log
    assert 'error="could not cast function symbol to TykResponseHandler"' in gateway.log
    assert [gateway.ask(f"/{name}/").status for name in ("bad", "worse", "good")] == [500, 500, 202]


def test_a_disabled_hook_is_not_even_loaded(serve, define):
    gateway = serve(define("off", pre=[{**hook("nowhere/hook.so", "First"), "disabled": True}]))
    assert gateway.ask("/off/").status == 202
    assert "nowhere" not in gateway.log


def test_the_file_of_this_release_is_taken_before_the_plain_one(serve, define, probe, no_plugin, tmp_path):
    """The definition says hook.so; there is one, which would not load."""
    release = next(pathlib.Path(probe).parent.glob("probe_v5.99.0_*.so"))
    plain = tmp_path / "hook.so"
    shutil.copy(no_plugin, plain)
    shutil.copy(release, tmp_path / release.name.replace("probe_", "hook_").replace("_v5", "_5"))
    gateway = serve(define("named", pre=[hook(str(plain), "First")]))
    assert gateway.ask("/named/").echo["headers"]["Trace"] == ["first nobody:"]


def test_a_key_that_a_hook_let_in_is_known_to_an_api_without_hooks(serve, define, testplugin):
    gateway = serve(define("with", keyless=False, auth_check=hook(testplugin, "AuthCheck")), define("without", keyless=False))
    assert gateway.ask("/without/").status == 401
    assert gateway.ask("/without/", Authorization="let-me-in").status == 403
    assert gateway.ask("/with/", Authorization="let-me-in").status == 202
    assert gateway.ask("/without/", Authorization="let-me-in").status == 202


def test_it_ends_when_asked_to_and_first_finishes_what_it_began(serve, define, target):
    gateway = serve(define("slow"))
    answers = []
    asking = threading.Thread(target=lambda: answers.append(gateway.ask("/slow/slow")))
    asking.start()
    assert target.arrived.wait(30)
    gateway.process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        gateway.process.wait(0.5)
    target.leave.set()
    asking.join()
    assert [answer.status for answer in answers] == [202]
    assert gateway.process.wait(60) == 0


@pytest.fixture
def put(tmp_path, monkeypatch, define):
    """Write an API definition into the folder that gateways read now and at each reload; give the definition."""
    folder = tmp_path / "apps"
    folder.mkdir()
    monkeypatch.setenv("TYK_GW_APPPATH", str(folder))
    monkeypatch.setenv("TYK_GW_SECRET", "s3cret")

    def put(name, **hooks):
        text = pathlib.Path(define(name, **hooks)).read_text()
        (folder / f"{name}.json").write_text(text)
        return json.loads(text)

    return put


class Client:
    """Somebody who sends one request after the other while a block runs."""

    def __init__(self, gateway, path):
        self.gateway, self.path = gateway, path
        self.answers = []
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.ending.is_set():
            self.answers.append(self.gateway.ask(self.path))

    def wait_for_more(self, count=10):
        wanted, end = len(self.answers) + count, time.monotonic() + 60
        while len(self.answers) < wanted and time.monotonic() < end and self.thread.is_alive():
            time.sleep(0.01)
        assert len(self.answers) >= wanted

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_problem):
        self.ending.set()
        self.thread.join()


def test_a_reload_serves_another_plugin_and_loses_no_request(serve, put, target, probe, enrich):
    old = put("live", pre=[hook(probe, "First")], response=[hook(probe, "MarkAgain")])
    gateway = serve()
    slow = []
    asking = threading.Thread(target=lambda: slow.append(gateway.ask("/live/slow")))
    asking.start()
    assert target.arrived.wait(30)
    with Client(gateway, "/live/") as client:
        client.wait_for_more()
        hooks = {"pre": [hook(enrich, "AddEnrichment")], "response": [hook(enrich, "SignResponse")]}
        new = {**old, "custom_middleware": {"driver": "goplugin", **hooks}}
        assert gateway.control("PUT", "/tyk/apis/live", new) == (200, {"key": "live", "status": "ok", "action": "modified"})
        client.wait_for_more()
        before = len(client.answers)
        gateway.reload()
        client.wait_for_more()
    marks = [(answer.status, answer.headers["Marks"], answer.headers["X-Signed-By"]) for answer in client.answers]
    was, now = (202, "live", None), (202, None, "enrich")
    assert set(marks[:before]) == {was} and marks == [was] * marks.count(was) + [now] * marks.count(now) and now in marks
    target.leave.set()
    asking.join()
    assert [(answer.status, answer.headers["Marks"], answer.headers["X-Signed-By"]) for answer in slow] == [was]
    assert gateway.control("GET", "/tyk/apis/live") == (200, {**new, "is_oas": False})
    assert gateway.stop() == 0


def test_an_openapi_document_is_served_and_one_plugin_of_an_operation(serve, put, target, probe):
    put("other")
    gateway = serve()
    enabled = [{"enabled": True, "functionName": name, "path": probe} for name in ("First", "Second", "Third")]
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Document", "version": "1"},
        "paths": {"/status": {"get": {"operationId": "status", "responses": {}}}},
        "x-tyk-api-gateway": {
            "info": {"id": "document", "name": "Document", "state": {"active": True}},
            "upstream": {"url": target.url},
            "server": {"listenPath": {"value": "/document/", "strip": True}},
            "middleware": {
                "global": {"pluginConfig": {"driver": "goplugin"}, "postPlugins": enabled[2:]},
                "operations": {"status": {"postPlugins": enabled[:2]}},
            },
        },
    }
    assert gateway.control("POST", "/tyk/apis/oas", document)[1] == {"key": "document", "status": "ok", "action": "added"}
    assert gateway.ask("/document/status").status == 404
    gateway.reload()
    assert gateway.ask("/document/status").echo["headers"]["Trace"] == ["first nobody:", "third nobody:"]
    assert gateway.ask("/document/").echo["headers"]["Trace"] == ["third nobody:"]
    assert gateway.control("GET", "/tyk/apis/oas/document") == (200, document)


def test_a_path_is_opened_once(serve, put, tmp_path, nomod, of_the_next_commit):
    def place(path, name):
        release = next(pathlib.Path(path).parent.glob(f"{pathlib.Path(path).stem}_v5.99.0_*.so"))
        copy = shutil.copy(release, tmp_path / "copy")
        os.replace(copy, tmp_path / name)
        return str(tmp_path / name)

    put("live", pre=[hook(place(of_the_next_commit, "refused.so"), "Stamp")])
    gateway = serve()
    assert gateway.ask("/live/").status == 500 and "(previous failure)" not in gateway.log
    place(nomod, "refused.so")
    gateway.reload()
    assert gateway.ask("/live/").status == 500 and "(previous failure)" in gateway.log
    put("live", pre=[hook(place(nomod, "new.so"), "Stamp")])
    gateway.reload()
    assert gateway.ask("/live/").echo["headers"]["X-Stamp"] == ["nobody"]
    (tmp_path / "new.so").unlink()
    (tmp_path / "new.so").write_text("This would not load. " * 100)
    gateway.reload()
    assert gateway.ask("/live/").echo["headers"]["X-Stamp"] == ["nobody"]


def test_an_init_function_that_hangs_holds_up_reloads_and_nothing_else(serve, put, probe, enrich, monkeypatch):
    monkeypatch.setenv("PROBE_INIT", "hangs")
    put("live", response=[hook(enrich, "SignResponse")])
    gateway = serve()
    put("live", pre=[hook(probe, "First")])
    for _number in range(2):
        with pytest.raises(TimeoutError):
            gateway.control("GET", "/tyk/reload?block=true", timeout=0.5)
    assert gateway.control("GET", "/tyk/reload") == (200, {"status": "ok", "message": ""})
    assert gateway.ask("/live/").headers["X-Signed-By"] == "enrich"
    assert (gateway.ask("/hello").status, gateway.ask("/ready").status) == (200, 200)
    assert gateway.stop() == 0


def test_an_init_function_that_panics_fails_its_api_and_hangs_the_next_reload(serve, put, probe, monkeypatch):
    monkeypatch.setenv("PROBE_INIT", "panics")
    put("bad", pre=[hook(probe, "First")])
    put("good")
    gateway = serve()
    assert 'msg="Recovered from panic while loading Go-plugin" error="no database"' in gateway.log
    assert (gateway.ask("/bad/").status, gateway.ask("/good/").status) == (500, 202)
    # Go's loader waits for the init function, which has ended without saying so.
    with pytest.raises(TimeoutError):
        gateway.control("GET", "/tyk/reload?block=true", timeout=0.5)
    assert gateway.ask("/good/").status == 202


def test_the_control_api_lets_in_who_has_the_secret(serve, put, tmp_path):
    def free_port():
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            return taken.getsockname()[1]

    put("live")
    port, control = free_port(), free_port()
    conf = tmp_path / "tyk.conf"
    values = {"listen_address": "127.0.0.1", "listen_port": port, "control_api_port": control, "secret": "of the file", "hash_keys": True}
    conf.write_text(json.dumps(values))
    gateway = serve(start=("--conf", str(conf)))
    assert gateway.address.port == port
    for secret in ("", "of the file", "s3cre"):
        for method, path in (("GET", "/tyk/reload?block=true"), ("GET", "/tyk/apis"), ("PUT", "/tyk/apis/live")):
            status, said = gateway.control(method, path, {}, secret, control)
            message = "Attempted administrative access with invalid or missing key!"
            assert (status, said) == (403, {"status": "error", "message": message}), secret
    assert gateway.log.count("reload: initiating") == 0
    assert [api["api_id"] for api in gateway.control("GET", "/tyk/apis", port=control)[1]] == ["live"]
    assert gateway.control("GET", "/hello", port=control)[1]["status"] == "pass"
    assert [gateway.ask(path).status for path in ("/live/", "/tyk/apis", "/hello")] == [202, 404, 404]


def test_what_a_client_gets_when_a_hook_panics_can_be_that_of_a_release(serve, define, probe, monkeypatch):
    definition = define("bad", pre=[hook(probe, "Panic")])
    monkeypatch.setenv("TYK_GW_EMBEDDEDPANIC", "empty")
    answer = serve(definition).ask("/bad/")
    assert (answer.status, answer.text) == (200, "")
    monkeypatch.setenv("TYK_GW_EMBEDDEDPANIC", "close")
    gateway = serve(definition)
    for _number in range(2):
        with pytest.raises(http.client.RemoteDisconnected):
            gateway.ask("/bad/")
    assert gateway.stop() == 0


def test_a_target_that_does_not_answer_is_not_waited_for(serve, define, monkeypatch):
    monkeypatch.setenv("TYK_GW_TIMEOUT", "1s")
    answer = serve(define("slow")).ask("/slow/slow")
    assert (answer.status, json.loads(answer.text)) == (504, {"error": "Upstream service reached hard timeout."})


def test_definitions_that_cannot_be_served_are_all_named(workshop, define, tmp_path):
    (tmp_path / "empty.json").write_text("{}")
    done = subprocess.run(
        [workshop.gateway, "start", "--listen", "127.0.0.1:0", define("good"), str(tmp_path / "empty.json"), "nowhere.json"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1 and "listening" not in done.stdout
    assert "empty.json: api_id is needed" in done.stderr and "nowhere.json" in done.stderr, done.stderr


def test_version(workshop):
    done = subprocess.run([workshop.gateway, "version", "--json"], check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert (told["Version"], told["Commit"], told["Go"]["Version"]) == ("v5.99.0", workshop.profile["commit"], "go1.22.7")


@pytest.mark.parametrize("tags", ["", "goplugin"])
def test_the_gateways_own_tests_pass(workshop, examples, tags):
    goroot = workshop.goroot()
    # So the standard library is the one that the gateway was built with, which is compiled.
    environment = {**os.environ, "GOFLAGS": "-trimpath", "GOWORK": "off", "GOTOOLCHAIN": "local", "GOROOT": str(goroot)}

    def run(*command):
        done = subprocess.run(command, cwd=examples / "gateway", env=environment, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert run(str(goroot / "bin" / "gofmt"), "-l", ".", "../plugins") == ""
    go = str(goroot / "bin" / "go")
    run(go, "vet", f"-tags={tags}", "./...")
    # Without it, go test runs a part of vet once more.
    tested = run(go, "test", "-vet=off", f"-tags={tags}", "./...")
    assert len(re.findall(r"^ok ", tested, re.MULTILINE)) >= 7, tested
