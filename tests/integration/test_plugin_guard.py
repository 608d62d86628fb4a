# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard as a host runs it, on the embedded gateway: what is right starts, and each mistake is refused by its name."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

VERSION = "v5.99.0_linux_amd64"
ERRWRAP = "github.com/hashicorp/errwrap"
# No more than it takes to be refused: nothing of net/http, which takes long to compile.
SMALL = f'package main\n\nimport _ "{ERRWRAP}"\n\nfunc Stamp() {{}}\n\nfunc main() {{}}\n'
# How the role's drop-in starts it where an error of the guard is no reason to refuse.
WRAPPED = ["/bin/sh", "-c", '"$@" || [ $? -ne 78 ] || exit 78', "tyk-plugin-guard"]


@pytest.fixture(scope="module")
def guard(run_module, tmp_path_factory):
    """The program, installed by the module."""
    path = tmp_path_factory.mktemp("lib") / "tyk-plugin-guard" / "guard.pyz"
    first = run_module("tyk_plugin_guard", path=str(path), diff=True)
    assert first["changed"] and first["diff"]["before"] == "" and "/_guard/main.py " in first["diff"]["after"], first
    assert not run_module("tyk_plugin_guard", path=str(path))["changed"]
    return str(path)


@pytest.fixture(scope="module")
def right(workshop, examples, tmp_path_factory):
    """A plugin for the gateway, with the request hook Stamp."""
    folder = tmp_path_factory.mktemp("right")
    common = {"profile": workshop.profile, "goroot": str(workshop.goroot())}
    plugins = [{"name": "nomod", "source": str(examples / "plugins" / "nomod"), "remote_src": True}]
    workshop.run("go_workspace", plugins=plugins, path=str(folder), gateway=str(workshop.checkout), **common)
    built = workshop.run("go_plugin_build", plugins=plugins, workspaces=str(folder), output=str(folder / "out"), **common)
    return pathlib.Path(built["plugins"][0]["artifact"])


@pytest.fixture(scope="module")
def small(go, tmp_path_factory):
    """small(go release, *flags, errwrap=version): a plugin that is built by hand."""

    def build(release, *flags, errwrap="v1.0.0"):
        folder = tmp_path_factory.mktemp("small")
        (folder / "main.go").write_text(SMALL)
        (folder / "go.mod").write_text(f"module small\n\ngo 1.21\n\nrequire {ERRWRAP} {errwrap}\n")
        kept = ("GOPROXY", "GOSUMDB", "GOMODCACHE", "GOPATH", "GOCACHE")
        clean = {name: value for name, value in os.environ.items() if name in kept or not name.startswith(("GO", "CGO_"))}
        clean.update(GOTOOLCHAIN=f"go{release}", CGO_ENABLED="1", GOFLAGS="-mod=mod", GOWORK="off")
        done = subprocess.run(
            [go, "build", "-buildmode=plugin", *flags, "-o", "small.so", "."],
            cwd=folder,
            env=clean,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return folder / "small.so"

    return build


class Host:
    """A gateway's folders, and definitions in them."""

    def __init__(self, folder, gateway, guard):
        self.folder, self.gateway, self.guard = folder, gateway, guard
        self.apps, self.middleware = folder / "apps", folder / "middleware"
        self.apps.mkdir(parents=True)
        self.middleware.mkdir()
        self.conf = folder / "tyk.conf"
        self.conf.write_text(json.dumps({"app_path": "apps", "middleware_path": "middleware"}))

    def api(self, name, *hooks, kind="pre", **more):
        """An API with hooks, as (path, symbol)."""
        path = self.apps / f"{name}.json"
        entries = [{"path": file, "name": symbol} for file, symbol in hooks]
        definition = {
            "api_id": name,
            "use_keyless": True,
            "active": True,
            "proxy": {"listen_path": f"/{name}/", "target_url": "http://127.0.0.1:1"},
            "custom_middleware": {"driver": "goplugin", kind: entries},
        }
        path.write_text(json.dumps({**definition, **more}))
        return path

    def put(self, plugin, name="right"):
        """A plugin's file under the name that the gateway looks for; the path that a definition has for it."""
        shutil.copy(plugin, self.middleware / f"{name}_{VERSION}.so")
        return f"middleware/{name}.so"

    def check(self, *words, wrapped=False, command="check", env=None):
        argv = [
            *(WRAPPED if wrapped else ()),
            sys.executable,
            "-IS",
            self.guard,
            command,
            f"--gateway={self.gateway}",
            f"--conf={self.conf}",
        ]
        argv += [f"--directory={self.folder}", *words]
        return subprocess.run(argv, env=env or {}, cwd="/", check=False, capture_output=True, text=True)

    def report(self, *words):
        """(exit code, the JSON)"""
        path = self.folder / "report.json"
        done = self.check(f"--json={path}", *words)
        return done.returncode, json.loads(path.read_text())


@pytest.fixture
def host(tmp_path, workshop, guard):
    return Host(tmp_path / "opt", workshop.gateway, guard)


def test_what_is_right_starts_and_is_said_in_one_line(host, right):
    host.api("shop", (host.put(right), "Stamp"))
    host.api("basket", (str(host.middleware / "right.so"), "Stamp"), kind="post")
    host.api("plain")
    done = host.check()
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "tyk-plugin-guard: v5.99.0: 2 plugins of 2 APIs, none of which will not load\n"
    assert host.check(wrapped=True).returncode == 0


# --- Mistakes: each plants itself in a host where all is right, and names the finding that must be said ---------------------------------


def patched(plugin, old, new):
    data = plugin.read_bytes()
    assert len(old) == len(new) and old in data
    plugin.write_bytes(data.replace(old, new))


def another_go(host, right, small):
    return host.api("bad", (host.put(small("1.21.13", "-trimpath"), "bad"), "Stamp")), "go-line-differs"


def another_flag(host, right, small):
    return host.api("bad", (host.put(small("1.22.7"), "bad"), "Stamp")), "trimpath-differs"


def another_dependency(host, right, small):
    return host.api("bad", (host.put(small("1.22.7", "-trimpath", errwrap="v1.1.0"), "bad"), "Stamp")), "dependency-version-differs"


def no_file(host, right, small):
    return host.api("bad", ("middleware/nowhere.so", "Stamp")), "named-file-missing"


def no_symbol(host, right, small):
    return host.api("bad", ("middleware/right.so", "Stomp")), "symbol-missing"


def another_signature(host, right, small):
    return host.api("bad", ("middleware/right.so", "Stamp"), kind="response"), "signature-differs"


def another_processor(host, right, small):
    # The processor stands in the header alone.
    data = bytearray(right.read_bytes())
    data[18:20] = (183).to_bytes(2, "little")
    path = host.put(right, "bad")
    (host.middleware / f"bad_{VERSION}.so").write_bytes(data)
    return host.api("bad", (path, "Stamp")), "platform-differs"


def no_plugin(host, right, small):
    return host.api("bad", (host.put(host.gateway, "bad"), "Stamp")), "not-a-plugin"


def cut_off(host, right, small):
    path = host.put(right, "bad")
    os.truncate(host.middleware / f"bad_{VERSION}.so", right.stat().st_size // 2)
    return host.api("bad", (path, "Stamp")), "not-a-go-binary"


def newer_libc(host, right, small):
    path = host.put(right, "bad")
    patched(host.middleware / f"bad_{VERSION}.so", b"\0GLIBC_2.2.5\0", b"\0GLIBC_2.99\0\0")
    return host.api("bad", (path, "Stamp")), "libc-newer-than-host"


def twice_the_same_path(host, right, small):
    path = host.put(right, "zz")
    with open(host.middleware / f"zz_{VERSION}.so", "ab") as file:
        file.write(b"\n")
    return host.api("zz", (path, "Stamp")), "plugin-path-taken"


def no_json(host, right, small):
    path = host.api("bad", ("middleware/right.so", "Stamp"))
    path.write_text(path.read_text()[:-2])
    return path, "definition-not-json"


def no_driver(host, right, small):
    return host.api("bad", custom_middleware={"pre": [{"path": "middleware/right.so", "name": "Stamp"}]}), "driver-missing"


MISTAKES = [
    another_go,
    pytest.param(another_flag, marks=pytest.mark.full),
    another_dependency,
    no_file,
    no_symbol,
    another_signature,
    another_processor,
    no_plugin,
    cut_off,
    newer_libc,
    twice_the_same_path,
    no_json,
    no_driver,
]


@pytest.mark.parametrize("plant", MISTAKES)
def test_each_mistake_is_refused_by_its_name(host, right, small, plant):
    host.api("shop", (host.put(right), "Stamp"))
    definition, code = plant(host, right, small)
    exit_code, report = host.report()
    reasons = [reason for one in report["plugins"] if one["definition"] == str(definition) for reason in one["reasons"]]
    reasons += [reason for reason in report["findings"] if reason["definition"] == str(definition)]
    assert exit_code == 78 and not report["loadable"]
    assert code in [reason["code"] for reason in reasons], report
    # The API beside it is none the worse.
    assert [one["loadable"] for one in report["plugins"] if one["api"] == "shop"] == [True]
    done = host.check(wrapped=True)
    assert done.returncode == 78
    (line,) = [line for line in done.stderr.splitlines() if f"[{code}]" in line]
    assert str(definition) in line and " Fix: " in line
    assert host.check("--policy=warn").returncode == 0
    assert host.check(*(f"--ignore={one['code']}" for one in reasons)).returncode == 0


# --- Policies, and errors of its own ---------------------------------------------------------------------------------------------------


def test_an_api_is_disabled_while_its_plugin_does_not_load(host, right, tmp_path):
    well, bad = host.api("shop", (host.put(right), "Stamp")), host.api("bad", ("middleware/late.so", "Stamp"))
    text = bad.read_bytes()
    prometheus = tmp_path / "tyk_plugins.prom"
    done = host.check("--policy=disable", f"--prometheus={prometheus}")
    away = pathlib.Path(f"{bad}.goplugins-disabled")
    assert done.returncode == 0 and f"{bad} is now {away}" in done.stderr, done.stderr
    assert (well.exists(), bad.exists(), away.read_bytes()) == (True, False, text)
    assert f'tyk_plugin_guard_disabled{{definition="{bad}",gateway="v5.99.0"}} 1\n' in prometheus.read_text()
    assert 'tyk_plugin_loadable{api="bad",plugin="middleware/late.so",symbol="Stamp",gateway="v5.99.0"} 0\n' in prometheus.read_text()

    # It stays so, and a run that changes nothing says so too.
    assert host.check("--policy=disable").returncode == 0 and not bad.exists()
    code, report = host.report("--policy=warn")
    assert (code, report["disabled"], bad.exists()) == (0, [str(bad)], False)

    host.put(right, "late")
    # The two have the same module path, so one of them cannot load.
    shutil.copy(host.middleware / f"right_{VERSION}.so", tmp_path / "kept")
    (host.middleware / f"late_{VERSION}.so").unlink()
    (host.middleware / f"late_{VERSION}.so").symlink_to(host.middleware / f"right_{VERSION}.so")
    done = host.check("--policy=disable")
    assert done.returncode == 0 and f"enabled again: {bad}" in done.stderr, done.stderr
    assert (bad.read_bytes(), away.exists()) == (text, False)
    assert host.check().returncode == 0


def test_a_definition_that_cannot_be_disabled_is_an_error(host):
    bad = host.api("bad", ("nowhere.so", "Stamp"))
    pathlib.Path(f"{bad}.goplugins-disabled").mkdir()
    done = host.check("--policy=disable")
    assert done.returncode == 0 and f"{bad} could not be disabled: " in done.stderr and " is now " not in done.stderr, done.stderr
    assert host.check("--policy=disable", "--on-error=refuse").returncode == 78 and bad.exists()


def test_all_that_was_disabled_can_be_enabled_at_once(host, tmp_path):
    one, two = host.api("one", ("nowhere.so", "Stamp")), host.api("two", ("nowhere.so", "Stamp"))
    host.check("--policy=disable")
    assert not list(host.apps.glob("*.json"))
    two.write_text("{}")
    done = host.check(command="restore")
    assert done.returncode == 0 and f"enabled again: {one}" in done.stderr and "another definition since" in done.stderr, done.stderr
    assert one.exists() and two.read_text() == "{}"


@pytest.mark.parametrize(
    "harm",
    [
        lambda host: host.conf.unlink(),
        lambda host: host.conf.write_text("{"),
        lambda host: host.apps.rmdir(),
        lambda host: setattr(host, "gateway", "/nowhere"),
        lambda host: setattr(host, "guard", "/nowhere"),
        lambda host: host.conf.write_text('{"app_path": "apps", "use_db_app_configs": true}'),
    ],
)
def test_an_error_of_its_own_keeps_no_gateway_from_its_start(host, harm):
    harm(host)
    prometheus = host.folder / "tyk_plugins.prom"
    done = host.check(f"--prometheus={prometheus}", wrapped=True)
    assert done.returncode == 0 and done.stderr, done
    if host.guard != "/nowhere":
        assert "tyk_plugin_guard_errors{" in prometheus.read_text() and "Fix: " in done.stderr
        assert host.check("--on-error=refuse").returncode == 78


def test_a_report_that_cannot_be_written_changes_no_verdict(host, right):
    host.api("shop", (host.put(right), "Stamp"))
    done = host.check("--json=/proc/nowhere/report.json")
    assert done.returncode == 0 and "could not be written" in done.stderr


def test_the_environment_of_the_unit_says_where_definitions_are(host, right, tmp_path):
    host.api("bad", ("nowhere.so", "Stamp"))
    other = tmp_path / "other"
    other.mkdir()
    assert host.check().returncode == 78
    assert host.check(env={"TYK_GW_APPPATH": str(other)}).returncode == 0
    file = tmp_path / "environment"
    file.write_text(f'TYK_GW_APPPATH="{other}"\n')
    assert host.check(f"--environment-file={file}").returncode == 0
    assert host.check(f"--definitions={other}").returncode == 0


def test_the_journal_gets_levels(host):
    host.api("bad", ("nowhere.so", "Stamp"))
    lines = host.check(env={"JOURNAL_STREAM": "8:1"}).stderr.splitlines()
    assert len(lines) == 2 and all(line.startswith("<3>") for line in lines)


# --- The module ------------------------------------------------------------------------------------------------------------------------


def test_only_a_file_of_ours_is_replaced_or_removed(run_module, tmp_path):
    path = tmp_path / "tyk-plugin-guard" / "guard.pyz"
    assert run_module("tyk_plugin_guard", check=True, path=str(path))["changed"] and not path.exists()
    assert run_module("tyk_plugin_guard", path=str(path))["changed"]
    path.write_bytes(path.read_bytes()[:9000])
    assert run_module("tyk_plugin_guard", path=str(path))["changed"]
    path.chmod(0o644)
    assert run_module("tyk_plugin_guard", path=str(path))["changed"]
    assert not run_module("tyk_plugin_guard", path=str(path))["changed"]
    assert run_module("tyk_plugin_guard", check=True, path=str(path), state="absent")["changed"] and path.exists()
    assert run_module("tyk_plugin_guard", path=str(path), state="absent")["changed"] and not path.parent.exists()
    assert not run_module("tyk_plugin_guard", path=str(path), state="absent")["changed"]
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\n")
    for state in ("present", "absent"):
        refused = run_module("tyk_plugin_guard", path=str(other), state=state)
        assert refused["failed"] and "is left alone" in refused["msg"]
    assert other.read_text() == "#!/bin/sh\n"
    assert run_module("tyk_plugin_guard", path=str(path), interpreter="python3")["failed"]


# --- The role, on a host without systemd; molecule/machines has one with it -----------------------------------------------------------


def test_without_systemd_the_role_installs_the_file_and_says_what_is_left_to_do(tmp_path):
    path = tmp_path / "lib" / "guard.pyz"
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "tasks": [
            {"name": "Install", "ansible.builtin.include_role": {"name": "goplugins.tyk.plugin_guard"}},
            {
                "name": "Remove",
                "ansible.builtin.include_role": {"name": "goplugins.tyk.plugin_guard"},
                "vars": {"plugin_guard_state": "absent"},
                "when": "remove | default(false) | bool",
            },
        ],
    }
    playbook = tmp_path / "play.json"
    playbook.write_text(json.dumps([play]))
    values = {
        # This machine may have one, which is not to be touched.
        "_plugin_guard_systemd": {"stat": {"exists": False}},
        "_plugin_guard_folder": str(tmp_path / "units"),
        "plugin_guard_path": str(path),
        "plugin_guard_gateway": str(tmp_path / "tyk"),
        "plugin_guard_json": str(tmp_path / "state" / "plugins.json"),
        "plugin_guard_prometheus": "",
        "ansible_python_interpreter": sys.executable,
    }
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"]}

    def run(**more):
        argv = ["ansible-playbook", "-i", "localhost,", "-e", json.dumps({**values, **more}), str(playbook)]
        done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        # Long lines are wrapped.
        return " ".join(done.stdout.split())

    first = run()
    assert "This host has no systemd" in first and f"{path} check --gateway={tmp_path}/tyk" in first and path.exists()
    assert not (tmp_path / "units").exists()
    run(remove=True)
    assert not path.exists() and not (tmp_path / "state").exists()
