# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the verdict needs to know of a gateway and of plugins, as plain values. The files are read here and nowhere else."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError, Libraries, Module, Symbol

if t.TYPE_CHECKING:
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import GoBinary

# A package of every Go program. Go's linker gives its fingerprint to each program that can load plugins.
RUNTIME = "runtime"
# A package that "go build -cover" compiles in. Go before 1.23 notes the flag nowhere else.
COVERAGE = "runtime/coverage"


class Facts(t.NamedTuple):
    """One file.

    unreadable: why it is not a whole Go binary; then nothing below is known.
    platform: "linux/amd64". go_version: "go1.22.7", empty where unknown. main, deps: the modules it was built from.
    settings: what "go version -m" calls build; empty where the file does not tell.
    fingerprints: import path to 8 bytes. Of a plugin all, in the order in which the loader compares them: each package after those
    that it imports. Of a gateway those of the packages that the plugins have, and of RUNTIME and COVERAGE.
    plugin_path: the import path by which a process knows the plugin. exported: what the plugin's main package exports.
    """

    path: str
    unreadable: str = ""
    platform: str = ""
    go_version: str = ""
    experiments: tuple[str, ...] = ()
    main: Module | None = None
    deps: tuple[Module, ...] = ()
    settings: t.Mapping[str, str] = {}
    build_mode: str = ""
    fingerprints: t.Mapping[str, bytes] = {}
    plugin_path: str | None = None
    exported: t.Mapping[str, Symbol] = {}
    libraries: Libraries | None = None


def counts_coverage(facts: Facts) -> bool:
    """Whether the file was built with -cover."""
    return facts.settings.get("-cover") == "true" or COVERAGE in facts.fingerprints


def gather(gateway: str, plugins: t.Sequence[str]) -> tuple[Facts, tuple[Facts, ...]]:
    """The facts of a gateway and of plugins for it.

    That a file is no Go binary is a fact too. Raises BinaryError where there is no file that can be read.
    """
    of_plugins = tuple(_read(path, _plugin_facts) for path in plugins)
    wanted = dict.fromkeys([RUNTIME, COVERAGE, *(name for facts in of_plugins for name in facts.fingerprints)])
    return _read(gateway, lambda binary: _gateway_facts(binary, wanted)), of_plugins


def _read(path: str, facts_of: t.Callable[[GoBinary], Facts]) -> Facts:
    try:
        with open_binary(path) as binary:
            return facts_of(binary)
    except BinaryError as error:
        if error.code in ("unreadable", "not-a-file"):
            raise
        return Facts(path, unreadable=error.message)


def _plugin_facts(binary: GoBinary) -> Facts:
    facts = _common(binary)
    if facts.build_mode != "plugin":
        return facts
    return facts._replace(fingerprints=binary.fingerprints(), plugin_path=binary.plugin_path, exported=binary.exported())


def _gateway_facts(binary: GoBinary, wanted: t.Iterable[str]) -> Facts:
    found = {name: binary.fingerprint(name) for name in wanted}
    return _common(binary)._replace(fingerprints={name: value for name, value in found.items() if value is not None})


def _common(binary: GoBinary) -> Facts:
    info = binary.build_info
    return Facts(
        path=binary.path,
        platform=str(binary.platform),
        go_version=info.go_version,
        experiments=info.experiments,
        main=info.main,
        deps=info.deps,
        settings=info.settings,
        build_mode=binary.build_mode or "",
        libraries=binary.libraries(),
    )
