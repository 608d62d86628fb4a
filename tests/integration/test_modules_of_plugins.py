# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the modules of a plugin come from (proxy, checksum database, the gateway's checkout), and what is said when they do not."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import shutil
import subprocess
import threading
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

GATEWAY = "github.com/TykTechnologies/tyk"
LOGRUS = "github.com/sirupsen/logrus"
ALICE = "github.com/justinas/alice"
OWN_ALICE = """package alice

import "net/http"

type Constructor func(http.Handler) http.Handler

type Chain struct{ all []Constructor }

func New(all ...Constructor) Chain { return Chain{all} }

func (c Chain) Append(all ...Constructor) Chain { return New(append(append([]Constructor{}, c.all...), all...)...) }

func (c Chain) Then(h http.Handler) http.Handler {
\tfor i := range c.all {
\t\th = c.all[len(c.all)-1-i](h)
\t}
\treturn h
}
"""
OLDER = "v1.9.2-0.20230606201232-e599d84bdfd1"


def test_the_gateways_own_replaces_hold_for_the_plugin(workshop, examples, tmp_path):
    """By another version and by a folder of the gateway's; the plugin uses both, and loads."""
    gateway, source = tmp_path / "gateway", tmp_path / "source"
    subprocess.run(["git", "clone", "-q", f"file://{workshop.repository}", gateway], check=True)
    shutil.copytree(examples / "plugins" / "nomod", source)
    (source / "more.go").write_text(f'package main\n\nimport (\n\t_ "{LOGRUS}"\n\t_ "{ALICE}"\n)\n')
    (gateway / "third").mkdir()
    (gateway / "third" / "go.mod").write_text(f"module {ALICE}\n")
    (gateway / "third" / "alice.go").write_text(OWN_ALICE)
    with open(gateway / "go.mod", "a", encoding="utf-8") as file:
        file.write(f"\nreplace {LOGRUS} => {LOGRUS} v1.9.2\n\nreplace {ALICE} => ./third\n")
    subprocess.run([workshop.goroot() / "bin" / "go", "mod", "tidy"], cwd=gateway, check=True)
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    for words in (["add", "."], ["commit", "-q", "-m", "Two replaces"]):
        subprocess.run(["git", *identity, *words], cwd=gateway, check=True)
    options = {"goroot": str(workshop.goroot())}
    options["profile"] = workshop.run("tyk_gateway_info", checkout=str(gateway), version="v5.99.0")["profile"]
    binary = workshop.run("tyk_gateway_build", checkout=str(gateway), path=str(tmp_path / "tyk"), **options)["binary"]
    plugins = [{"name": "nomod", "source": str(source), "remote_src": True}]
    workshop.run("go_workspace", plugins=plugins, path=str(tmp_path / "workspaces"), gateway=str(gateway), align="fail", **options)
    built = workshop.run(
        "go_plugin_build", plugins=[{"name": "nomod"}], workspaces=str(tmp_path / "workspaces"), output=str(tmp_path / "out"), **options
    )
    words = {"gateway": binary, "plugin": [built["plugins"][0]["artifact"]], "symbols": ["Stamp"], "load": True}
    (result,) = workshop.run("tyk_plugin_verify", **words)["results"]
    assert (result["verdict"], result["loaded"]["ok"]) == ("loads", True)


@pytest.fixture
def desk(workshop, run_module, examples, go, tmp_path):
    """A plugin with one dependency that nobody has but a proxy in the file system; all else comes from where it always does."""

    class Desk:
        source = tmp_path / "source"
        proxy = tmp_path / "proxy"
        usual = subprocess.check_output([go, "env", "GOPROXY"], text=True, cwd="/").strip()
        known = subprocess.check_output([go, "env", "GOMODCACHE"], text=True, cwd="/").strip()

        def publish(self, requires="", package="package quiet\n\nfunc Quiet() {}\n"):
            folder = self.proxy / "example.com/quiet/@v"
            folder.mkdir(parents=True)
            mod = f"module example.com/quiet\n\ngo 1.20\n{requires}"
            (folder / "list").write_text("v1.0.0\n")
            (folder / "v1.0.0.mod").write_text(mod)
            (folder / "v1.0.0.info").write_text(json.dumps({"Version": "v1.0.0", "Time": "2024-01-02T03:04:05Z"}))
            with zipfile.ZipFile(folder / "v1.0.0.zip", "w") as archive:
                archive.writestr("example.com/quiet@v1.0.0/go.mod", mod)
                archive.writestr("example.com/quiet@v1.0.0/quiet.go", package)

        def lay_out(self, **env):
            # Other modules are taken from what Go has of them, so that none is fetched again.
            usual = {
                "GOMODCACHE": str(tmp_path / "modules"),
                "GOPROXY": f"file://{self.proxy},file://{self.known}/cache/download,{self.usual}",
            }
            return run_module(
                "go_workspace",
                plugins=[{"name": "nomod", "source": str(self.source), "remote_src": True}],
                path=str(tmp_path / "workspaces"),
                gateway=str(workshop.checkout),
                profile=workshop.profile,
                goroot=str(workshop.goroot()),
                env={**usual, "GOFLAGS": "-modcacherw", "GONOSUMDB": "example.com", **env},
            )

        def refused(self, *words, **env):
            before = {path.name: path.read_bytes() for path in self.source.iterdir()}
            result = self.lay_out(**env)
            assert result.get("failed") and all(word in result["msg"] for word in words), result["msg"]
            assert {path.name: path.read_bytes() for path in self.source.iterdir()} == before
            assert not (tmp_path / "workspaces" / "nomod").exists()

    made = Desk()
    shutil.copytree(examples / "plugins" / "nomod", made.source)
    (made.source / "more.go").write_text('package main\n\nimport _ "example.com/quiet"\n')
    (made.source / "go.mod").write_text("module nomod\n\ngo 1.21\n\nrequire example.com/quiet v1.0.0\n")
    made.proxy.mkdir()
    return made


def test_a_module_that_has_vanished(desk):
    desk.refused("example.com/quiet@v1.0.0", "go list -m -versions", GOPROXY=f"file://{desk.proxy}")


class Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(403)
        self.end_headers()

    def log_message(self, *_words):
        pass


@pytest.mark.parametrize("proxy", ["off", "a folder", "a server that refuses"])
def test_modules_that_nobody_has_are_each_named_once(desk, tmp_path, proxy):
    """However many files import them; and no place is named that is gone when the user reads it."""
    (desk.source / "go.mod").write_text("module nomod\n\ngo 1.21\n")
    names = ["example.com/quiet", "example.com/other", "example.org/third/v2"]
    for number in range(5):
        lines = "".join(f'import _ "{name}"\n' for name in names)
        (desk.source / f"more{number}.go").write_text(f"package main\n\n{lines}")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever).start()
        wanted = {"off": "off", "a folder": f"file://{desk.proxy}"}.get(proxy, f"http://127.0.0.1:{server.server_port}")
        # The gateway's own modules are those that Go has already.
        result = desk.lay_out(GOPROXY=f"file://{desk.known}/cache/download,{wanted}", GONOSUMDB="*")
        server.shutdown()
    (failure,) = result["failures"]
    lines = failure["message"].splitlines()
    assert [line.split(" ")[0] for line in lines[1:]] == sorted(names), failure["message"]
    assert lines[0] == "go mod tidy failed for nomod:" and failure["fix"] and "(imported by nomod): " in lines[1]
    assert not any(word in json.dumps(result) for word in ("downloading", "finding module", ".goplugins-")), result


def test_a_module_that_is_not_what_the_plugins_own_sum_says(desk):
    desk.publish()
    wrong = base64.b64encode(bytes(32)).decode()
    (desk.source / "go.sum").write_text(f"example.com/quiet v1.0.0 h1:{wrong}\nexample.com/quiet v1.0.0/go.mod h1:{wrong}\n")
    desk.refused("checksum mismatch", "example.com/quiet@v1.0.0", "find out who changed that module")


class Database:
    """A checksum database (https://go.dev/design/25530-sumdb) with one record. key: for GOSUMDB, with its address."""

    def __init__(self, record):
        secret = Ed25519PrivateKey.generate()
        public = b"\x01" + secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        name = "sum.example.com"
        mark = hashlib.sha256(f"{name}\n".encode() + public).digest()[:4]
        leaf = hashlib.sha256(b"\0" + record.encode()).digest()
        tree = f"go.sum database tree\n1\n{base64.b64encode(leaf).decode()}\n"
        signed = f"{tree}\n\u2014 {name} {base64.b64encode(mark + secret.sign(tree.encode())).decode()}\n"
        answers = {"/lookup/": f"0\n{record}\n{signed}".encode(), "/tile/8/0/000.p/1": leaf, "/latest": signed.encode()}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = next((answer for path, answer in answers.items() if self.path.startswith(path)), None)
                self.send_response(404 if body is None else 200)
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.key = f"{name}+{mark.hex()}+{base64.b64encode(public).decode()} http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever).start()
        return self

    def __exit__(self, *_error):
        self.server.shutdown()
        self.server.server_close()


def vouching(desk, go, spoil):
    """A database that vouches for the dependency, or for another content of it. Only for the dependency is it asked."""
    told = json.loads(
        subprocess.check_output(
            [go, "mod", "download", "-json", "example.com/quiet@v1.0.0"],
            env={"PATH": "/bin", "HOME": str(desk.proxy), "GOPROXY": f"file://{desk.proxy}", "GOSUMDB": "off", "GOFLAGS": "-modcacherw"},
            cwd=desk.proxy,
        )
    )
    total = base64.b64encode(bytes(32)).decode() if spoil else told["Sum"][3:]
    return Database(f"example.com/quiet v1.0.0 h1:{total}\nexample.com/quiet v1.0.0/go.mod {told['GoModSum']}\n")


@pytest.mark.parametrize("spoil", [False, True])
def test_a_module_that_is_not_what_the_checksum_database_says(desk, go, tmp_path, spoil):
    desk.publish()
    with vouching(desk, go, spoil) as database:
        # What a database said last is kept in the home folder.
        asked = {"GOSUMDB": database.key, "GONOSUMDB": "github.com,golang.org,gopkg.in", "HOME": str(tmp_path / "home")}
        if spoil:
            desk.refused("checksum mismatch", "example.com/quiet@v1.0.0", "find out who changed that module", **asked)
        else:
            result = desk.lay_out(**asked)
            assert not result.get("failed"), result["msg"]


def test_a_checksum_database_that_cannot_be_reached(desk):
    desk.publish()
    nobody = {"GOSUMDB": "sum.example.com+12345678+AQ== http://127.0.0.1:1", "GONOSUMDB": "github.com,golang.org,gopkg.in"}
    desk.refused("verifying module", "plugin_workspace_write_back", **nobody)


@pytest.mark.parametrize("named", ["by the plugin", "by its dependency"])
def test_any_version_of_the_gateway_is_served_by_the_checkout(desk, named):
    """No proxy is asked for the gateway's module: that would be refused."""
    require = f"\nrequire {GATEWAY} {OLDER}\n"
    desk.publish(require if named == "by its dependency" else "", f'package quiet\n\nimport _ "{GATEWAY}/log"\n')
    if named == "by the plugin":
        with open(desk.source / "go.mod", "a", encoding="utf-8") as file:
            file.write(require)
    result = desk.lay_out(GONOPROXY=GATEWAY, GONOSUMDB=f"example.com,{GATEWAY}", GOVCS=f"{GATEWAY}:off")
    assert not result.get("failed"), result["msg"]
