# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the files of the table, each once, and what the cures of findings make of them."""

from __future__ import annotations

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import typing as t

from ansible_collections.goplugins.tyk.tests.matrix.machine import with_zig
from ansible_collections.goplugins.tyk.tests.matrix.table import TYK, File

# Where modules come from is the machine's business, what Go is told besides is the table's.
_OF_THE_MACHINE = ("GOPROXY", "GOSUMDB", "GONOPROXY", "GONOSUMDB", "GOPRIVATE", "GOINSECURE", "GOMODCACHE", "GOPATH")

Compilers = t.Mapping[tuple[str, str], t.Mapping[str, str]]


class Failed(Exception):
    """A command that ended with an error: what was run and what it printed."""


class Cured(t.NamedTuple):
    """What the commands of cures built, None where they left it alone, and what they put into the environment."""

    plugin: str | None
    gateway: str | None
    environment: tuple[str, ...]


class Workshop:
    """folder: for everything that is built. cache: Go's build cache. compilers: from platform and name of a C compiler to variables."""

    def __init__(self, folder: pathlib.Path, cache: pathlib.Path, examples: pathlib.Path, compilers: Compilers) -> None:
        self._folder = folder
        self._compilers = compilers
        self._example = examples / "plugins" / "testplugin"
        self._built: dict[tuple[str, str], str] = {}
        self._cured: dict[tuple[str, ...], Cured] = {}
        settings = _output(["go", "env", *_OF_THE_MACHINE], folder, {**os.environ, "GOTOOLCHAIN": "local"}).splitlines()
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "CGO_", "GIT_", "CC", "CXX"))}
        self._environment.update(zip(_OF_THE_MACHINE, settings), GOENV="off", GOCACHE=str(cache), CGO_ENABLED="1")
        self._environment["PATH"] = with_zig(os.environ["PATH"])
        repository = folder / "repository"
        _output([sys.executable, str(examples / "make_repository.py"), str(repository)], folder, self._environment)
        self._checkout = folder / "checkout"
        clone = ["git", "clone", "--quiet", "--branch=v5.99.0", "-c", "advice.detachedHead=false", str(repository), str(self._checkout)]
        _output(clone, folder, self._environment)

    def gateway(self, name: str, file: File) -> str:
        return self._once("gateway", name, file)

    def plugin(self, name: str, file: File) -> str:
        return self._once("plugin", name, file)

    def cured(self, name: str, plugin: File, gateway: File, commands: t.Sequence[str]) -> Cured:
        """What the commands make of the plugin's workspace, run as they stand with only the user's own two folders filled in.

        The Go that is there is the plugin's, the C compiler the gateway's: cures name the one, but cannot know the other.
        """
        key = (name, gateway.platform, gateway.cc, *commands)
        if key not in self._cured:
            folder = self._folder / f"cured-{len(self._cured)}-{name}"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self._folder / f"plugin-{name}", folder, symlinks=True)
            environment = {**self._environment, "GOTOOLCHAIN": f"go{plugin.go}", **self._compilers[gateway.platform, gateway.cc]}
            self._cured[key] = self._cure(folder, commands, environment)
        return self._cured[key]

    def _cure(self, folder: pathlib.Path, commands: t.Sequence[str], environment: t.Mapping[str, str]) -> Cured:
        plugin, gateway = folder / "plugin", folder / "gateway"
        loading = []
        if any("go clean" in command for command in commands):
            # A cache of its own to clean.
            environment = {**environment, "GOCACHE": str(folder / "cache")}
        for command in commands:
            if command.startswith("export "):
                loading.append(command.partition(" ")[2])
                continue
            filled = command.replace("PLUGIN_FOLDER", shlex.quote(str(plugin))).replace("GATEWAY_CHECKOUT", shlex.quote(str(gateway)))
            _output(["sh", "-ec", filled], folder, environment)
        built = [str(path) if path.exists() else None for path in (plugin / "PLUGIN.so", gateway / "tyk")]
        return Cured(built[0], built[1], tuple(loading))

    def _once(self, side: str, name: str, file: File) -> str:
        if (side, name) not in self._built:
            self._built[side, name] = self._build(side, self._folder / f"{side}-{name}", file)
        return self._built[side, name]

    def _build(self, side: str, folder: pathlib.Path, file: File) -> str:
        shutil.rmtree(folder, ignore_errors=True)
        self._lay_out(folder)
        goos, _slash, goarch = file.platform.partition("/")
        environment = {**self._environment, "GOTOOLCHAIN": f"go{file.go}"}
        if file.script:
            _output(["sh", "-ec", file.script], folder, environment)
        environment.update(self._compilers[file.platform, file.cc], GOOS=goos, GOARCH=goarch)
        output = folder / ("tyk-built" if side == "gateway" else "plugin.so")
        of_side = ["-buildmode=plugin"] if side == "plugin" else ["-tags=goplugin"]
        if side == "gateway":
            environment["GOWORK"] = "off"
        environment.update(dict(word.split("=", 1) for word in shlex.split(file.env)))
        _output(["go", "build", *of_side, *shlex.split(file.flags), "-o", str(output), "."], folder / side, environment)
        if file.after:
            _output([*shlex.split(file.after), str(output)], folder, environment)
        return str(output)

    def _lay_out(self, folder: pathlib.Path) -> None:
        shutil.copytree(self._checkout, folder / "gateway", symlinks=True)
        shutil.copytree(self._example, folder / "plugin")
        (language,) = re.findall(r"(?m)^go .*", (folder / "gateway" / "go.mod").read_text())
        (required,) = re.findall(rf"{TYK} v.*", (folder / "plugin" / "go.mod").read_text())
        (folder / "go.work").write_text(f"{language}\n\nuse (\n    ./gateway\n    ./plugin\n)\n\nreplace {required} => ./gateway\n")


def _output(argv: t.Sequence[str], cwd: pathlib.Path, environment: t.Mapping[str, str]) -> str:
    done = subprocess.run(argv, cwd=cwd, env=environment, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{shlex.join(argv)}\nended with {done.returncode}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout
