# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway as it runs on this host: its process, and what counts of its configuration.

A package keeps C(tyk.conf) beside the binary, and C(TYK_GW_*) outranks it (config/config.go, Load and FillEnv). So the process is asked
first for its folder, its C(--conf) and its environment; the files of the package count where it does not say.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.configuration import (
    Configuration,
    read_configuration,
    read_environment,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

# What the unit of the packages reads, the later one first (ci/install/inits/systemd).
ENVIRONMENT_FILES = ("/etc/default/tyk-gateway", "/etc/sysconfig/tyk-gateway")
# gateway/server.go, confPaths.
_CONFIGS = ("tyk.conf", "/etc/tyk/tyk.conf")
# Commands of the binary that serve nothing.
_OTHER_COMMANDS = ("plugin", "version", "bundle", "lint", "import", "help", "--version", "--help")
_MAX_BYTES = 4 << 20
# What Linux adds to the path of a file that a process has open and that was removed.
_REMOVED = " (deleted)"


class Process(t.NamedTuple):
    """A gateway that runs. environment: None where this user may not read it. replaced: another file stands at the path of its binary."""

    pid: int
    directory: str
    arguments: tuple[str, ...]
    environment: t.Mapping[str, str] | None
    replaced: bool


class Settings(t.NamedTuple):
    """What counts for a roll-out.

    directory: where relative paths start. config: the file, empty without one. apps, middleware: absolute folders.
    listen, control: addresses of this gateway on this host, C(http://127.0.0.1:8080). control_host: the name that its control API asks for.
    owner: where its definitions come from if not from files, for a sentence. pid: None where no process is seen.
    """

    binary: str
    directory: str
    config: str
    apps: str
    middleware: str
    listen: str
    control: str
    control_host: str
    secret: str
    owner: str
    pid: int | None


def read(binary: str, config: str = "", directory: str = "", secret: str = "", *, replaced: bool = False) -> Settings:
    """The settings of the gateway C(binary). What is given outranks what is found. Raises GoPluginsError, OSError.

    replaced: whether another file may stand in the place of the one that runs, as in the middle of an upgrade.
    """
    process = find(binary, config)
    if process and process.replaced and not replaced:
        raise GoPluginsError(
            f"the gateway that runs (process {process.pid}) is not the file {binary} any more, and a verdict on that says nothing of it",
            "restart the gateway, as with: systemctl restart tyk-gateway",
        )
    folder = directory or (process.directory if process else "") or os.path.dirname(os.path.realpath(binary))
    path = config_of(config, process, folder)
    environment = process.environment if process and process.environment is not None else _environment_of_files()
    found = _settings(binary, folder, read_configuration(path, environment), secret)
    return found._replace(pid=process.pid if process else None)


def find(binary: str, config: str = "") -> Process | None:
    """The process of a gateway; None where there is none, or none is seen. Raises GoPluginsError where several could be meant."""
    found = _processes(binary)
    if config:
        found = [one for one in found if os.path.realpath(config_of("", one, one.directory)) == os.path.realpath(config)]
    if len(found) > 1:
        pids = " ".join(str(one.pid) for one in found)
        raise GoPluginsError(
            f"{len(found)} processes run {binary} (process {pids}): which one is meant?",
            "name the tyk.conf of the one that is meant by the option config",
        )
    return found[0] if found else None


def mapped(pid: int | None) -> frozenset[str] | None:
    """The shared objects that a process has open, by their real paths; None where that cannot be read.

    One that was removed counts: Go knows a plugin by its path, and does not look at the file again.
    """
    if pid is None:
        return None
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as file:
            paths = {line.rstrip("\n").split(None, 5)[5] for line in file if line.count("/")}
    except (OSError, IndexError):
        return None
    opened = (path[: -len(_REMOVED)] if path.endswith(_REMOVED) else path for path in paths)
    return frozenset(path for path in opened if path.endswith(".so"))


def _processes(binary: str) -> list[Process]:
    real, wanted = os.path.realpath(binary), os.stat(binary)
    found = []
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError):
            exe = os.readlink(f"/proc/{entry}/exe")
            replaced = exe == f"{real}{_REMOVED}"
            if not replaced:
                status = os.stat(f"/proc/{entry}/exe")
                if (status.st_dev, status.st_ino) != (wanted.st_dev, wanted.st_ino):
                    continue
            arguments = tuple(_zero_ended(f"/proc/{entry}/cmdline"))
            if arguments[1:2] and arguments[1] in _OTHER_COMMANDS:
                continue
            environment = None
            with contextlib.suppress(PermissionError):
                pairs = [line.partition("=") for line in _zero_ended(f"/proc/{entry}/environ")]
                environment = {name: value for name, _equals, value in pairs}
            found.append(Process(int(entry), os.readlink(f"/proc/{entry}/cwd"), arguments, environment, replaced))
    return found


def _zero_ended(path: str) -> list[str]:
    with open(path, "rb") as file:
        return [os.fsdecode(part) for part in file.read(_MAX_BYTES).split(b"\0") if part]


def config_of(given: str, process: Process | None, directory: str) -> str:
    """The path of the configuration: what is given, else what the process was told, else the first that is there; empty without any."""
    told = _told(process.arguments) if process else ""
    path = given or told
    if path:
        return os.path.join(directory, path)
    places = [os.path.join(directory, name) for name in _CONFIGS]
    return next((place for place in places if os.path.isfile(place)), "")


def _told(arguments: t.Sequence[str]) -> str:
    for number, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name in ("--conf", "-conf"):
            return value if equals else "".join(arguments[number + 1 : number + 2])
    return ""


def _environment_of_files() -> dict[str, str]:
    """What the package's files set, those of them that this user may read."""
    return read_environment(path for path in ENVIRONMENT_FILES if os.access(path, os.R_OK))


def _settings(binary: str, directory: str, configuration: Configuration, secret: str) -> Settings:
    def folder(key: str, usual: str) -> str:
        return os.path.normpath(os.path.join(directory, configuration.text(key) or usual))

    scheme = "https" if configuration.flag("http_server_options", "use_ssl") else "http"
    host = configuration.text("listen_address")
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    port = configuration.number("listen_port") or 8080
    return Settings(
        binary=binary,
        directory=directory,
        config=configuration.path,
        apps=folder("app_path", "apps"),
        middleware=folder("middleware_path", "middleware"),
        listen=f"{scheme}://{host}:{port}",
        control=f"{scheme}://{host}:{configuration.number('control_api_port') or port}",
        control_host=configuration.text("control_api_hostname"),
        secret=secret or _secret(configuration),
        owner=configuration.owner,
        pid=None,
    )


def _secret(configuration: Configuration) -> str:
    """The secret itself, where the configuration says where it is (gateway/server.go, kvStore). Raises GoPluginsError."""
    said = configuration.text("secret")
    store, mark, key = said.partition("://")
    if not mark:
        return said
    if store == "env":
        return configuration.environment.get(f"TYK_SECRET_{key.upper()}", "")
    if store == "secrets":
        secrets = configuration.values.get("secrets")
        return str(secrets.get(key, "")) if isinstance(secrets, dict) else ""
    if store in ("consul", "vault"):
        raise GoPluginsError(
            f"the gateway takes the secret of its control API from {store}, which is not asked here",
            "give it by the option secret (tyk_gateway_secret)",
        )
    return said
