# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job beside the commands that one would type instead: with empty caches, on a new host with a seed, after an edit, for many."""

from __future__ import annotations

import concurrent.futures
import itertools
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
import typing as t

from ansible_collections.goplugins.tyk.tests.bench.line import Line, of_times
from ansible_collections.goplugins.tyk.tests.bench.playbook import EXAMPLES, ROOT

TIMES = 5
# How many at once, and for what.
PLUGINS = (1, 5, 10, 20)
TARGETS = ["linux/amd64", "linux/arm64"]
VERIFY = "goplugins.tyk.tyk_plugin_verify"
# No go and no compiler takes these from the caller.
_UNSET = ("GOFLAGS", "GOROOT", "GOWORK", "GOOS", "GOARCH", "CC")
_edits = itertools.count()


class Gateway(t.NamedTuple):
    """version, repository: of the gateway; go: the Go release of its go.mod."""

    version: str
    repository: str
    go: str


class Took(t.NamedTuple):
    """Seconds of a run of the playbook: whole, of the process; verified, from the start of the first play to the last verdict."""

    whole: float
    verified: float


def embedded(folder: pathlib.Path) -> Gateway:
    """The small gateway of examples/."""
    repository = folder / "repository"
    subprocess.run([sys.executable, str(EXAMPLES / "make_repository.py"), str(repository)], check=True, stdout=subprocess.DEVNULL)
    return Gateway("v5.99.0", str(repository), go_of(str(repository), "v5.99.0"))


def go_of(repository: str, version: str) -> str:
    """The release that go.mod names in that version."""
    text = subprocess.run(["git", "-C", repository, "show", f"{version}:go.mod"], check=True, capture_output=True, text=True).stdout
    words = dict(line.split()[:2] for line in text.splitlines() if line.startswith(("go ", "toolchain ")))
    release = words.get("toolchain", f"go{words['go']}")[2:]
    return release if release.count(".") > 1 else f"{release}.0"


def edit(source: pathlib.Path) -> None:
    """Change one line of a plugin."""
    path = next(iter(sorted(source.glob("*.go"))))
    lines = [line for line in path.read_text().splitlines() if not line.startswith("// Edit ")]
    path.write_text("\n".join([*lines, f"// Edit {next(_edits)} of {os.getpid()}.", ""]))


def sources(folder: pathlib.Path, number: int) -> list[pathlib.Path]:
    """So many plugins."""
    shutil.rmtree(folder, ignore_errors=True)
    for index in range(number):
        shutil.copytree(EXAMPLES / "plugins" / "nomod", folder / f"plugin{index}")
    return sorted(folder.iterdir())


class Bare:
    """The commands that build a gateway and its plugins without this collection, in a folder with caches of its own.

    They are those of the flow that Tyk documents, without what is only looked at or verified.
    """

    def __init__(self, folder: pathlib.Path, gateway: Gateway, go: str) -> None:
        self.folder, self.gateway, self._go = folder, gateway, go
        caches = {"GOCACHE": str(folder / "build"), "GOMODCACHE": str(folder / "modules")}
        self.environment = {**_environment(), **caches, "CGO_ENABLED": "1", "GOTOOLCHAIN": f"go{gateway.go}"}

    def go(self, *words: str, cwd: pathlib.Path, go: str = "") -> None:
        done = subprocess.run([go or self._go, *words], cwd=cwd, env=self.environment, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"go {' '.join(words)}: {done.stderr}")

    def cold(self, plugins: t.Sequence[pathlib.Path]) -> float:
        """Fetch Go, check out the gateway, build it and the plugins. Seconds."""
        remove(self.folder)
        self.folder.mkdir(parents=True)
        started = time.perf_counter()
        clone = ["git", "clone", "--quiet", "--depth=1", f"--branch={self.gateway.version}", f"file://{self.gateway.repository}", "tyk"]
        subprocess.run(clone, cwd=self.folder, check=True, capture_output=True)
        # The first command fetches that Go.
        self.go("build", "-tags=goplugin", "-trimpath", "-o", "../gateway", ".", cwd=self.folder / "tyk")
        for plugin in plugins:
            self._lay_out(plugin)
            self._tidy(plugin.name)
            self._link(plugin.name)
        return time.perf_counter() - started

    def after_an_edit(self, plugins: t.Sequence[pathlib.Path]) -> float:
        """Build these plugins anew, as many at a time as there are processors. Seconds."""
        for plugin in plugins:
            self._lay_out(plugin)
        started = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(self._link, [plugin.name for plugin in plugins]))
        return time.perf_counter() - started

    def from_empty_caches(self, plugin: pathlib.Path) -> float:
        """What the plugin compiler does where nothing is compiled yet, its Go and the gateway's source being in its image. Seconds."""
        binary = self.toolchain()
        for name in ("GOCACHE", "GOMODCACHE"):
            self.environment[name] = f"{self.environment[name]}.empty"
            remove(pathlib.Path(self.environment[name]))
        try:
            started = time.perf_counter()
            self._lay_out(plugin, binary)
            self._link(plugin.name, binary)
            return time.perf_counter() - started
        finally:
            for name in ("GOCACHE", "GOMODCACHE"):
                remove(pathlib.Path(self.environment[name]))
                self.environment[name] = self.environment[name].removesuffix(".empty")

    def toolchain(self) -> str:
        """The command go of the gateway's release, which was fetched."""
        (found,) = pathlib.Path(self.environment["GOMODCACHE"], "golang.org").glob(f"toolchain@*-go{self.gateway.go}.*/bin/go")
        return str(found)

    def _lay_out(self, plugin: pathlib.Path, go: str = "") -> None:
        workspace = self.folder / f"of-{plugin.name}"
        shutil.rmtree(workspace, ignore_errors=True)
        shutil.copytree(plugin, workspace / plugin.name)
        self.go("mod", "init", f"tyk.internal/{plugin.name}", cwd=workspace / plugin.name, go=go)
        self.go("work", "init", "../tyk", plugin.name, cwd=workspace, go=go)

    def _tidy(self, name: str) -> None:
        """C(go mod tidy), with the checkout in the place of the gateway's module, as no proxy need know it."""
        module = next(line.split()[1] for line in (self.folder / "tyk" / "go.mod").read_text().splitlines() if line.startswith("module "))
        for words in (
            ["edit", f"-replace={module}=../../tyk", f"-require={module}@v0.0.0"],
            ["tidy"],
            ["edit", f"-dropreplace={module}", f"-droprequire={module}"],
        ):
            self.go("mod", *words, cwd=self.folder / f"of-{name}" / name)

    def _link(self, name: str, go: str = "") -> None:
        words = ["build", "-tags=goplugin", "-trimpath", "-buildmode=plugin", "-o", f"../{name}.so", "."]
        self.go(*words, cwd=self.folder / f"of-{name}" / name, go=go or self.toolchain_or_go())

    def toolchain_or_go(self) -> str:
        """The gateway's Go itself, once it is there: starting it by way of another costs a little."""
        try:
            return self.toolchain()
        except ValueError:
            return self._go


class Job:
    """The playbook build_plugins, with a host's folder and caches of its own."""

    def __init__(self, folder: pathlib.Path, gateway: Gateway, go: str, **variables: t.Any) -> None:
        self.folder = folder
        self.caches = {"GOCACHE": str(folder / "build"), "GOMODCACHE": str(folder / "modules")}
        self._variables = {
            "tyk_gateway_version": gateway.version,
            "tyk_gateway_repo": gateway.repository,
            "tyk_gateway_go_version": gateway.go,
            "tyk_workspace_root": str(folder / "root"),
            "tyk_artifacts": str(folder / "dist"),
            "tyk_go_environment": self.caches,
            "go_toolchain_bootstrap_go": go,
            **variables,
        }

    def clean(self) -> None:
        remove(self.folder)
        self.folder.mkdir(parents=True)

    def run(self, plugins: t.Sequence[pathlib.Path], playbook: str = "build_plugins", **variables: t.Any) -> Took:
        """Raises RuntimeError where it fails."""
        self.folder.mkdir(parents=True, exist_ok=True)
        given, stamps = self.folder / "variables.json", self.folder / "stamps.json"
        wanted = {"tyk_plugins": [{"name": plugin.name, "source": str(plugin)} for plugin in plugins]} if plugins else {}
        given.write_text(json.dumps({**self._variables, **wanted, **variables}))
        words = ["ansible-playbook", "--inventory", str(ROOT / "inventory" / "localhost.yml"), "--extra-vars", f"@{given}"]
        environment = {
            **_environment(),
            "ANSIBLE_CALLBACK_PLUGINS": str(pathlib.Path(__file__).parent / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "stamp_tasks",
            "STAMP_TASKS_FILE": str(stamps),
        }
        started = time.perf_counter()
        command = [*words, str(ROOT / "playbooks" / f"{playbook}.yml")]
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        whole = time.perf_counter() - started
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        found = json.loads(stamps.read_text())
        if plugins and VERIFY not in found:
            raise RuntimeError(f"nothing was verified, so there was nothing to measure:\n{done.stdout}")
        return Took(whole, found.get(VERIFY, found["start"]) - found["start"])


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _UNSET}


def remove(folder: pathlib.Path) -> None:
    """A folder, with module caches, that Go makes read-only."""
    if folder.exists():
        subprocess.run(["chmod", "--recursive", "u+w", str(folder)], check=True)
        shutil.rmtree(folder)


def size(*folders: str) -> int:
    """Bytes of all files below."""
    return sum(
        path.stat().st_size for folder in folders for path in pathlib.Path(folder).rglob("*") if path.is_file() and not path.is_symlink()
    )


def one_gateway(folder: pathlib.Path, gateway: Gateway, go: str, is_real: bool) -> t.Iterator[Line]:
    """The situations of one plugin, and ten at once.

    Some bounds hold for gateways of real size alone: for the small one Ansible itself takes longer than Go.
    """

    def real(bound: float) -> float | None:
        return bound if is_real else None

    (one, *_others) = ten = sources(folder / "sources", 10)
    bare, job, seeds = Bare(folder / "bare", gateway, go), Job(folder / "job", gateway, go), folder / "seeds"
    job.clean()
    by_hand, cold = bare.cold([one]), job.run([one]).whole
    yield of_times("cold-of-commands", cold, by_hand, real(1.05), "Go, gateway and plugin with empty caches; git and go")
    edits, links = [], []
    for _turn in range(TIMES):
        edit(one)
        edits.append(job.run([one]))
        links.append(bare.after_an_edit([one]))
    link, edited = statistics.median(links), statistics.median(took.verified for took in edits)
    yield of_times("one-line-of-go-build", edited, link, real(2.5), "one line edited, from the start of the play to the verdict; go build")
    whole = statistics.median(took.whole for took in edits)
    yield of_times("one-line-whole-of-go-build", whole, link, None, "the same with start and end of Ansible; go build")
    empty = bare.from_empty_caches(one)
    told = "one line edited, from the start of the play to the verdict; steps of the plugin compiler with empty caches"
    yield of_times("one-line-of-compiler", edited, empty, real(1 / 15), told)
    shutil.rmtree(seeds, ignore_errors=True)
    job.run([], "provision_build_hosts", tyk_seeds=str(seeds))
    new = Job(folder / "new", gateway, go, tyk_seeds=str(seeds))
    new.clean()
    yield of_times("seed-of-cold", new.run([one]).whole, cold, real(0.2), "a new host with a seed; the same without one")
    packed, caches = size(str(seeds)), size(*job.caches.values())
    told = f"seed {packed / 1e6:.0f} MB; Go's caches of the host that made it {caches / 1e6:.0f} MB"
    yield Line("seed-of-caches", packed / caches, 1 / 3, told)
    job.run(ten)
    bare.after_an_edit(ten)
    for plugin in ten:
        edit(plugin)
    ours, others = job.run(ten).verified, bare.after_an_edit(ten)
    told = "ten edited plugins, from the start of the play to the last verdict; go build of each"
    yield of_times("ten-plugins-of-go-build", ours, others, 2, told)


def growth(folder: pathlib.Path, gateway: Gateway, go: str) -> t.Iterator[tuple[int, int, float]]:
    """(plugins, targets, seconds until all are verified after an edit of each)"""
    job = Job(folder / "growth", gateway, go)
    for number, chosen in itertools.product(PLUGINS, (TARGETS[:1], TARGETS)):
        plugins = sources(folder / "growing", number)
        job.run(plugins, tyk_plugin_targets=chosen)
        for plugin in plugins:
            edit(plugin)
        yield number, len(chosen), round(job.run(plugins, tyk_plugin_targets=chosen).verified, 2)
