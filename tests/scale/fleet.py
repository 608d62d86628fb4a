# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many hosts that are this machine: one sshd behind a slow network, an address and a folder for each host.

Each host has built a plugin, has it in its gateway's folder, and has deployed it to a gateway of its own. The first one did so. What it
has then, the others get as copies with their own paths: what a run looks at is the same as if each had done it.
"""

from __future__ import annotations

import contextlib
import getpass
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import typing as t
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent

SOURCE = """\
package main

import "net/http"

func Mark(w http.ResponseWriter, response *http.Response, r *http.Request) { response.Header.Set("X-Mark", "v1") }

func main() {}
"""
SSHD = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PrintMotd no
UseDNS no
MaxStartups 1000
LogLevel VERBOSE
Subsystem sftp internal-sftp
"""
# For each host what builds for it are asked for, as its own run will ask.
REQUESTS = """\
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.set_fact:
        _tyk_requests: "{{ query('goplugins.tyk.build_requests', *query('goplugins.tyk.gateways')) }}"
    - ansible.builtin.copy:
        content: "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, '_tyk_requests'))) | to_json }}"
        dest: "{{ requests_file }}"
      run_once: true
"""


class Target(http.server.BaseHTTPRequestHandler):
    """What the gateways stand before."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_arguments: t.Any) -> None:
        pass


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        return taken.getsockname()[1]


def given(group: str) -> str:
    """The variable that names the hosts of a playbook."""
    return json.dumps({"tyk_build_hosts" if group == "build" else "tyk_gateway_hosts": group})


def until(condition: t.Callable[[], bool], what: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.05)


class Fleet:
    """Use it as a context, which ends all processes. C(delay): seconds, each way. C(kept): folder of what may stay for the next."""

    def __init__(self, folder: pathlib.Path, hosts: int, delay: float, kept: pathlib.Path) -> None:
        self.folder, self.delay, self.kept = folder, delay, kept
        self.names = [f"host{number:04}" for number in range(1, hosts + 1)]
        # A socket's path has room for some hundred characters.
        self.control = pathlib.Path(f"/tmp/goplugins-scale-{os.getpid()}")
        self.log = folder / "sshd.log"
        self._running = contextlib.ExitStack()
        self._port, self._gateway_port = free_port(), free_port()

    def __enter__(self) -> Fleet:
        with contextlib.ExitStack() as started:
            self._running = started
            self._start_network()
            self._start_target()
            self._write_inventory()
            self._running = started.pop_all()
        return self

    def __exit__(self, *_error: t.Any) -> None:
        self.end_connections()
        self._running.close()
        shutil.rmtree(self.control, ignore_errors=True)

    def address(self, name: str) -> str:
        number = self.names.index(name)
        return f"127.0.{1 + number // 250}.{1 + number % 250}"

    def of_host(self, name: str) -> pathlib.Path:
        return self.folder / "hosts" / name

    def _start(self, words: t.Sequence[str], log: pathlib.Path, **options: t.Any) -> subprocess.Popen[bytes]:
        with open(log, "ab") as file:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file, stderr=file, **options)

        def end() -> None:
            process.send_signal(signal.SIGTERM)
            process.wait()

        self._running.callback(end)
        return process

    def _start_network(self) -> None:
        self.folder.mkdir(parents=True)
        self.control.mkdir(mode=0o700)
        for name in ("key", "host_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)], check=True)
        host_key = " ".join((self.folder / "host_key.pub").read_text().split()[:2])
        known = "".join(f"[{self.address(name)}]:{self._port} {host_key}\n" for name in self.names)
        (self.folder / "known_hosts").write_text(known)
        port = free_port()
        (self.folder / "sshd_config").write_text(SSHD.format(port=port, folder=self.folder))
        if os.geteuid() == 0:
            # Debian's service makes it.
            os.makedirs("/run/sshd", exist_ok=True)
        sshd = shutil.which("sshd", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
        self._sshd = self._start([str(sshd), "-D", "-e", "-f", str(self.folder / "sshd_config")], self.log)
        words = [sys.executable, str(HERE / "proxy.py"), str(self._port), str(port), str(self.delay)]
        self._start(words, self.folder / "proxy.log")
        until(lambda: "Server listening" in self.log.read_text(), "sshd")
        until(lambda: "ready" in (self.folder / "proxy.log").read_text(), "the network")

    def _start_target(self) -> None:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self._target = f"http://127.0.0.1:{server.server_port}"
        self._running.callback(lambda: (server.shutdown(), thread.join(), server.server_close()))

    def _write_inventory(self) -> None:
        options = {
            "UserKnownHostsFile": self.folder / "known_hosts",
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "IdentitiesOnly": "yes",
        }
        reached = {
            "ansible_user": getpass.getuser(),
            # Without it, Ansible looks for one on each host in each run.
            "ansible_python_interpreter": os.path.realpath(sys.executable),
            "ansible_port": self._port,
            "ansible_ssh_private_key_file": str(self.folder / "key"),
            "ansible_ssh_common_args": " ".join(["-F none", *(f"-o {key}={value}" for key, value in options.items())]),
            # With "auto", a gateway takes another build of it by a reload.
            "tyk_plugins": [{"name": "mark", "source": str(self.kept / "mark"), "symbols": ["Mark"], "id": "auto"}],
        }
        built = {"tyk_gateway_repo": str(self.kept / "repository"), "tyk_gateway_version": "v5.99.0"}
        self._write("build", {**reached, **built}, self._as_build_host)
        self._write("gateways", reached, self._as_gateway_host)

    def _write(self, group: str, common: dict[str, t.Any], of_host: t.Callable[[str], dict[str, t.Any]]) -> None:
        hosts = {name: {"ansible_host": self.address(name), **of_host(name)} for name in self.names}
        (self.folder / f"{group}.json").write_text(json.dumps({group: {"hosts": hosts, "vars": common}}))

    def _as_build_host(self, name: str) -> dict[str, t.Any]:
        # What hosts are asked to build alike, one of them builds: with artifacts of its own, each has something to do.
        return {"tyk_workspace_root": str(self._built_in(name) / "root"), "tyk_artifacts": str(self._built_in(name) / "dist")}

    def _built_in(self, name: str) -> pathlib.Path:
        # So that a later run finds the first host as it was.
        return self.kept if name == self.names[0] else self.of_host(name)

    def _as_gateway_host(self, name: str) -> dict[str, t.Any]:
        folder = self.of_host(name)
        health = {"url": f"http://{self.address(name)}:{self._gateway_port}/shop/", "expect": {"headers": {"X-Mark": "^v1$"}}}
        return {
            "tyk_gateway_binary": str(folder / "gateway" / "tyk"),
            # On this machine many gateways of one binary run.
            "tyk_gateway_config": str(folder / "gateway" / "tyk.conf"),
            "tyk_plugin_folders": [str(folder / "gateway" / "middleware")],
            "tyk_api_definitions": str(folder / "gateway" / "apps"),
            "tyk_artifacts": str(self.kept / "dist"),
            "tyk_deploy_health": [health],
            "plugin_deploy_state": str(folder / "state"),
        }

    def command(self, playbook: str, *hosts: str) -> list[str]:
        """C(ansible-playbook) for some hosts, by default all."""
        group = "build" if playbook == "build_plugins" else "gateways"
        limited = ["--limit", ",".join(hosts)] if hosts else []
        path = str(ROOT / "playbooks" / f"{playbook}.yml")
        return ["ansible-playbook", "--inventory", str(self.folder / f"{group}.json"), *limited, "--extra-vars", given(group), path]

    def run(self, *words: str) -> str:
        """The output of a command that must end well."""
        done = subprocess.run(words, env=self.environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def prepare_builds(self) -> None:
        """Build on the first host; the others get its receipts, with the digests that they will ask for."""
        self.run(sys.executable, str(ROOT / "examples" / "make_repository.py"), str(self.kept / "repository"))
        (self.kept / "mark").mkdir(exist_ok=True)
        (self.kept / "mark" / "mark.go").write_text(SOURCE)
        first = self.names[0]
        for _turn in range(2):
            output = self.run(*self.command("build_plugins", first))
        if "nothing has changed since" not in output:
            raise RuntimeError(f"there was still something to do:\n{output}")
        play, file = self.folder / "requests.yml", self.folder / "requests.json"
        play.write_text(REQUESTS)
        words = ["-i", str(self.folder / "build.json"), "-c", "local", "-e", given("build"), "-e", f"requests_file={file}", str(play)]
        self.run("ansible-playbook", *words)
        requests = json.loads(file.read_text())
        kept = {}
        for path in (self.kept / "root" / "receipts").glob("*.json"):
            receipt = json.loads(path.read_text())
            kept[receipt["asked"]] = receipt
        for name in self.names[1:]:
            receipts = self._built_in(name) / "root" / "receipts"
            receipts.mkdir(parents=True)
            for kind, asked in requests[name][0].items():
                receipt = {**kept[requests[first][0][kind]], "asked": asked}
                (receipts / f"{asked[:32]}.json").write_text(json.dumps(receipt))
            shutil.copytree(self.kept / "dist", self._built_in(name) / "dist", copy_function=os.link)

    def prepare_gateways(self) -> None:
        """Deploy to the gateway of the first host; the others get what is there then. All gateways run."""
        first = self.names[0]
        # Another name of the one that was built would change its stamp in receipts.
        (built,) = (self.kept / "root" / "gateways").glob("*/tyk")
        shutil.copy2(built, self.folder / "tyk")
        self._lay_out(first)
        self._start_gateways([first])
        self.run(*self.command("deploy_plugins", first))
        for name in self.names[1:]:
            self._copy(first, name)
        self._start_gateways(self.names[1:])

    def _lay_out(self, name: str) -> None:
        folder = self.of_host(name) / "gateway"
        (folder / "apps").mkdir(parents=True)
        (folder / "middleware").mkdir()
        os.link(self.folder / "tyk", folder / "tyk")
        values = {"listen_port": self._gateway_port, "secret": "pl4nted-s3cret", "app_path": "apps", "middleware_path": "middleware"}
        (folder / "tyk.conf").write_text(json.dumps({"listen_address": self.address(name), **values}))
        definition = {
            "api_id": "shop",
            "name": "shop",
            "active": True,
            "use_keyless": True,
            "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
            "proxy": {"listen_path": "/shop/", "target_url": self._target, "strip_listen_path": True},
            "custom_middleware": {"driver": "goplugin", "response": [{"path": "middleware/mark.so", "name": "Mark"}]},
        }
        (folder / "apps" / "shop.json").write_text(json.dumps(definition))

    def _copy(self, first: str, name: str) -> None:
        self._lay_out(name)
        ours, theirs = self.of_host(first), self.of_host(name)
        for path in ours.glob("gateway/middleware/*.so"):
            os.link(path, theirs / path.relative_to(ours))
        for path in [*ours.glob("gateway/apps/*"), *ours.glob("state/*/deployed.json")]:
            copy = self.folder / "hosts" / str(path.relative_to(ours.parent)).replace(first, name)
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            copy.write_text(path.read_text().replace(first, name))

    def _start_gateways(self, names: t.Sequence[str]) -> None:
        for name in names:
            folder = self.of_host(name) / "gateway"
            words = [str(folder / "tyk"), "--conf", "tyk.conf"]
            self._start(words, folder / "log", cwd=folder, env={**os.environ, "GOMAXPROCS": "1"})
        for name in names:
            until(lambda name=name: self._is_ready(name), f"the gateway of {name}")

    def _is_ready(self, name: str) -> bool:
        url = f"http://{self.address(name)}:{self._gateway_port}/ready"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status == 200
        return False

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.control),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "remote_tmp"),
        }

    def end_connections(self) -> None:
        """The next run must connect again, as one of the next day."""
        for path in list(self.control.iterdir()):
            subprocess.run(["ssh", "-O", "exit", "-S", str(path), "any"], check=False, capture_output=True)

    def used_by_hosts(self) -> float:
        """Seconds of processors that sshd and all that it started used, which real hosts do themselves. Ends the connections."""
        self.end_connections()
        children = pathlib.Path(f"/proc/{self._sshd.pid}/task/{self._sshd.pid}/children")
        until(lambda: not children.read_text(), "the ends of connections")
        # proc(5): utime, stime, cutime, cstime.
        times = pathlib.Path(f"/proc/{self._sshd.pid}/stat").read_text().rpartition(")")[2].split()[11:15]
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
