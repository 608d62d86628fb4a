# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plugins are deployed to a gateway that runs and serves: what works is served, what does not leaves the host as it was."""

from __future__ import annotations

import collections
import contextlib
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file
from ansible_collections.goplugins.tyk.plugins.modules import tyk_plugin_deploy, tyk_plugin_stage
from ansible_collections.goplugins.tyk.plugins.plugin_utils import attestations, dsse
from ansible_collections.goplugins.tyk.plugins.plugin_utils.provenance import Verdict
from ansible_collections.goplugins.tyk.tests import attested

SECRET = "pl4nted-s3cret"
KEY = "pl4nted-k3y"
# In the definition, which is nobody's to print.
HIDDEN = "pl4nted-t0ken"

# What it does may depend on the gateway's environment, so that one build is good in one gateway and bad in another.
SOURCE = """\
package main

import (
    "net/http"
    "os"
    "time"

    "github.com/TykTechnologies/tyk/log"
)

var logger = log.Get()

const version = "VERSION"

func init() {
    switch behaviour("MARK_INIT") {
    case "hang":
        time.Sleep(time.Hour)
    case "exit":
        logger.Error("this is the end")
        os.Exit(3)
    }
}

func behaviour(name string) string {
    if version == "v1" {
        return ""
    }
    return os.Getenv(name)
}

func Mark(w http.ResponseWriter, response *http.Response, r *http.Request) {
    if behaviour("MARK_HANDLER") != "absent" {
        response.Header.Set("X-Mark", version)
    }
}

func Check(w http.ResponseWriter, r *http.Request) {
    if behaviour("MARK_HANDLER") == "panic" {
        panic("no database")
    }
}

func Stamp(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Mark", version) }

func main() {}
"""


class Shelf:
    """Builds of one plugin, each in a folder of artifacts of its own."""

    def __init__(self, folder, workshop):
        self._folder, self._workshop = folder, workshop

    def build(self, label, version, plugin_id="auto", **gateway):
        source = self._folder / "sources" / label
        source.mkdir(parents=True)
        (source / "mark.go").write_text(SOURCE.replace("VERSION", version))
        values = {"gateway": str(self._workshop.checkout), "profile": self._workshop.profile, **gateway}
        plugins = [{"name": "mark", "source": str(source), "remote_src": True, "id": plugin_id}]
        common = {"profile": values["profile"], "goroot": str(self._workshop.goroot())}
        workspaces = str(self._folder / "workspaces" / label)
        self._workshop.run("go_workspace", plugins=plugins, path=workspaces, gateway=values["gateway"], **common)
        artifacts = self._folder / "artifacts" / label
        self._workshop.run("go_plugin_build", plugins=plugins, workspaces=workspaces, output=str(artifacts / "gw"), **common)
        return str(artifacts)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory, workshop):
    return Shelf(tmp_path_factory.mktemp("shelf"), workshop)


@pytest.fixture(scope="module")
def v1(shelf):
    return shelf.build("v1", "v1")


@pytest.fixture(scope="module")
def v2(shelf):
    return shelf.build("v2", "v2")


@pytest.fixture(scope="module")
def of_another_gateway(shelf, workshop, examples, tmp_path_factory):
    """A build for a gateway of one commit later."""
    folder = tmp_path_factory.mktemp("next")
    repository, checkout = folder / "repository", folder / "src"
    command = [sys.executable, str(examples / "make_repository.py"), str(repository), "--commit-extra"]
    subprocess.run(command, check=True, capture_output=True)
    workshop.run("git_checkout", repo=f"file://{repository}", version="release-5.99.0", dest=str(checkout))
    profile = workshop.run("tyk_gateway_info", checkout=str(checkout), version="release-5.99.0")["profile"]
    return shelf.build("next", "v3", gateway=str(checkout), profile=profile)


class Target(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_arguments):
        pass


@pytest.fixture(scope="module")
def target():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Host:
    """A gateway as a package lays it out, that runs, with one API."""

    def __init__(self, folder, binary, target, run_module, environment):
        self.folder, self.binary, self._run = folder, binary, run_module
        self.apps, self.middleware, self.state = folder / "apps", folder / "middleware", folder / "state"
        for path in (self.apps, self.middleware):
            path.mkdir(parents=True)
        self.port, self.config, self.log = free_port(), folder / "tyk.conf", folder / "log"
        self.environment = {"TYK_GW_SECRET": SECRET, **environment}
        values = {"listen_address": "127.0.0.1", "listen_port": self.port, "secret": "outranked", "app_path": "apps"}
        self.config.write_text(json.dumps({**values, "middleware_path": "middleware", "embedded_panic": environment.get("PANIC", "empty")}))
        self.definition = self.apps / "shop.json"
        # A number that Python would not write so, and an order that nobody sorts by.
        self.text = json.dumps(
            {
                "unknown": {"z": [1, "é"], "a": None, "auth_token": HIDDEN},
                "api_id": "shop",
                "name": "shop",
                "active": True,
                "use_keyless": True,
                "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
                "proxy": {"listen_path": "/shop/", "target_url": target, "strip_listen_path": True},
                "custom_middleware": {
                    "driver": "goplugin",
                    "pre": [{"name": "Check", "path": "middleware/mark.so"}],
                    "response": [{"path": "middleware/mark.so", "name": "Mark"}],
                },
            },
            ensure_ascii=False,
            indent=1,
        ).replace('"active": true', '"rate": 1.50e2, "active": true')
        self.definition.write_text(self.text)
        self.definition.chmod(0o640)
        self._keep = False
        self.process = None
        self.restart_file = folder / "restart.sh"
        # As systemctl restart does: it ends what runs, and starts another that outlives this command.
        start = f"setsid {shlex.quote(binary)} --conf tyk.conf >> log 2>&1 < /dev/null &"
        # Until it has a session of its own, it would be ended with this command.
        own = "until [ $(cut -d ' ' -f 6 /proc/$!/stat) = $! ]; do sleep 0.05; done"
        # A killed process holds its port for a moment more, in which another could not listen there.
        free = f"while grep -q ':{self.port:04X} 00000000:0000 0A ' /proc/net/tcp; do sleep 0.05; done"
        self.restart_file.write_text(f"cd {shlex.quote(str(folder))}\nkill -9 $(cat pid)\n{free}\n{start}\necho $! > pid\n{own}\n")
        self.start()

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [self.binary, "--conf", "tyk.conf"],
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        (self.folder / "pid").write_text(str(self.process.pid))
        until = time.monotonic() + 30
        while (self.answer("/ready") or [0])[0] != 200:
            assert self.process.poll() is None and time.monotonic() < until, self.log.read_text()
            time.sleep(0.02)

    def supervise(self):
        """Start it again when it ends, as systemd does."""

        def watch():
            while not self._keep:
                if self.process.poll() is not None and not self._keep:
                    with contextlib.suppress(AssertionError):
                        self.start()
                time.sleep(0.05)

        self._watch = threading.Thread(target=watch)
        self._watch.start()

    def stop(self):
        self._keep = True
        if hasattr(self, "_watch"):
            self._watch.join()
        for pid in dict.fromkeys((self.process.pid, int((self.folder / "pid").read_text()))):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def answer(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.getheader("X-Mark"), response.read()
        return None

    def mark(self):
        """(status, the version that marked the answer)."""
        answer = self.answer("/shop/")
        return answer and answer[:2]

    def options(self, artifacts, version, **more):
        return {
            "gateway": self.binary,
            "config": str(self.config),
            "state": str(self.state),
            "plugins": [{"name": "mark"}],
            "artifacts": artifacts,
            "health": [
                {"url": "/shop/", "headers": {"Authorization": KEY}, "expect": {"headers": {"X-Mark": f"^{version}$"}, "body": "ok"}}
            ],
            "health_timeout": 1,
            "reload_timeout": 3,
            "start_timeout": 10,
            **more,
        }

    def deploy(self, artifacts, version, check=False, diff=False, **more):
        result = self._run("tyk_plugin_deploy", check=check, diff=diff, **self.options(artifacts, version, **more))
        assert not any(secret in json.dumps(result) for secret in (SECRET, KEY, HIDDEN))
        return result

    @property
    def reloads(self):
        return self.log.read_text().count("Reload URL Structure - Scheduled")

    @property
    def definitions(self):
        return {path.name: path.read_text() for path in self.apps.iterdir()}

    def is_tidy(self):
        """Nothing is left of a run but what it deployed."""
        left = [path for folder in (self.apps, self.middleware, *self.state.iterdir()) for path in folder.iterdir()]
        return {path.name for path in left if not path.name.startswith("mark-")} == {"shop.json", "deployed.json", ".lock"} or left


@pytest.fixture
def host(tmp_path, workshop, target, run_module):
    """host(**environment): a gateway that runs."""
    made = []

    def host(**environment):
        made.append(Host(tmp_path / f"gw{len(made)}", workshop.gateway, target, run_module, environment))
        return made[-1]

    yield host
    for one in made:
        one.stop()


def good(result):
    assert not result.get("failed"), result
    return result


def test_a_first_deployment_shows_its_effect_and_the_second_run_does_nothing(host, v1):
    gateway = host()
    assert gateway.mark() == (500, None)
    foreseen = good(gateway.deploy(v1, "v1", check=True, diff=True))
    assert foreseen["changed"] and gateway.reloads == 0 and gateway.definitions == {"shop.json": gateway.text}
    assert [path.name for path in gateway.folder.iterdir() if path.name == "state"] == [] and not any(gateway.middleware.iterdir())
    assert re.search(r"custom_middleware\.pre\[0\]\.path: middleware/mark\.so\n", foreseen["diff"][0]["before"])
    assert any(step.startswith("place ") for step in foreseen["steps"]) and foreseen["steps"][-1] == "reload"

    result = good(gateway.deploy(v1, "v1"))
    assert result["changed"] and gateway.mark() == (200, "v1") and gateway.reloads == 1
    (one,) = result["deployed"]
    assert re.search(r"/middleware/mark-[0-9a-f]{12}_v5\.99\.0_linux_\w+\.so$", one["file"])
    # Nothing but the two paths has changed.
    name = re.sub(r"_v5\.99\.0_\w+\.so$", ".so", one["file"])
    assert gateway.definition.read_text() == gateway.text.replace("middleware/mark.so", name)
    assert gateway.definition.stat().st_mode & 0o777 == 0o640
    assert json.loads(pathlib.Path(result["record"]).read_text())["plugins"]["mark"]["sha256"] == one["sha256"]
    assert gateway.is_tidy() is True

    for check in (False, True):
        again = good(gateway.deploy(v1, "v1", check=check))
        assert (again["changed"], again["steps"], gateway.reloads) == (False, [], 1)


def test_an_update_costs_no_request_and_no_restart(host, v1, v2):
    gateway = host()
    good(gateway.deploy(v1, "v1"))
    seen, done = [], threading.Event()

    def client():
        while not done.is_set():
            seen.append(gateway.mark())

    def asks_again():
        """A request under way may have begun before; the one after it has not."""
        wanted, end = len(seen) + 2, time.monotonic() + 60
        while len(seen) < wanted and time.monotonic() < end:
            time.sleep(0.01)

    asking = threading.Thread(target=client)
    asking.start()
    try:
        asks_again()
        result = good(gateway.deploy(v2, "v2"))
        pid = gateway.process.pid
        back = good(gateway.deploy(v1, "v1", keep=0))
        asks_again()
    finally:
        done.set()
        asking.join()
    assert gateway.process.poll() is None and result["gateway"]["pid"] == back["gateway"]["pid"] == pid
    # The client asked all the time, for it saw both, and what came first and last.
    assert {(200, "v1"), (200, "v2")} == set(seen) and seen[0] == seen[-1] == (200, "v1")
    # keep: 0 leaves the artifact that is deployed alone.
    assert [str(path) for path in gateway.middleware.iterdir()] == [back["deployed"][0]["file"]]
    assert gateway.is_tidy() is True


@pytest.mark.parametrize("panic", ["empty", "close"])
def test_a_handler_that_panics_goes_back(host, v1, v2, panic):
    gateway = host(MARK_HANDLER="panic", PANIC=panic)
    good(gateway.deploy(v1, "v1"))
    goes_back(gateway, v2, gateway.definitions)


def test_an_effect_that_is_absent_goes_back(host, v1, v2):
    gateway = host(MARK_HANDLER="absent")
    good(gateway.deploy(v1, "v1"))
    result = goes_back(gateway, v2, gateway.definitions)
    assert "header X-Mark is not there, expected ^v2$" in result["msg"]


def test_documents_and_endpoints_get_the_new_build_too(host, v1, v2, target):
    """An OpenAPI document is two files; an API with nothing but a plugin of an endpoint is read again only if its definition changes."""
    gateway = host()
    extension = {
        "info": {"name": "doc", "id": "doc", "state": {"active": True}},
        "upstream": {"url": target},
        "server": {"listenPath": {"value": "/doc/", "strip": True}},
        "middleware": {
            "global": {
                "pluginConfig": {"driver": "goplugin"},
                "responsePlugins": [{"enabled": True, "functionName": "Mark", "path": "middleware/mark.so"}],
            }
        },
    }
    document = {"openapi": "3.0.3", "info": {"title": "doc", "version": "1"}, "paths": {}, "x-tyk-api-gateway": extension}
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("POST", "/tyk/apis/oas", json.dumps(document), {"X-Tyk-Authorization": SECRET})
        assert connection.getresponse().status == 200
    stamp = {"path": "/", "method": "GET", "plugin_path": "middleware/mark.so", "func_name": "Stamp"}
    version = {"name": "Default", "use_extended_paths": True, "extended_paths": {"go_plugin": [stamp]}}
    versions = {"not_versioned": True, "versions": {"Default": version}}
    edge = {**json.loads(gateway.text), "api_id": "edge", "name": "edge", "version_data": versions}
    edge = {**edge, "proxy": {**edge["proxy"], "listen_path": "/edge/"}, "custom_middleware": {}}
    (gateway.apps / "edge.json").write_text(json.dumps(edge))
    assert sorted(gateway.definitions) == ["doc-oas.json", "doc.json", "edge.json", "shop.json"]
    for artifacts, mark in ((v1, "v1"), (v2, "v2")):
        health = [{"url": f"/{api}/", "expect": {"headers": {"X-Mark": f"^{mark}$"}}} for api in ("shop", "doc", "edge")]
        result = good(gateway.deploy(artifacts, mark, health=health))
        assert len(result["deployed"][0]["definitions"]) == 4 and result["findings"] == []
        (path,) = {path for text in gateway.definitions.values() for path in re.findall(r'"([^"]*mark[^"]*\.so)"', text)}
        assert pathlib.Path(path).name in pathlib.Path(result["deployed"][0]["file"]).name.replace("_v5.99.0_linux_amd64", "")


def goes_back(gateway, artifacts, definitions, **more):
    result = gateway.deploy(artifacts, "v2", **more)
    assert result["failed"] and result["rolled_back"], result
    assert "the gateway answers as it did before" in result["msg"]
    assert gateway.definitions == definitions and gateway.mark() == (200, "v1")
    assert gateway.is_tidy() is True
    return result


def test_an_init_that_hangs_is_found_out_before_the_gateway_meets_it(host, v1, v2):
    gateway = host()
    good(gateway.deploy(v1, "v1"))
    before = gateway.definitions, sorted(gateway.middleware.iterdir())
    plugins = [{"name": "mark", "load_environment": {"MARK_INIT": "hang"}}]
    result = gateway.deploy(v2, "v2", plugins=plugins, load_timeout=1)
    assert result["failed"] and "plugin-init-fails" in result["findings"] and not result.get("rolled_back"), result
    assert (gateway.definitions, sorted(gateway.middleware.iterdir())) == before and gateway.reloads == 1


@pytest.mark.full
def test_an_init_that_hangs_in_the_gateway_goes_back_by_a_restart(host, v1, v2):
    gateway = host(MARK_INIT="hang")
    good(gateway.deploy(v1, "v1"))
    definitions = gateway.definitions
    alone = gateway.deploy(v2, "v2", reload_timeout=1)
    assert alone["failed"] and "the reload did not end within 1 seconds" in alone["msg"]
    assert "takes nothing new until it is restarted" in alone["msg"]
    assert gateway.definitions == definitions and gateway.mark() == (200, "v1")
    # The first attempt fails, as with systemd where a service has ended too often in a short time.
    first = f"[ -e {gateway.folder}/asked ] || {{ touch {gateway.folder}/asked; echo repeated too quickly >&2; exit 1; }}"
    restart = ["sh", "-c", f"{first}; sh {gateway.restart_file}"]
    goes_back(gateway, v2, definitions, reload_timeout=1, restart_command=restart)


def test_an_init_that_ends_the_gateway_goes_back(host, v1, v2):
    gateway = host(MARK_INIT="exit")
    good(gateway.deploy(v1, "v1"))
    gateway.supervise()
    result = goes_back(gateway, v2, gateway.definitions)
    assert "went away while it reloaded" in result["msg"]


def test_a_plugin_for_another_gateway_is_refused_before_anything_is_copied(host, v1, of_another_gateway):
    gateway = host()
    good(gateway.deploy(v1, "v1"))
    before = gateway.definitions, sorted(gateway.middleware.iterdir())
    for check in (False, True):
        result = gateway.deploy(of_another_gateway, "v3", check=check)
        assert result["failed"] and "nothing was changed" in result["msg"] and "gateway-source-differs" in result["findings"], result
    assert (gateway.definitions, sorted(gateway.middleware.iterdir())) == before and gateway.reloads == 1


def test_an_artifact_that_is_not_that_of_its_record_is_refused(host, v1, tmp_path):
    gateway = host()
    (record,) = pathlib.Path(v1).glob("*/*.json")
    (tmp_path / record.name).write_text(record.read_text())
    (tmp_path / record.stem).write_bytes(pathlib.Path(str(record)[: -len(".json")]).read_bytes()[:-1])
    result = gateway.deploy(str(tmp_path), "v1")
    assert result["failed"] and "is not the artifact of its record" in result["msg"]
    assert not any(gateway.middleware.iterdir())


@pytest.mark.full
def test_a_build_without_an_id_needs_a_restart(host, shelf):
    first, second = shelf.build("plain1", "v1", ""), shelf.build("plain2", "v2", "")
    gateway = host()
    good(gateway.deploy(first, "v1"))
    refused = gateway.deploy(second, "v2")
    assert refused["failed"] and "plugin-path-taken" in refused["findings"] and "id: auto" in refused["msg"]
    assert gateway.mark() == (200, "v1") and gateway.reloads == 1
    result = good(gateway.deploy(second, "v2", restart_command=["sh", str(gateway.restart_file)]))
    assert "restarted the gateway" in result["steps"] and gateway.mark() == (200, "v2")


def test_for_definitions_that_a_dashboard_owns_artifacts_are_placed_and_paths_named(host, v1):
    gateway = host()
    values = json.loads(gateway.config.read_text())
    gateway.config.write_text(json.dumps({**values, "use_db_app_configs": True}))
    result = gateway.deploy(v1, "v1")
    assert result["failed"] and "come from a dashboard" in result["msg"] and "mode: place" in result["msg"]
    for check, changed in ((True, True), (False, True), (False, False), (True, False)):
        result = good(gateway.deploy(v1, "v1", check=check, mode="place"))
        assert result["changed"] == changed and gateway.reloads == 0 and gateway.definitions == {"shop.json": gateway.text}
        (one,) = result["to_name"]
        places = [(hook["definition"], hook["place"], hook["path"]) for hook in one["hooks"]]
        expected = ["custom_middleware.pre[0].path", "custom_middleware.response[0].path"]
        assert places == [("API shop (shop)", place, "middleware/mark.so") for place in expected]
        assert f"mark: let the path be {one['path']} (API shop (shop) custom_middleware.pre[0].path, " in result["msg"]
        assert any(gateway.middleware.iterdir()) == (not check or not changed)
    # The dashboard names it, and no gateway has heard of that yet.
    gateway.definition.write_text(gateway.text.replace("middleware/mark.so", one["path"]))
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)) as connection:
        connection.request("GET", "/tyk/reload?block=true", headers={"X-Tyk-Authorization": SECRET})
        assert connection.getresponse().status == 200
    result = good(gateway.deploy(v1, "v1", mode="place"))
    assert (result["changed"], result["to_name"], gateway.mark()) == (False, [], (200, "v1"))
    assert json.loads(pathlib.Path(result["record"]).read_text())["plugins"]["mark"]["file"] == result["deployed"][0]["file"]
    # What does not work is said, with the way back.
    result = gateway.deploy(v1, "v7", mode="place")
    assert result["failed"] and "name the earlier path there" in result["msg"] and gateway.is_tidy() is True


def test_a_restart_takes_the_gateway_out_of_traffic_first(host, v1, v2, tmp_path):
    gateway = host()
    notes = tmp_path / "notes"
    gateway.restart_file.write_text(f"echo restart >> {notes}\n{gateway.restart_file.read_text()}")

    def note(word):
        return ["sh", "-c", f"echo {word} >> {notes}"]

    more = {"mode": "restart", "drain_command": note("drain"), "resume_command": note("resume")}
    assert "needs to know how" in gateway.deploy(v1, "v1", **more)["msg"]
    both = gateway.deploy(v1, "v1", **more, restart_command=["true"], restart_service="tyk-gateway")
    assert both["failed"] and "restart_service" in both["msg"] and not notes.exists()
    more["restart_command"] = ["sh", str(gateway.restart_file)]
    good(gateway.deploy(v1, "v1", **more))
    assert notes.read_text().split() == ["drain", "restart", "resume"] and gateway.mark() == (200, "v1") and gateway.reloads == 0
    again = good(gateway.deploy(v1, "v1", **more))
    assert not again["changed"] and len(notes.read_text().split()) == 3
    # What cannot be taken out of traffic is not restarted.
    before = gateway.definitions
    result = gateway.deploy(v2, "v2", **{**more, "drain_command": ["false"]})
    assert result["failed"] and result["rolled_back"] and "the gateway was not restarted: the drain command failed" in result["msg"], result
    assert notes.read_text().split() == ["drain", "restart", "resume", "resume"] and gateway.mark() == (200, "v1")
    assert gateway.definitions == before and gateway.reloads == 1
    # On the way back it is drained already.
    notes.unlink()
    result = gateway.deploy(v2, "v3", **more)
    assert result["failed"] and result["rolled_back"], result
    assert notes.read_text().split() == ["drain", "restart", "restart", "resume"] and gateway.mark() == (200, "v1")
    notes.unlink()
    result = gateway.deploy(v2, "v2", **{**more, "resume_command": ["false"]})
    assert result["failed"] and "the gateway stays out of traffic" in result["msg"] and gateway.mark() == (200, "v2")
    assert gateway.is_tidy() is True


def test_an_endpoint_whose_definition_names_the_file_already_needs_a_restart(host, v1):
    """Tyk reads a definition with plugins of endpoints alone again only if it has changed."""
    gateway = host()
    stamp = {"path": "/", "method": "GET", "plugin_path": "middleware/mark.so", "func_name": "Stamp"}
    version = {"name": "Default", "use_extended_paths": True, "extended_paths": {"go_plugin": [stamp]}}
    shop = {**json.loads(gateway.text), "custom_middleware": {}}
    gateway.definition.write_text(json.dumps({**shop, "version_data": {"not_versioned": True, "versions": {"Default": version}}}))
    (artifact,) = [one["file"] for one in good(gateway.deploy(v1, "v1"))["deployed"]]
    restart = ["sh", str(gateway.restart_file)]
    os.unlink(artifact)
    subprocess.run(restart, check=True)
    wait_until(lambda: gateway.mark() == (500, None))
    result = gateway.deploy(v1, "v1")
    assert result["failed"] and "only if it has changed" in result["msg"] and gateway.mark() == (500, None)
    result = good(gateway.deploy(v1, "v1", restart_command=restart))
    assert "restarted the gateway" in result["steps"] and gateway.mark() == (200, "v1")


def wait_until(good):
    until = time.monotonic() + 30
    while not good():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_wrong_secret_is_found_out_before_anything_changes(host, v1):
    gateway = host()
    result = gateway.deploy(v1, "v1", secret="not-the-secret")
    assert result["failed"] and "does not take the secret" in result["msg"] and "not-the-secret" not in json.dumps(result)
    assert gateway.definitions == {"shop.json": gateway.text} and not any(gateway.middleware.iterdir())


def test_of_two_runs_at_once_one_waits_and_finds_nothing_to_do(host, v1, collections, tmp_path):
    gateway = host()
    arguments = tmp_path / "arguments.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": gateway.options(v1, "v1")}))
    command = [sys.executable, "-m", "ansible_collections.goplugins.tyk.plugins.modules.tyk_plugin_deploy", str(arguments)]
    runs = [
        subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(collections)}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        for _number in range(2)
    ]
    results = [good(json.loads(run.communicate(timeout=60)[0])) for run in runs]
    assert sorted(result["changed"] for result in results) == [False, True] and gateway.reloads == 1
    assert gateway.mark() == (200, "v1") and gateway.is_tidy() is True


def run_in_fork(arguments, output, kill_at=0, kill_after=None, module=tyk_plugin_deploy):
    """Run a module in a copy of this process, as starting Python anew takes longer than all the rest. Returns its exit status.

    kill_at: the module is killed right before the so-manieth time that it replaces a file, removes one, or sends a request; 0 for never.
    kill_after: it is killed so many seconds after its start, if it still runs then.
    """
    child = os.fork()
    if not child:
        left = [kill_at]

        def counted(function):
            def call(*words, **more):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*words, **more)

            return call

        try:
            os.replace, os.unlink = counted(os.replace), counted(os.unlink)
            http.client.HTTPConnection.request = counted(http.client.HTTPConnection.request)
            sys.argv = [module.__name__, str(arguments)]
            sys.stdout = output.open("w")
            module.main()
        except SystemExit as end:
            sys.stdout.flush()
            os._exit(end.code or 0)
        finally:
            os._exit(99)
    if kill_after is None:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    until = time.monotonic() + kill_after
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.005)


def test_whenever_a_run_is_killed_the_gateway_serves_and_the_next_run_ends_it(host, v1, v2, tmp_path):
    gateway = host()
    artifacts = {"v1": v1, "v2": v2}
    arguments, output = tmp_path / "arguments.json", tmp_path / "output.json"

    def deploy(version, kill_at=0):
        options = gateway.options(artifacts[version], version, load=False, keep=0)
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
        return run_in_fork(arguments, output, kill_at)

    assert deploy("v1") == 0, output.read_text()
    now = "v1"
    for number in range(1, 100):
        other = "v2" if now == "v1" else "v1"
        ended = deploy(other, number)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL, (number, output.read_text())
        assert gateway.mark() in ((200, "v1"), (200, "v2"))
        # A gateway that is started now finds a whole definition, and the whole file that it names.
        hooks = json.loads(gateway.definition.read_text())["custom_middleware"]
        (path,) = {hooks["pre"][0]["path"], hooks["response"][0]["path"]}
        (file,) = gateway.middleware.glob(pathlib.Path(path).stem + "_v5.99.0_*.so")
        assert hashlib.sha256(file.read_bytes()).hexdigest().startswith(pathlib.Path(path).stem.rpartition("-")[2])
        # The next run wants the same, or what was there before.
        now = other if number % 2 else now
        assert deploy(now) == 0, (number, output.read_text())
        assert gateway.mark() == (200, now) and gateway.is_tidy() is True, number
    # The journal, the artifact, the definition, the reload, what it shows, and what is left to remove.
    assert number > 12 and gateway.mark() == (200, other)


def test_killed_at_random_moments_it_never_leaves_an_api_without_its_plugin(host, v1, v2, tmp_path):
    """Four kills, or fifty with FULL=1. The client asks all the time, also in between and during the run that follows."""
    gateway = host()
    artifacts = {"v1": v1, "v2": v2}
    arguments, output = tmp_path / "arguments.json", tmp_path / "output.json"

    seen, done, ended = collections.Counter(), threading.Event(), []

    def client():
        while not done.is_set():
            seen[gateway.mark()] += 1
            time.sleep(0.005)

    def deploy(version, moment=None):
        options = gateway.options(artifacts[version], version, load=False, keep=0)
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
        ended.append(run_in_fork(arguments, output, kill_after=moment))
        return ended[-1]

    assert deploy("v1") == 0, output.read_text()
    start = time.monotonic()
    assert deploy("v2") == 0, output.read_text()
    longest, chance = time.monotonic() - start, random.Random(50)
    asking = threading.Thread(target=client)
    asking.start()
    try:
        # One that has ended before its moment was not killed.
        while ended.count(-signal.SIGKILL) < (50 if os.environ.get("FULL") == "1" else 4):
            version = ("v1", "v2")[len(ended) // 2 % 2]
            moment = chance.uniform(0, longest)
            assert deploy(version, moment) in (0, -signal.SIGKILL), output.read_text()
            assert deploy(version) == 0, (moment, output.read_text())
            assert gateway.mark() == (200, version) and gateway.is_tidy() is True, moment
    finally:
        done.set()
        asking.join()
    assert set(seen) == {(200, "v1"), (200, "v2")}, (ended, seen)


# --- The playbook ---------------------------------------------------------------------------------------------------------------------

# A connection that runs here and does not say so: what is on the controller must be carried.
FARAWAY = """\
from ansible.errors import AnsibleError
from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = "name: faraway\\nshort_description: faraway\\ndescription: faraway\\nauthor: nobody"


class Connection(Local):
    transport = "faraway"

    def exec_command(self, *words, **more):
        with open(__file__ + ".log", "a") as log:
            log.write("command\\n")
        if self._play_context.remote_user == "denied":
            raise AnsibleError("Missing sudo password")
        return super().exec_command(*words, **more)
"""


@pytest.fixture
def play(repository, tmp_path):
    """play(hosts: name -> variables, *words, playbook="deploy_plugins", **variables) -> (return code, output)."""
    connections = tmp_path / "connections"
    connections.mkdir()
    (connections / "faraway.py").write_text(FARAWAY)

    def run(hosts, *words, playbook="deploy_plugins", **variables):
        inventory = {"gateways": {"hosts": hosts}}
        (tmp_path / "inventory.json").write_text(json.dumps(inventory))
        (tmp_path / "variables.json").write_text(json.dumps(variables))
        path = str(repository / "playbooks" / f"{playbook}.yml")
        command = ["ansible-playbook", "-i", str(tmp_path / "inventory.json"), "-e", f"@{tmp_path}/variables.json", *words, path]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"],
            "ANSIBLE_CONNECTION_PLUGINS": str(connections),
            "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
        }
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        output = done.stdout + done.stderr
        assert not any(secret in output for secret in (SECRET, KEY, HIDDEN)), output
        return done.returncode, output

    return run


def variables(gateway, **more):
    return {
        "ansible_connection": "faraway",
        "ansible_python_interpreter": sys.executable,
        "tyk_gateway_binary": gateway.binary,
        "tyk_gateway_config": str(gateway.config),
        "plugin_deploy_state": str(gateway.state),
        "plugin_deploy_health_timeout": 1,
        **more,
    }


def common(gateway, artifacts, version):
    health = gateway.options(artifacts, version)["health"]
    plugins = [{"name": "mark", "source": artifacts}]
    return {"tyk_gateway_hosts": "gateways", "tyk_plugins": plugins, "tyk_artifacts": artifacts, "tyk_deploy_health": health}


def states(output):
    """From host to what the closing table says of it."""
    return dict(re.findall(r"^(gw\d) +mark +\S+ +(\w+(?: \w+)*)", output.partition("PLAY [Report]")[2], re.MULTILINE))


def test_a_fleet_is_deployed_to_in_batches_and_no_secret_is_printed(host, play, v1, tmp_path, count_results):
    gateway = host()
    away = {
        "ansible_connection": "ssh",
        "ansible_host": "192.0.2.1",
        "ansible_port": 9,
        "ansible_ssh_timeout": 1,
        "plugin_deploy_load": False,
    }
    hosts = {"gw0": variables(gateway), "gw1": {**variables(gateway), **away}}
    more = {**common(gateway, v1, "v1"), "tyk_deploy_max_fail_percentage": 100}
    code, output = play(hosts, "-vvv", "--check", "--diff", **more)
    assert code != 0 and states(output) == {"gw0": "to be deployed", "gw1": "unknown"}, output
    assert gateway.reloads == 0 and "+custom_middleware.pre[0].path: " in output
    code, output = play(hosts, "-vvv", **more, tyk_gateway_secret=SECRET)
    assert code != 0 and states(output) == {"gw0": "deployed", "gw1": "unknown"}, output
    assert gateway.mark() == (200, "v1") and gateway.is_tidy() is True
    assert re.search(r"^gw0 +: .*\bchanged=1 .*\bfailed=0", output, re.MULTILINE), output
    # A host on which nothing changed is asked once.
    log = tmp_path / "connections" / "faraway.py.log"
    log.unlink()
    code, output = play(hosts, "--limit", "gw0", **more)
    assert code == 0 and states(output) == {"gw0": "unchanged"}, output
    assert [len(names) for names in count_results().values()] == [1] and log.read_text() == "command\n", output


def test_only_what_was_signed_is_deployed_and_everything_else_is_said(host, play, v1, tmp_path):
    gateway = host()
    dist, (private, public), (_private, other) = tmp_path / "dist", attested.write_keys(tmp_path), attested.write_keys(tmp_path, "another")
    shutil.copytree(v1, dist)
    (record,) = dist.glob("*/*.so.json")
    artifact = str(record)[: -len(".json")]
    more, hosts = common(gateway, str(dist), "v1"), {"gw0": variables(gateway)}

    attestations.write(artifact, sha256_file(str(record)), Verdict("loads", "yes"), "", dsse.signer(private, private))
    code, output = play(hosts, **more, tyk_signers=[other])
    assert code != 0 and "is signed by another key" in output and states(output) == {"gw0": "refused"}, output
    assert not any(gateway.middleware.iterdir()) and gateway.reloads == 0

    text = pathlib.Path(artifact).read_bytes()
    pathlib.Path(artifact).write_bytes(text[:-1] + bytes([text[-1] ^ 1]))
    code, output = play(hosts, **more, tyk_signers=[public])
    assert code != 0 and f"{artifact} is not the artifact of its record" in output, output
    assert not any(gateway.middleware.iterdir()) and gateway.reloads == 0
    pathlib.Path(artifact).write_bytes(text)
    code, output = play(hosts, **more, tyk_signers=[public])
    assert code == 0 and states(output) == {"gw0": "deployed"} and gateway.mark() == (200, "v1"), output

    asked = {"tyk_gateway_hosts": "gateways", "tyk_artifacts": str(dist), "tyk_plugin_folders": [str(gateway.middleware)]}
    code, output = play(hosts, playbook="verify_plugins", **asked, tyk_signers=[public])
    assert code == 0 and "not-signed" not in output, output
    code, output = play(hosts, playbook="verify_plugins", **asked, tyk_signers=[other])
    assert code != 0 and "not-signed" in output and "no key of tyk_signers signed the file" in output, output


def test_hosts_after_one_that_fails_are_left_alone(host, play, v1, v2):
    first, second = host(MARK_HANDLER="panic"), host()
    good(first.deploy(v1, "v1"))
    before = second.definitions
    hosts = {"gw0": variables(first), "gw1": variables(second)}
    code, output = play(hosts, **common(first, v2, "v2"), tyk_deploy_serial=1)
    assert code != 0 and states(output) == {"gw0": "went back", "gw1": "not begun"}, output
    assert first.mark() == (200, "v1") and second.definitions == before


def test_a_host_that_denies_its_user_keeps_no_other_from_its_turn(host, play, v1):
    gateway = host()
    hosts = {"gw0": {**variables(gateway), "ansible_user": "denied"}, "gw1": variables(gateway)}
    code, output = play(hosts, **common(gateway, v1, "v1"), tyk_deploy_serial=1, tyk_deploy_max_fail_percentage=100)
    assert code != 0 and states(output) == {"gw0": "refused", "gw1": "deployed"}, output
    assert re.search(r"^gw0 mark: Missing sudo password$", output, re.MULTILINE) and gateway.mark() == (200, "v1")


# --- The upgrade of a gateway ---------------------------------------------------------------------------------------------------------

NEXT = "v5.100.0"


@pytest.fixture(scope="module")
def following(tmp_path_factory, workshop, examples, shelf, v1):
    """The next release of the gateway: its binary, its repository, and a folder with the plugin for both releases."""

    class Following:
        folder = tmp_path_factory.mktemp("following")
        repository, artifacts = folder / "repository", folder / "artifacts"
        binary = str(folder / "tyk")

    script = [sys.executable, str(examples / "make_repository.py"), str(Following.repository), "--commit-extra"]
    subprocess.run(script, check=True, capture_output=True)
    tag = ["git", "--git-dir", str(Following.repository), "update-ref", f"refs/tags/{NEXT}", "refs/heads/master"]
    subprocess.run(tag, check=True)
    checkout = str(Following.folder / "src")
    workshop.run("git_checkout", repo=f"file://{Following.repository}", version=NEXT, dest=checkout)
    profile = workshop.run("tyk_gateway_info", checkout=checkout, version=NEXT)["profile"]
    workshop.run("tyk_gateway_build", **{**workshop.gateway_options, "checkout": checkout, "profile": profile, "path": Following.binary})
    Following.artifacts.mkdir()
    (Following.artifacts / "now").symlink_to(pathlib.Path(v1) / "gw")
    next_build = shelf.build("v1-next", "v1-next", gateway=checkout, profile=profile)
    (Following.artifacts / "next").symlink_to(pathlib.Path(next_build) / "gw")
    return Following


@pytest.fixture
def own(tmp_path, workshop, target, run_module):
    """own(): a gateway with a binary of its own, which can be replaced."""
    made = []

    def own():
        binary = tmp_path / f"bin{len(made)}" / "tyk"
        binary.parent.mkdir()
        shutil.copy(workshop.gateway, binary)
        made.append(Host(tmp_path / f"own{len(made)}", str(binary), target, run_module, {}))
        return made[-1]

    yield own
    for one in made:
        one.stop()


def staging(gateway, artifacts):
    return {
        "gateway": gateway.binary,
        "config": str(gateway.config),
        "state": str(gateway.state),
        "version": NEXT,
        "plugins": [{"name": "mark"}],
        "artifacts": str(artifacts),
    }


def stage(gateway, artifacts, check=False, **more):
    return gateway._run("tyk_plugin_stage", check=check, **{**staging(gateway, artifacts), **more})


def upgrade(gateway, binary):
    """As a package does it: another file in the place of the binary, and a restart."""
    shutil.copy(binary, f"{gateway.binary}.new")
    os.replace(f"{gateway.binary}.new", gateway.binary)
    subprocess.run(["sh", str(gateway.restart_file)], check=True, stdin=subprocess.DEVNULL)


def test_a_definition_is_right_for_both_gateways_at_every_moment_of_an_upgrade(host, own, v1, v2, following):
    gateway = own()
    good(gateway.deploy(v1, "v1"))
    text, placed = gateway.definition.read_text(), set(gateway.middleware.iterdir())
    foreseen = good(stage(gateway, following.artifacts, check=True))
    assert foreseen["changed"] and foreseen["ready"] and set(gateway.middleware.iterdir()) == placed

    result = good(stage(gateway, following.artifacts))
    ((new,),) = (set(gateway.middleware.iterdir()) - placed,)
    assert result["changed"] and result["plugins"][0]["file"] == str(new) and new.name.endswith(f"_{NEXT}_linux_amd64.so")
    assert (result["gateway"], result["next"], result["upgraded"]) == ("v5.99.0", NEXT, False)
    assert gateway.definition.read_text() == text and gateway.reloads == 1
    assert not good(stage(gateway, following.artifacts))["changed"] and not good(gateway.deploy(str(following.artifacts), "v1"))["changed"]
    # The gateway of before may read its definitions again, and be started again, and serves what it did.
    for again in (0, 1):
        if again:
            subprocess.run(["sh", str(gateway.restart_file)], check=True, stdin=subprocess.DEVNULL)
            good(stage(gateway, following.artifacts, version="v5.99.0", wait=30))
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", "/tyk/reload?block=true", headers={"X-Tyk-Authorization": "outranked" if again else SECRET})
            assert connection.getresponse().status == 200
        assert gateway.mark() == (200, "v1")

    waited = stage(gateway, following.artifacts, wait=0.1)
    assert waited["failed"] and f"is gateway v5.99.0, not {NEXT}" in waited["msg"]
    upgrade(gateway, following.binary)
    assert good(stage(gateway, following.artifacts, wait=30))["upgraded"]
    # It serves before anybody looks, and whoever looks finds nothing to do.
    assert gateway.mark() == (200, "v1-next")
    reloads = gateway.reloads
    options = {"check": False, "keep": 2}
    after = good(gateway.deploy(str(following.artifacts), "v1-next", **options))
    assert not after["changed"] and after["deployed"][0]["file"] == str(new) and gateway.reloads == reloads
    assert gateway.definition.read_text() == text and good(stage(gateway, following.artifacts))["upgraded"]
    # What is left for going back stays as long as keep says.
    assert len(set(gateway.middleware.iterdir())) == 2
    cleaned = good(gateway.deploy(str(following.artifacts), "v1-next", keep=0))
    assert cleaned["changed"] and list(gateway.middleware.iterdir()) == [new]
    assert not good(gateway.deploy(str(following.artifacts), "v1-next", keep=0))["changed"] and gateway.is_tidy() is True


def test_whenever_placing_for_the_next_gateway_is_killed_nothing_is_there_by_halves(own, v1, following, tmp_path):
    gateway = own()
    good(gateway.deploy(v1, "v1"))
    placed, wanted = set(gateway.middleware.glob("*.so")), {path.read_bytes() for path in (following.artifacts / "next").glob("*.so")}
    arguments, output = tmp_path / "arguments.json", tmp_path / "output.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": staging(gateway, following.artifacts)}))
    for number in range(1, 100):
        ended = run_in_fork(arguments, output, number, module=tyk_plugin_stage)
        new = set(gateway.middleware.glob("*.so")) - placed
        assert {path.read_bytes() for path in new} <= wanted, number
        if ended == 0:
            break
        assert ended == -signal.SIGKILL, (number, output.read_text())
        assert run_in_fork(arguments, output, module=tyk_plugin_stage) == 0, (number, output.read_text())
        assert gateway.is_tidy() is True, number
        (new,) = set(gateway.middleware.glob("*.so")) - placed
        assert {new.read_bytes()} == wanted and gateway.mark() == (200, "v1")
        new.unlink()
    assert number > 1 and len(new) == 1


def test_what_is_not_ready_for_the_next_gateway_is_named_and_nothing_is_placed(own, v1, following):
    gateway = own()

    def refused(artifacts=following.artifacts, **more):
        result = good(stage(gateway, artifacts, **more))
        assert not result["ready"] and not result["changed"] and before == {path.name for path in gateway.middleware.iterdir()}, result
        return {one["name"]: one["message"] for one in result["plugins"] if not one["ready"]}

    before = set()
    assert "there is no artifact of mark for a gateway v5.101.0" in refused(version="v5.101.0")["mark"]
    good(gateway.deploy(v1, "v1"))
    before = {path.name for path in gateway.middleware.iterdir()}
    # Built for another gateway than it says: the binary of the next one knows it.
    assert "[gateway-source-differs]" in refused(binary=following.binary, artifacts=mislabelled(following, gateway))["mark"]
    # A second plugin, of which nobody thought.
    other = gateway.apps / "other.json"
    path = gateway.middleware / "other.so"
    shutil.copy(next(path for path in gateway.middleware.iterdir()), path)
    before.add("other.so")
    value = json.loads(gateway.text)
    hooks = {"driver": "goplugin", "pre": [{"name": "Check", "path": str(path)}]}
    other.write_text(json.dumps({**value, "api_id": "other", "custom_middleware": hooks}))
    assert "nothing says whether gateway v5.100.0 loads" in refused()[str(path)]
    assert "[gateway-source-differs]" in refused(binary=following.binary)[str(path)]
    # An analytics plugin is named by its very file.
    mark = json.loads(gateway.definition.read_text())["custom_middleware"]["pre"][0]["path"]
    analytics = {"enable": True, "plugin_path": mark, "func_name": "Mark"}
    other.write_text(json.dumps({**value, "custom_middleware": {}, "analytics_plugin": analytics}))
    old = good(stage(gateway, following.artifacts, version="v5.14.0"))
    assert not old["ready"]
    other.unlink()
    path.unlink()
    before.remove("other.so")
    # Somebody else's file in the place.
    (gateway.middleware / f"{pathlib.Path(mark).stem}_{NEXT}_linux_amd64.so").write_text("mine")
    before.add(f"{pathlib.Path(mark).stem}_{NEXT}_linux_amd64.so")
    assert "was not placed by an earlier run" in refused()["mark"]
    assert gateway.mark() == (200, "v1") and gateway.reloads == 1


def mislabelled(following, gateway):
    """The artifact for the gateway of now, whose record says that it is for the next one."""
    folder = gateway.folder / "mislabelled"
    folder.mkdir()
    name = "mark_v5.99.0_linux_amd64.so"
    shutil.copy(following.artifacts / "now" / name, folder / f"mark_{NEXT}_linux_amd64.so")
    record = json.loads((following.artifacts / "now" / f"{name}.json").read_text())
    record["profile"]["version"] = NEXT
    (folder / f"mark_{NEXT}_linux_amd64.so.json").write_text(json.dumps(record))
    return folder


TASKS = """\
- name: Install the next gateway
  ansible.builtin.copy:
    src: "{{ next_binary }}"
    dest: "{{ tyk_gateway_binary }}"
    mode: '0755'
    remote_src: true

- name: Migrate what only this site has
  ansible.builtin.command: "{{ migration | default('true') }}"
  changed_when: true

- name: Start the next gateway
  ansible.builtin.command: sh {{ restart_file }}
  environment: "{{ gateway_environment | default({}) }}"
  changed_when: true
"""


def upgrade_states(output):
    """From host to what the closing table says of it."""
    return dict(re.findall(r"^(gw\d) +mark +\S+ +\S+ +(\w+(?: \w+)*)", output.rpartition("PLAY [Report]")[2], re.MULTILINE))


@pytest.mark.full
def test_gateways_are_upgraded_in_batches_where_all_plugins_are_ready(own, play, v1, following, workshop, tmp_path):
    gateways = [own() for _number in range(3)]
    for gateway in gateways:
        good(gateway.deploy(v1, "v1"))
    # The last one is not ready: something else is in the place.
    text = json.loads(gateways[2].definition.read_text())["custom_middleware"]["pre"][0]["path"]
    in_the_way = gateways[2].middleware / f"{pathlib.Path(text).stem}_{NEXT}_linux_amd64.so"
    in_the_way.write_text("mine")
    tasks = tmp_path / "upgrade.yml"
    tasks.write_text(TASKS)
    hosts = {
        f"gw{number}": {**variables(gateway), "restart_file": str(gateway.restart_file), "next_binary": following.binary}
        for number, gateway in enumerate(gateways)
    }
    more = {
        **common(gateways[0], str(tmp_path / "artifacts"), "(v1|built)"),
        "tyk_upgrade_version": NEXT,
        "tyk_upgrade_tasks": str(tasks),
        "tyk_deploy_serial": 1,
        # This run's own build, by a Go that is there.
        "tyk_gateway_repo": f"file://{following.repository}",
        "tyk_workspace_root": str(tmp_path / "root"),
        "go_toolchain_root": str(workshop.goroot().parent),
        "tyk_plugins": [{"name": "mark", "source": str(tmp_path / "plugin"), "id": "auto"}],
    }
    (tmp_path / "plugin").mkdir()
    (tmp_path / "plugin" / "mark.go").write_text(SOURCE.replace("VERSION", "built"))

    # Check mode: the build would be for the next gateway, and no gateway changes. The artifacts lie there from elsewhere.
    there = {"tyk_artifacts": str(following.artifacts)}
    code, output = play(hosts, "--check", "--limit=gw0,gw2,localhost", playbook="upgrade_gateways", **{**more, **there})
    assert f"With gateway {NEXT} checked out" in output, output
    assert upgrade_states(output) == {"gw0": "ready", "gw2": "not ready"} and code != 0, output
    assert str(in_the_way) in output
    assert all(len(list(gateway.middleware.iterdir())) == 1 + (gateway is gateways[2]) for gateway in gateways)

    # Built, and placed beside the old; the user's own tasks fail on the first host.
    code, output = play(hosts, playbook="upgrade_gateways", **more, migration="false")
    assert code != 0 and upgrade_states(output) == {"gw0": "not upgraded", "gw1": "not begun", "gw2": "not ready"}, output
    assert 'the tasks of the upgrade failed at "Migrate what only this site has"' in output
    assert [gateway.mark() for gateway in gateways] == [(200, "v1")] * 3

    # It was installed by then, and not started. Now it is started, and does not do what it should.
    hosts["gw0"]["gateway_environment"] = {"MARK_HANDLER": "absent"}
    code, output = play(hosts, playbook="upgrade_gateways", **more, tyk_upgrade_build=False)
    assert code != 0 and upgrade_states(output) == {"gw0": "not served", "gw1": "not begun", "gw2": "not ready"}, output
    assert "header X-Mark is not there" in output and "Fix:\n    install the earlier gateway again" in output, output
    assert [gateway.mark() for gateway in gateways[1:]] == [(200, "v1")] * 2

    # What was wrong is mended: the others follow, and on the first nothing is left to do.
    subprocess.run(["sh", str(gateways[0].restart_file)], check=True, stdin=subprocess.DEVNULL)
    in_the_way.unlink()
    code, output = play(hosts, playbook="upgrade_gateways", **more)
    assert code == 0 and upgrade_states(output) == {"gw0": "unchanged", "gw1": "upgraded", "gw2": "upgraded"}, output
    assert [gateway.mark() for gateway in gateways] == [(200, "built")] * 3
    assert re.search(r"^gw0 +:.*\bchanged=0 ", output, re.MULTILINE), output
