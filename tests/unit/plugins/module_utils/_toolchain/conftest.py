# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host: a root for toolchains, and archives of small ones; see Host. On it there is no Go."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zipfile

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import download, gomodule
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.origin import Wanted

SITE = download.parse_site("https://mirror.example.com/go")
AMD64 = Platform("linux", "amd64")


class Host:
    """A root, and archives of toolchains whose go writes down that it was started."""

    def __init__(self, folder):
        self.folder = folder
        self.root = folder / "home" / "go"
        self.started = folder / "started"

    def archive(self, version, told=None, platform=AMD64, go=None, **files):
        """An archive as (path, checksum). told: the version that its VERSION file and its go name."""
        told = told or f"go{version}"
        go = go or f"printf '%s\\n' {told} {platform.goos} {platform.goarch}"
        content = {
            "VERSION": f"{told}\ntime 2024-08-29T20:56:24Z\n",
            "go.env": "GOTOOLCHAIN=auto\n",
            "bin/go": f'#!/bin/sh\necho "$*|$HOME|$GOTOOLCHAIN|$GOENV" >> {self.started}\n{go}\n',
            "pkg/tool/compile": "the compiler",
            **files,
        }
        path = self.folder / f"go{version}.tar.gz"
        # The time of day is no part of it: the same version gives the same archive.
        with gzip.GzipFile(path, "wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
            for name, text in content.items():
                if text is not None:
                    info = tarfile.TarInfo(f"go/{name}")
                    info.size = len(text)
                    info.mode = 0o755 if name.startswith("bin/") else 0o644
                    tar.addfile(info, io.BytesIO(text.encode()))
        return str(path), f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"

    def unpacked(self, version):
        """The folder of such a toolchain as the go command unpacks its module: read-only, and nothing can be executed."""
        folder = self.folder / "unpacked"
        with tarfile.open(self.archive(version)[0]) as tar:
            # As an attribute, since Debian's Python 3.11 knows no such argument.
            tar.extraction_filter = getattr(tarfile, "data_filter", None)
            tar.extractall(folder)
        for path in sorted(folder.rglob("*"), reverse=True):
            path.chmod(0o555 if path.is_dir() else 0o444)
        return str(folder / "go")

    def module_zip(self):
        """A zip that says of no file that it can be executed, as proxies may lose it."""
        path = self.folder / "module.zip"
        with zipfile.ZipFile(path, "w"):
            pass
        return str(path)

    def bare(self, version="1.22.7", **options):
        """What is wanted when only the version is said."""
        return Wanted(str(self.root), version, AMD64, "auto", None, None, SITE, "", None)._replace(**options)

    def wanted(self, version="1.22.7", archive=None):
        """What is wanted when an archive is given."""
        path, checksum = archive or self.archive(version)
        return self.bare(version, archive=path, checksum=checksum)

    def starts(self):
        return self.started.read_text().splitlines() if self.started.exists() else []

    def listing(self):
        return sorted(os.listdir(self.root)) if self.root.exists() else None


@pytest.fixture
def host(tmp_path, monkeypatch):
    monkeypatch.setattr(gomodule, "find_bootstrap", lambda given: gomodule.Bootstrap("", "there is no Go on this host"))
    return Host(tmp_path)
