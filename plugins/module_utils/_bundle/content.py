# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bundle as a value: its files and its manifest, and the name that follows from them."""

from __future__ import annotations

import hashlib
import json
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._artifacts import Artifact, Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._bundle.sign import Key
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.bundle import MANIFEST, MERGED_SINCE, new_md5
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.files import chunks
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.hook import GOPLUGIN
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import release_of
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

# So much of the digest is in the name.
_DIGITS = 16
# The kinds of hook of which an API has one at the most, with their keys in a manifest.
_SINGLE = {"auth_check": "auth_check", "analytics": "traffic_logs"}


class File(t.NamedTuple):
    """A file of a bundle. path: where it is now."""

    name: str
    path: str
    size: int
    sha256: str


class Content(t.NamedTuple):
    """What the gateway unpacks. manifest: the bytes of manifest.json."""

    files: tuple[File, ...]
    manifest: bytes

    @property
    def sums(self) -> dict[str, str]:
        """From the names of all files to their SHA-256, in the order of the bundle."""
        return {**{file.name: file.sha256 for file in self.files}, MANIFEST: hashlib.sha256(self.manifest).hexdigest()}

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files) + len(self.manifest)

    def name(self, prefix: str) -> str:
        return f"{prefix}-{digest(self.sums)}.zip"


def digest(sums: t.Mapping[str, str]) -> str:
    """What is in the name of a bundle: in the folder with its files, the beginning of C(LC_ALL=C sha256sum * | sha256sum).

    It is of what the gateway unpacks and keeps by that name, and not of the zip: another zlib packs the same files otherwise.
    """
    lines = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))
    return hashlib.sha256(lines.encode()).hexdigest()[:_DIGITS]


def read(artifacts: t.Sequence[Artifact], plugins: t.Sequence[Plugin], key: Key | None) -> Content:
    """Read the artifacts once, and write the manifest. Raises GoPluginsError, OSError."""
    section = middleware(plugins, artifacts)
    # The gateway hashes the files one after the other (gateway/coprocess_bundle.go, Verify), in the order of file_list.
    checksum, signed = new_md5(), hashlib.sha256()
    files = []
    for artifact in artifacts:
        own, size = hashlib.sha256(), 0
        for chunk in chunks(artifact.path):
            for one in (own, checksum, signed):
                one.update(chunk)
            size += len(chunk)
        files.append(File(artifact.file, artifact.path, size, own.hexdigest()))
    manifest = {"file_list": [file.name for file in files], "custom_middleware": section, "checksum": checksum.hexdigest()}
    if key:
        manifest["signature"] = key.sign(signed.digest())
    return Content(tuple(files), (json.dumps(manifest, indent=2) + "\n").encode())


def middleware(plugins: t.Sequence[Plugin], artifacts: t.Sequence[Artifact]) -> dict[str, t.Any]:
    """The custom_middleware of the manifest. Hooks of one kind run in the order of the plugins. Raises GoPluginsError.

    A path is that of no file: each gateway adds its version and platform to it.
    """
    found: dict[str, t.Any] = {"driver": GOPLUGIN}
    for plugin in plugins:
        if not plugin.hooks:
            raise GoPluginsError(
                f"plugin {plugin.name} has no hooks, so nothing in the bundle would call it",
                "name them in its hooks, from symbol to kind, or leave the plugin out",
            )
        for symbol, kind in plugin.hooks.items():
            hook = {"name": symbol, "path": f"{plugin.name}.so"}
            if kind not in _SINGLE:
                found.setdefault(kind, []).append(hook)
            elif _SINGLE[kind] in found:
                raise GoPluginsError(
                    f"{found[_SINGLE[kind]]['name']} and {symbol} are both {kind} hooks; an API has one", "keep one of them in the bundle"
                )
            else:
                found[_SINGLE[kind]] = hook
    early = [artifact.version for artifact in artifacts if release_of(artifact.version) < MERGED_SINCE]
    if "traffic_logs" in found and early:
        raise GoPluginsError(
            f"{found['traffic_logs']['name']} is an analytics hook, which gateways before v5.15 do not take from a bundle; one of them is "
            f"{early[0]}",
            "name it as analytics_plugin of the definition, and leave it out of the bundle",
        )
    return found
