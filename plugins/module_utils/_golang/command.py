# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one runner of C(go): the toolchain that was asked for, and an environment in which nothing leaks into a build."""

from __future__ import annotations

import json
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._git import command as git
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import complaints

# Where modules come from and what vouches for them is the host's affair; these are read once with "go env".
NETWORK_SETTINGS = (
    "GOPROXY",
    "GOSUMDB",
    "GOPRIVATE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOINSECURE",
    "GOVCS",
    "GOAUTH",
    "GOMODCACHE",
    "GOCACHE",
    # From Go 1.24 on (go help cache).
    "GOCACHEPROG",
    "GOTMPDIR",
)

# What the C compiler and cgo take from the environment; a build must not depend on who starts it.
_C_SETTINGS = (
    "CC",
    "CXX",
    "FC",
    "AR",
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "OBJC_INCLUDE_PATH",
    "LIBRARY_PATH",
    "COMPILER_PATH",
    "GCC_EXEC_PREFIX",
    "SDKROOT",
    "MACOSX_DEPLOYMENT_TARGET",
)


class Go(t.NamedTuple):
    """A Go toolchain on this host. goroot: its folder; version: as its VERSION file names it, without "go"."""

    goroot: str
    version: str

    @property
    def binary(self) -> str:
        return os.path.join(self.goroot, "bin", "go")

    def run(
        self,
        words: t.Sequence[str],
        *,
        cwd: str,
        env: t.Mapping[str, str],
        timeout: float | None = None,
        watch: _command.Watch | None = None,
    ) -> _command.Completed:
        """Run C(go words...), whatever its return code. In a checkout it starts git, to write the commit into what it builds."""
        environment = {**env, **git.guards(cwd)}
        return _command.run([self.binary, *words], cwd=cwd, env=environment, timeout=timeout, watch=_command.while_awaited(watch))


def check(message: str, completed: _command.Completed, folder: str, shown: t.Mapping[str, str]) -> _command.Completed:
    """Return C(completed), or raise GoPluginsError(message + what go says is wrong) if it failed.

    folder: where go ran. shown: from names that only a build knows, such as that folder, to those that the user knows.
    """
    if completed.rc == 0:
        return completed
    said = completed.stderr.strip() or completed.stdout.strip()
    wrong = complaints.clean(said, folder, shown) or f"return code {completed.rc}"
    raise GoPluginsError(f"{message}:\n{wrong}", complaints.fix(said), cmd=completed.argv, rc=completed.rc)


def toolchain(goroot: str) -> Go:
    """The toolchain at C(goroot), recognised without starting it. Raises GoPluginsError.

    The first line of VERSION is "go1.22.7" (src/internal/buildcfg, cmd/dist).
    """
    path = os.path.join(goroot, "VERSION")
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            words = file.readline(200).split()
    except OSError as error:
        raise GoPluginsError(
            f"there is no Go toolchain at {goroot}: {path}: {error.strerror}", "run the role goplugins.tyk.go_toolchain first"
        ) from error
    if not words or not words[0].startswith("go"):
        raise GoPluginsError(f"{path} does not name a Go release", "run the role goplugins.tyk.go_toolchain first")
    return Go(goroot, words[0][2:])


def clean_environment(environment: t.Mapping[str, str]) -> dict[str, str]:
    """The environment without anything that changes what C(go build) makes, or leads the git that it starts to another repository."""
    return {
        name: value
        for name, value in git.environment(environment).items()
        if not (name.startswith(("GO", "CGO_", "PKG_CONFIG")) or name in _C_SETTINGS)
    }


def go_environment(binary: str, environment: t.Mapping[str, str]) -> dict[str, str]:
    """The environment for every run of this C(go): clean, without switching toolchains, and with the host's own network settings.

    GOENV=off, because a user's C(go env -w GOFLAGS=...) is a leak; so the network settings are asked for first. SOURCE_DATE_EPOCH is what
    C compilers take for __DATE__ and __TIME__ (reproducible-builds.org/specs/source-date-epoch); without it no two builds are equal.
    """
    completed = _command.check(
        "go env failed",
        _command.run([binary, "env", "-json", *NETWORK_SETTINGS], cwd="/", env={**_without_goroot(environment), "GOTOOLCHAIN": "local"}),
    )
    try:
        settings = json.loads(completed.stdout)
    except ValueError as error:
        raise GoPluginsError("go env did not answer with JSON", **completed.details()) from error
    network = {name: value for name, value in settings.items() if name in NETWORK_SETTINGS and value}
    ours = {"GOENV": "off", "GOTOOLCHAIN": "local", "GO111MODULE": "on", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "0"}
    return {**clean_environment(environment), **network, **ours}


def _without_goroot(environment: t.Mapping[str, str]) -> dict[str, str]:
    """A GOROOT of another toolchain would keep this one from running at all."""
    return {name: value for name, value in environment.items() if name != "GOROOT"}
