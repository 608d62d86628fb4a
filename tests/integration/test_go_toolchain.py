# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""go_toolchain and its role, for real: a Go release through the host's own module proxy, a mirror on this host that serves the same release
as an archive, and small archives in their place where that is enough."""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import http.server
import io
import json
import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess
import sys
import tarfile
import threading
import time
import typing as t
import zipfile

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary

VERSION = "1.22.7"
INVENTORY = ".goplugins-toolchain.json"

# A go that answers as a release does, and writes down that it was asked.
FAKE_GO = "#!/bin/sh\necho \"$*\" >> {log}\nprintf '%s\\n' go{version} {goos} {goarch}\n"


@pytest.fixture(scope="module")
def platform(go):
    told = subprocess.run([go, "env", "GOHOSTOS", "GOHOSTARCH"], check=True, capture_output=True, text=True).stdout.split()
    return {"goos": told[0], "goarch": told[1]}


@pytest.fixture
def fake(tmp_path, platform):
    """fake(version): the options that install a toolchain which only knows its own name."""

    def make(version=VERSION, told=None):
        path = tmp_path / f"go{version}.tar.gz"
        told = told or version
        script = FAKE_GO.format(log=tmp_path / "started", version=told, **platform)
        files = {"go/VERSION": f"go{told}\n", "go/bin/go": script, "go/pkg/tool/compile": "compile"}
        with tarfile.open(path, "w:gz") as tar:
            for name, text in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(text)
                info.mode = 0o755
                tar.addfile(info, io.BytesIO(text.encode()))
        return {"version": version, "archive": str(path), "checksum": hashlib.sha256(path.read_bytes()).hexdigest()}

    return make


@pytest.fixture
def install(run_module, tmp_path):
    return functools.partial(run_module, "go_toolchain", root=str(tmp_path / "root"))


@pytest.fixture(scope="module")
def real(run_module, tmp_path_factory):
    """A root with a real release, installed through the host's Go, and what the module answered."""
    home = tmp_path_factory.mktemp("home")
    root = home / "toolchains"
    env = {
        "HOME": str(home),
        "GOFLAGS": "-mod=vendor -insecure=nonsense",
        "GOROOT": "/nowhere",
        "GOTOOLCHAIN": "go1.99.9",
        "GOMODCACHE": "/nowhere/mod",
    }
    result = run_module("go_toolchain", version=VERSION, root=str(root), source="module", diff=True, env=env)
    assert not result.get("failed"), result["msg"]
    return root, result


@pytest.fixture(scope="module")
def archive(real, tmp_path_factory, platform):
    """The real release as the Go site has it: path of a tar.gz, and its SHA-256."""
    path = tmp_path_factory.mktemp("site") / f"go{VERSION}.{platform['goos']}-{platform['goarch']}.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        tar.add(real[0] / VERSION, "go", filter=lambda info: None if info.name.endswith(INVENTORY) else info)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


class Site:
    """A mirror of the Go site on this host. faults: what goes wrong, one a request; seen: (path, range) of each request."""

    def __init__(self, archive, checksum):
        self.faults = []
        self.seen = []
        self.index = [{"version": f"go{VERSION}", "files": [{"filename": archive.name, "sha256": checksum}]}]
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                site.seen.append((self.path, self.headers.get("Range")))
                fault = site.faults.pop(0) if site.faults else None
                if isinstance(fault, int):
                    self.send_error(fault)
                elif self.path == "/dl/?mode=json&include=all":
                    self.answer(200, json.dumps(site.index).encode())
                elif self.path == f"/dl/{archive.name}":
                    begin = int(self.headers["Range"][6:-1]) if "Range" in self.headers else 0
                    data = archive.read_bytes()
                    headers = {"Content-Range": f"bytes {begin}-{len(data) - 1}/{len(data)}"} if begin else {}
                    self.answer(206 if begin else 200, data[begin:], cut=fault == "cut", **headers)
                else:
                    self.send_error(404)

            def answer(self, status, data, cut=False, **headers):
                self.send_response(status)
                for name, value in {"Content-Length": len(data), **headers}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(data[: len(data) // 3] if cut else data)

            def log_message(self, *_arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/dl"


@pytest.fixture
def site(archive, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    site = Site(*archive)
    thread = threading.Thread(target=site.server.serve_forever)
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


def visible(root):
    return sorted(name for name in os.listdir(root) if not name.endswith(".lock"))


def test_a_real_release_works(real, tmp_path):
    root, result = real
    assert (result["changed"], result["source"], result["reasons"]) == (True, "module", ["it is not there"])
    assert re.fullmatch(r"h1:[0-9A-Za-z+/]{43}=", result["checksum"])
    assert result["diff"]["after"] == f"go{VERSION} from module\n"
    assert (result["goroot"], result["go"]) == (f"{root}/{VERSION}", f"{root}/{VERSION}/bin/go")
    (tmp_path / "go.mod").write_text("module hello\n\ngo 1.22.7\n")
    (tmp_path / "main.go").write_text('package main\n\nfunc main() { println("hello") }\n')
    env = {"HOME": os.environ["HOME"], "PATH": "/usr/bin:/bin", "GOENV": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}

    def go(*words):
        return subprocess.run([result["go"], *words], cwd=tmp_path, env=env, check=True, capture_output=True, text=True).stdout

    go("build", "-o", "hello", ".")
    assert subprocess.run([tmp_path / "hello"], check=True, capture_output=True, text=True).stderr == "hello\n"
    assert go("version", "hello") == f"hello: go{VERSION}\n"
    # Its programs need no C library of the host: they run where that is musl, too.
    for program in (root / VERSION / "bin" / "go", *(root / VERSION / "pkg" / "tool").rglob("*")):
        if program.is_file():
            with open_binary(str(program)) as binary:
                assert (binary.libraries().needed, binary.libraries().interpreter) == ((), None), program
    # What the standard library has vendored is found by way of its go.mod.
    assert "vendor/golang.org/x/net/idna" in go("list", "-deps", "net/http").split()


def test_it_is_as_it_was_shipped_and_nothing_else_was_left(real):
    root, _result = real
    assert visible(root) == [VERSION]
    assert "GOTOOLCHAIN=auto" in (root / VERSION / "go.env").read_text()
    assert (root / VERSION / "src" / "go.mod").is_file() and not list((root / VERSION).rglob("_go.mod"))
    executable = {
        str(path.relative_to(root / VERSION)) for path in (root / VERSION).rglob("*") if path.is_file() and path.stat().st_mode & 0o111
    }
    assert {"bin/go", "bin/gofmt", "src/make.bash"} <= executable
    assert {path for path in executable if path.startswith("pkg/")} == {
        str(path.relative_to(root / VERSION)) for path in (root / VERSION / "pkg" / "tool").rglob("*") if path.is_file()
    }
    assert not [path for path in (root, *root.rglob("*")) if stat.S_IMODE(path.lstat().st_mode) & 0o022]
    # The home of the user who started it: no module cache, no checksum database, no build cache.
    assert not (root.parent / "go").exists() and not (root.parent / ".cache").exists()


def test_a_second_run_changes_nothing_and_starts_no_go(real, run_module, tmp_path):
    root, result = real
    recorder = tmp_path / "go"
    recorder.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nexit 1\n")
    recorder.chmod(0o755)
    os.utime(root / VERSION / "VERSION")
    for check in (True, False, True):
        again = run_module(
            "go_toolchain", version=f"go{VERSION}", root=str(root), check=check, go=str(recorder), env={"PATH": f"{tmp_path}:/usr/bin:/bin"}
        )
        assert (again["changed"], again["reasons"], again["checksum"]) == (False, [], result["checksum"])
    assert not (tmp_path / "started").exists()


def test_looking_at_a_toolchain_takes_no_time(real, collections):
    root, _result = real
    script = (
        "import time\n"
        "from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import inventory\n"
        "begin = time.process_time()\n"
        f"compared = inventory.compare({str(root / VERSION)!r}, inventory.read({str(root)!r}, {VERSION!r}).files)\n"
        "print(time.process_time() - begin, len(compared.files), compared.differences)\n"
    )
    command = [sys.executable, "-c", script]
    told = [
        subprocess.run(command, env={"PYTHONPATH": str(collections)}, check=True, capture_output=True, text=True).stdout
        for _number in range(3)
    ]
    assert min(float(line.split()[0]) for line in told) < 0.3, told
    assert all(int(line.split()[1]) > 9000 and line.endswith(" ()\n") for line in told)


def flip_a_byte(root):
    path = next((root / "pkg" / "tool").rglob("compile"))
    status = path.stat()
    with open(path, "r+b") as file:
        byte = file.read(1)
        file.seek(0)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (flip_a_byte, "pkg/tool/compile was changed"),
        (lambda root: shutil.rmtree(root / "pkg"), "pkg/ is missing"),
        (lambda root: os.truncate(root / "bin" / "go", 10), "bin/go was changed"),
        (lambda root: (root / "bin" / "go").chmod(0o777), "bin/go has another type or mode"),
        (lambda root: (root / "pkg" / "stale.go").touch(), "pkg/stale.go does not belong to it"),
        (lambda root: (root / INVENTORY).write_bytes(b""), "its inventory is not whole"),
    ],
    ids=["one byte", "half a tree", "truncated", "mode", "stale file", "inventory lost"],
)
def test_a_tree_that_is_not_whole_is_noticed_and_repaired(install, fake, tmp_path, harm, reason):
    options = fake()
    assert install(**options)["changed"]
    harm(tmp_path / "root" / VERSION)
    told = install(**options, check=True)
    assert told["changed"] and told["reasons"][0] == reason
    repaired = install(**options)
    assert repaired["changed"] and repaired["reasons"] == told["reasons"]
    assert not install(**options)["changed"]
    assert visible(tmp_path / "root") == [VERSION]


def test_a_real_release_is_repaired(real, archive, run_module):
    """After the archive was made of it, so that the two can be compared."""
    root, result = real
    flip_a_byte(root / VERSION)
    shutil.rmtree(root / VERSION / "src" / "net")
    run = functools.partial(run_module, "go_toolchain", version=VERSION, root=str(root))
    told = run(check=True)
    assert told["changed"] and told["reasons"][0].endswith("/compile was changed") and told["reasons"][1] == "src/net/ is missing"
    repaired = run()
    assert (repaired["changed"], repaired["source"], repaired["checksum"]) == (True, "module", result["checksum"])
    assert repaired["reasons"] == told["reasons"]
    assert not run()["changed"]
    with tarfile.open(archive[0]) as tar:
        shipped = {info.name[3:]: (info.mode, hashlib.sha256(tar.extractfile(info).read()).digest()) for info in tar if info.isfile()}
    there = [path for path in (root / VERSION).rglob("*") if path.is_file() and path.name != INVENTORY]
    assert {
        str(path.relative_to(root / VERSION)): (stat.S_IMODE(path.stat().st_mode), hashlib.sha256(path.read_bytes()).digest())
        for path in there
    } == shipped


@pytest.mark.full
def test_a_download_that_is_cut_and_refused_meanwhile(site, archive, install, tmp_path):
    site.faults = [None, 503, "cut"]
    result = install(version=VERSION, source="download", download_url=site.url)
    assert result["changed"] and result["checksum"] == f"sha256:{archive[1]}", result
    third = archive[0].stat().st_size // 3
    name = f"/dl/{archive[0].name}"
    assert site.seen == [("/dl/?mode=json&include=all", None), (name, None), (name, None), (name, f"bytes={third}-")]
    told = subprocess.run(
        [result["go"], "env", "GOVERSION"], env={"HOME": str(tmp_path), "GOTOOLCHAIN": "local"}, check=True, capture_output=True, text=True
    )
    assert told.stdout == f"go{VERSION}\n"
    site.seen.clear()
    assert not install(version=VERSION, source="download", download_url=site.url)["changed"]
    assert site.seen == []


def test_a_later_run_goes_on_where_a_download_broke_off(site, archive, install, tmp_path):
    options = {"version": VERSION, "source": "download", "download_url": site.url, "checksum": archive[1]}
    site.faults = ["cut", 404]
    result = install(**options)
    assert result.get("failed") and "404 Not Found" in result["msg"]
    third = archive[0].stat().st_size // 3
    (part,) = [name for name in visible(tmp_path / "root") if name.endswith(".part")]
    assert (tmp_path / "root" / part).stat().st_size == third
    site.seen.clear()
    assert install(**options)["changed"]
    assert site.seen == [(f"/dl/{archive[0].name}", f"bytes={third}-")]
    assert visible(tmp_path / "root") == [VERSION]


@pytest.mark.full
def test_an_archive_of_the_module_serves_a_host_without_go(run_module, real, install, tmp_path):
    cache = functools.partial(run_module, "go_toolchain", version=VERSION, root=str(tmp_path / "cache"), state="cached", source="module")
    told = cache(check=True)
    assert told["changed"] and not (tmp_path / "cache").exists()
    cached = cache()
    assert cached["changed"] and (cached["archive"], cached["checksum"]) == (told["archive"], real[1]["checksum"])
    nothing = {"PATH": "/nowhere", "GOPROXY": "off"}
    again = cache(env=nothing)
    assert not again["changed"] and (again["archive"], again["checksum"]) == (cached["archive"], cached["checksum"])
    result = install(version=VERSION, archive=cached["archive"], checksum=cached["checksum"], env=nothing)
    assert result["changed"] and (result["source"], result["checksum"]) == ("archive", real[1]["checksum"])
    # One byte more or less, and its hash is another.
    with zipfile.ZipFile(cached["archive"], "a") as changed:
        changed.writestr(f"golang.org/toolchain@v0.0.1-go{VERSION}.{cached['platform'].replace('/', '-')}/more", "x")
    shutil.rmtree(tmp_path / "root")
    result = install(version=VERSION, archive=cached["archive"], checksum=cached["checksum"], env=nothing)
    assert result.get("failed") and f"not to {cached['checksum']}, as its checksum says" in result["msg"]
    assert visible(tmp_path / "root") == []
    assert cache(check=True)["reasons"] == [f"{cached['archive']} was changed"]


def test_a_host_without_go_downloads(site, archive, install, monkeypatch):
    env = {"PATH": "/nowhere"}
    if os.path.exists("/usr/local/go/bin/go"):
        # It would be found there: a checksum says as well that it is the archive that is wanted.
        result = install(version=VERSION, download_url=site.url, checksum=archive[1], env=env, check=True)
    else:
        result = install(version=VERSION, download_url=site.url, env=env, check=True)
    assert result["source"] == "download" and site.seen == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"checksum": "0" * 64}, "has the checksum"),
        ({"version": "1.22.8", "checksum": "0" * 64}, "404 Not Found"),
        ({"version": "1.22.8"}, "is not in the site's index of Go releases"),
    ],
)
def test_a_mirror_that_has_not_what_is_wanted(site, install, tmp_path, options, message):
    result = install(**{"version": VERSION, "source": "download", "download_url": site.url, **options})
    assert result.get("failed") and message in result["msg"], result
    assert visible(tmp_path / "root") == []


def test_a_mirror_that_lies_in_its_index(site, install, tmp_path):
    site.index[0]["files"][0]["sha256"] = "1" * 64
    result = install(version=VERSION, source="download", download_url=site.url)
    assert result.get("failed") and f"not sha256:{'1' * 64}" in result["msg"]
    assert visible(tmp_path / "root") == []


def test_releases_side_by_side_and_one_removed(install, fake, tmp_path):
    for version in ("1.21.13", "1.21.1"):
        assert install(**fake(version))["changed"]
    assert (tmp_path / "root" / "1.21.1" / "VERSION").read_text() == "go1.21.1\n"
    assert install(check=True, version="1.21.1", state="absent")["changed"]
    removed = install(version="1.21.1", state="absent", diff=True)
    assert removed["changed"] and removed["reasons"] == ["Go 1.21.1 is not wanted"] and removed["diff"]["after"] == ""
    assert not install(version="1.21.1", state="absent")["changed"]
    assert visible(tmp_path / "root") == ["1.21.13"]
    assert not install(version="1.21.13")["changed"]


def test_an_upgrade_with_a_link_removes_what_is_not_to_be_kept(install, fake, tmp_path):
    root, link = tmp_path / "root", tmp_path / "bin" / "go"
    options = {"link": str(link), "link_to": "go"}
    install(**fake("1.20.14"))
    install(**fake("1.21.12"), **options)
    assert os.readlink(link) == f"{root}/1.21.12/bin/go"
    (root / "1.19").mkdir()
    wanted = {**fake("1.21.13"), **options, "keep": ["1.20.14"]}
    told = install(**wanted, check=True, diff=True)
    assert told["changed"] and told["removed"] == ["1.21.12"] and "Go 1.21.12 is not wanted\n" in told["diff"]["before"]
    done = install(**wanted)
    assert done["reasons"] == told["reasons"] and done["removed"] == ["1.21.12"]
    assert not install(**wanted)["changed"]
    assert visible(root) == ["1.19", "1.20.14", "1.21.13"] and os.readlink(link) == f"{root}/1.21.13/bin/go"
    absent = install(state="absent", keep=[], link=str(link))
    assert absent["removed"] == ["1.20.14", "1.21.13"] and "goroot" not in absent
    assert visible(root) == ["1.19"] and not link.is_symlink()


def test_what_is_wanted_must_be_said(install):
    for options in ({}, {"state": "cached"}, {"state": "absent"}):
        assert install(**options).get("failed")


def test_check_mode_on_a_bare_host(install, tmp_path):
    nothing = {"PATH": "/nowhere"}
    for options in (
        {},
        {"source": "module", "go": "/nowhere/go"},
        {"source": "archive", "archive": "/nowhere/a", "checksum": "0" * 64},
        {"source": "download"},
    ):
        result = install(check=True, version=VERSION, env=nothing, **options)
        assert result["changed"] and result["reasons"] == ["it is not there"], result
    assert not install(check=True, version=VERSION, env=nothing, state="absent")["changed"]
    assert not (tmp_path / "root").exists()


def test_a_killed_installation_is_cleaned_up(install, fake, tmp_path, collections):
    """Killed while it asks the new go for its version: whole already, but not in its place."""
    options = fake()
    with tarfile.open(options["archive"], "w:gz") as tar:
        script = b"#!/bin/sh\ntouch $HOME/asked\nexec sleep 5\n"
        for name, data in (("go/VERSION", b"go1.22.7\n"), ("go/bin/go", script)):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755
            tar.addfile(info, io.BytesIO(data))
    options["checksum"] = hashlib.sha256(pathlib.Path(options["archive"]).read_bytes()).hexdigest()
    arguments = tmp_path / "arguments.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**options, "root": str(tmp_path / "root")}}))
    process = subprocess.Popen(
        [sys.executable, "-m", "ansible_collections.goplugins.tyk.plugins.modules.go_toolchain", str(arguments)],
        env={**os.environ, "PYTHONPATH": str(collections)},
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("root/.go*/asked")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert [name for name in visible(tmp_path / "root") if name.startswith(".go1.22.7-")]
    assert install(**fake())["changed"]
    assert visible(tmp_path / "root") == [VERSION]


def test_somebody_elses_folder_is_left_alone(install, fake, tmp_path):
    (tmp_path / "root" / VERSION / "bin").mkdir(parents=True)
    for state in ("present", "absent"):
        for check in (True, False):
            result = install(**fake(), state=state, check=check)
            assert result.get("failed") and "was not put there by this collection" in result["msg"]
    assert visible(tmp_path / "root") == [VERSION] and os.listdir(tmp_path / "root" / VERSION) == ["bin"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"version": "1.22"}, "is a language version"),
        ({"version": "1.22.7/.."}, "is no Go release"),
        ({"version": "1.20.14", "source": "module", "archive": None, "checksum": None}, "Fix: source: download, or source: archive"),
        ({"root": "/usr/local/go"}, "never touches"),
        ({"root": "/usr/local/go/x"}, "never touches"),
        ({"checksum": "0" * 64}, "has the checksum"),
        ({"checksum": "abc"}, "not the 64 hexadecimal digits"),
        ({"checksum": None}, "archive and checksum go together"),
        ({"archive": "/nowhere.tar.gz"}, "there is no archive"),
        ({"platform": "amd64"}, "GOOS/GOARCH"),
        ({"platform": "plan9/mips"}, "not go1.22.7 for plan9/mips"),
        ({"source": "module", "archive": None, "checksum": None, "go": "/nowhere/go"}, "cannot start /nowhere/go"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_left(install, fake, tmp_path, options, message):
    result = install(**{**fake(), **options})
    assert result.get("failed") and message in result["msg"], result
    assert not list(tmp_path.glob("root/[!.]*")) and not list(tmp_path.glob("root/.go*-*"))


def test_an_archive_of_another_release_is_refused(install, fake, tmp_path):
    result = install(**fake("1.21.1", told="1.21.13"))
    assert result.get("failed") and "the archive holds 'go1.21.13', not go1.21.1" in result["msg"]
    assert visible(tmp_path / "root") == []
    assert not (tmp_path / "started").exists()


def test_a_release_that_does_not_exist_is_named_in_the_words_of_go(install, tmp_path):
    result = install(version="1.22.99", source="module")
    assert (
        result.get("failed")
        and "cannot fetch golang.org/toolchain@v0.0.1-go1.22.99" in result["msg"]
        and "go_toolchain_goproxy" in result["msg"]
    )
    assert visible(tmp_path / "root") == []


def test_without_the_checksum_database_go_takes_no_toolchain(install, tmp_path):
    result = install(version=VERSION, source="module", env={"GOSUMDB": "off"})
    assert result.get("failed") and "GOSUMDB=off" in result["msg"] and "leave GOSUMDB on" in result["msg"]
    assert visible(tmp_path / "root") == []


def test_passwords_are_in_no_answer(install):
    result = install(version=VERSION, source="module", goproxy="http://user:hunter2secret@127.0.0.1:1")
    assert result.get("failed") and "127.0.0.1:1" in result["msg"] and "hunter2secret" not in str(result)
    assert result["invocation"]["module_args"]["download_url"] == "https://go.dev/dl"
    result = install(version=VERSION, source="download", download_url="http://user:hunter2secret@mirror.example.com/go")
    assert result.get("failed") and "http://mirror.example.com/go is not https" in result["msg"] and "hunter2secret" not in str(result)


class Role:
    """The role, as the example of its README uses it, on hosts that are this one."""

    def __init__(self, folder, repository, collections):
        readme = (repository / "roles" / "go_toolchain" / "README.md").read_text()
        self.playbook = folder / "playbook.yml"
        self.playbook.write_text(re.search(r"^```yaml\n(.*?)^```", readme, re.MULTILINE | re.DOTALL).group(1))
        self.workspace = folder / "workspace"
        self.root = self.workspace / "go"
        (folder / "ansible.cfg").touch()
        self.env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_CONFIG": str(folder / "ansible.cfg")}
        self.variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "tyk_workspace_root": str(self.workspace),
        }

    def run(self, *arguments, **variables):
        """Gives (return code, output, number of changed tasks)."""
        (self.playbook.parent / "inventory").write_text("[build_hosts]\nhost1\n[more_hosts]\nhost2\n")
        command = [sys.executable, "-m", "ansible", "playbook", "--inventory", str(self.playbook.parent / "inventory"), *arguments]
        command += ["--extra-vars", json.dumps({**self.variables, **variables}), str(self.playbook)]
        done = subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        output = done.stdout + done.stderr
        changed = re.search(r"^host1 .*\bchanged=(\d+)", output, re.MULTILINE)
        return done.returncode, output, int(changed.group(1)) if changed else None


@pytest.fixture
def role(tmp_path, repository, collections):
    return Role(tmp_path, repository, collections)


@pytest.mark.full
def test_the_role_brings_an_archive_from_the_controller(role, fake):
    options = fake()
    variables = {"go_toolchain_archive": options["archive"], "go_toolchain_checksum": options["checksum"]}
    code, output, changed = role.run("--check", "--diff", **variables)
    assert (code, changed) == (0, 2), output
    assert not role.root.exists()
    code, output, changed = role.run(**variables)
    assert (code, changed) == (0, 2), output
    assert f'": "{role.root}/{VERSION}"' in output
    assert visible(role.root) == [VERSION]
    assert not [path for path in (role.root, *role.root.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o022]
    # It is asked for no more, not even by a copy.
    os.rename(options["archive"], f"{options['archive']}.away")
    code, output, changed = role.run(**variables)
    assert (code, changed) == (0, 0), output
    os.rename(f"{options['archive']}.away", options["archive"])
    flip_a_byte(role.root / VERSION)
    code, output, changed = role.run(**variables)
    assert (code, changed) == (0, 2), output
    assert visible(role.root) == [VERSION]
    code, output, changed = role.run(go_toolchain_state="absent")
    assert (code, changed) == (0, 1), output
    assert visible(role.root) == []


class Mirror(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; seen: what was asked for."""

    seen: t.ClassVar[list[str]] = []

    def do_GET(self):
        self.seen.append(self.path)
        super().do_GET()

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def mirror(fake, tmp_path, platform):
    """A mirror with small toolchains; its address."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    index = []
    for version in ("1.20.14", "1.21.13", "1.22.7"):
        options = fake(version)
        name = f"go{version}.{platform['goos']}-{platform['goarch']}.tar.gz"
        shutil.copyfile(options["archive"], folder / name)
        index.append({"version": f"go{version}", "files": [{"filename": name, "sha256": options["checksum"]}]})
    (folder / "index.html").write_text(json.dumps(index))
    Mirror.seen = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Mirror, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.full
def test_the_role_fetches_once_for_many_hosts(role, mirror, tmp_path, platform):
    variables = {
        "go_toolchain_version": "",
        "go_toolchain_versions": ["1.22.7", "1.20.14", "1.21.13"],
        "go_toolchain_controller_cache": str(tmp_path / "cache"),
        "go_toolchain_source": "download",
        "go_toolchain_download_url": mirror,
        "go_toolchain_root": f"{role.workspace}/{{{{ inventory_hostname }}}}/go",
        "go_toolchain_link": f"{role.workspace}/{{{{ inventory_hostname }}}}/bin/go",
        "go_toolchain_link_to": "go",
    }
    role.playbook.write_text(role.playbook.read_text().replace("hosts: build_hosts", "hosts: all"))
    code, output, changed = role.run("--check", "--diff", **variables)
    assert code == 0 and changed == 2, output
    assert not role.workspace.exists() and Mirror.seen == []
    code, output, changed = role.run(**variables)
    assert code == 0, output
    archives = [f"/go{version}.{platform['goos']}-{platform['goarch']}.tar.gz" for version in ("1.20.14", "1.21.13", "1.22.7")]
    assert sorted(path for path in Mirror.seen if "?" not in path) == archives
    for host in ("host1", "host2"):
        assert visible(role.workspace / host / "go") == ["1.20.14", "1.21.13", "1.22.7"]
        assert os.readlink(role.workspace / host / "bin" / "go") == f"{role.workspace}/{host}/go/1.22.7/bin/go"
    assert f'": "{role.workspace}/host1/go/1.22.7"' in output
    # Neither network nor cache is needed any more.
    Mirror.seen.clear()
    shutil.rmtree(tmp_path / "cache")
    code, output, changed = role.run(**variables)
    assert (code, changed) == (0, 0), output
    assert Mirror.seen == [] and not (tmp_path / "cache").exists()
    # One host loses a release; others are no longer wanted.
    shutil.rmtree(role.workspace / "host1" / "go" / "1.21.13" / "pkg")
    variables.update(go_toolchain_versions=["1.21.13"], go_toolchain_keep=["1.20.14"])
    code, output, changed = role.run(**variables)
    assert code == 0, output
    assert [path for path in Mirror.seen if "?" not in path] == [archives[1]]
    for host in ("host1", "host2"):
        assert visible(role.workspace / host / "go") == ["1.20.14", "1.21.13"]
        assert os.readlink(role.workspace / host / "bin" / "go") == f"{role.workspace}/{host}/go/1.21.13/bin/go"
    assert role.run(**variables)[2] == 0
    code, output, changed = role.run("--limit=host1", go_toolchain_state="absent", **{**variables, "go_toolchain_keep": []})
    assert (code, changed) == (0, 2), output
    assert visible(role.workspace / "host1" / "go") == [] and os.listdir(role.workspace / "host1" / "bin") == []


@pytest.mark.parametrize(
    "variables",
    [
        {"go_toolchain_version": ""},
        {"go_toolchain_versions": ["1.21.13"], "go_toolchain_checksum": "0" * 64},
        {"go_toolchain_versions": ["1.21.13"], "go_toolchain_archive": "/a"},
    ],
)
def test_the_role_gets_the_release(role, variables):
    code, output, _changed = role.run(**variables)
    assert code != 0 and "Name the release, in go_toolchain_version or go_toolchain_versions" in output


def test_the_role_says_what_helps(role):
    code, output, _changed = role.run(go_toolchain_bootstrap_go="/nowhere/go")
    assert code != 0
    for name in ("go_toolchain_bootstrap_go", "go_toolchain_download_url", "go_toolchain_archive"):
        assert name in output


def test_the_role_checks_its_arguments(role):
    code, output, _changed = role.run(go_toolchain_source="docker")
    assert code != 0 and "value of go_toolchain_source must be one of" in output


def test_a_proxy_that_never_answers_is_not_waited_for_without_end(run_module, go, tmp_path):
    """Nor is the lock: who waits for it says who holds it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        proxy = f"http://127.0.0.1:{silent.getsockname()[1]}"
        options = {"version": "1.22.9", "root": str(tmp_path / "go"), "source": "module", "go": str(go), "goproxy": proxy}
        started = time.monotonic()
        result = run_module("go_toolchain", env={"GOPLUGINS_TIMEOUT": "4", "GONOSUMDB": "*", "GONOPROXY": ""}, **options)
        assert result["failed"] and time.monotonic() - started < 30
        assert "go did not end within 4 seconds and was stopped" in result["msg"] and "GOPLUGINS_TIMEOUT=" in result["msg"], result["msg"]
        assert [path.name for path in (tmp_path / "go").iterdir()] == [".go1.22.9.lock"]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            pool.submit(run_module, "go_toolchain", env={"GOPLUGINS_TIMEOUT": "9"}, **options)
            time.sleep(3)
            waiting = pool.submit(run_module, "go_toolchain", env={"GOPLUGINS_TIMEOUT": "1"}, **options).result()
        assert waiting["failed"]
        owner = r"go_toolchain\.py \(process \d+ on \S+, user \S+, since \S+\)"
        assert re.search(rf"\.go1\.22\.9\.lock is locked by {owner}", waiting["msg"]), waiting
