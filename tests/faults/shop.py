# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The embedded gateway and everything that a module needs to work on it, made by the modules themselves and kept in one folder."""

from __future__ import annotations

import functools
import pathlib
import shutil
import subprocess
import sys
import typing as t

from ansible_collections.goplugins.tyk.tests.faults.process import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
VERSION = "release-5.99.0"
GO = "1.22.7"
# The modules that write, from the cheapest run to the dearest.
WRITING = (
    "tyk_build_receipt",
    "tyk_plugin_guard",
    "tyk_plugin_scaffold",
    "tyk_plugin_image",
    "tyk_plugin_bundle",
    "git_checkout",
    "go_workspace",
    "go_plugin_build",
    "tyk_gateway_build",
    "go_toolchain",
)


class Shop:
    """folder: of everything that is made. Each campaign starts with an empty one, so it is the work of the code that is tested."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.repository = folder / "repository"
        subprocess.run([sys.executable, str(EXAMPLES / "make_repository.py"), str(self.repository)], check=True, capture_output=True)
        self.checkout = folder / "src"
        self.must("git_checkout", repo=f"file://{self.repository}", version=VERSION, dest=str(self.checkout))
        self.profile = self.must("tyk_gateway_info", checkout=str(self.checkout), version=VERSION)["profile"]
        self.goroot = self.must("go_toolchain", version=GO, root=str(folder / "go"), source="module")["goroot"]
        self.workspaces = folder / "workspaces"
        self.lay_out("testplugin", EXAMPLES / "plugins" / "testplugin")

    def must(self, module: str, **options: t.Any) -> dict[str, t.Any]:
        """Run a module that has to succeed for anything to be tested at all."""
        ended = run(module, options, self.folder / "runs" / module)
        if not ended.succeeds:
            raise RuntimeError(f"{module} failed: {ended.output}")
        return ended.result or {}

    def lay_out(self, name: str, source: pathlib.Path) -> None:
        """Make the workspace of a plugin in the folder C(workspaces)."""
        self.must("go_workspace", **self.workspace_options(self.workspaces, name=name, source=source))

    @functools.cached_property
    def gateway(self) -> str:
        """The path of the gateway's binary."""
        return str(self.must("tyk_gateway_build", **self.options("tyk_gateway_build", self.folder / "bin"))["binary"])

    @functools.cached_property
    def artifact(self) -> str:
        """The path of a plugin's artifact."""
        built = self.must("go_plugin_build", **self.build_options(self.folder / "artifacts"))
        return str(built["plugins"][0]["artifact"])

    def workspace_options(
        self, path: pathlib.Path, name: str = "testplugin", source: pathlib.Path = EXAMPLES / "plugins" / "testplugin"
    ) -> dict[str, t.Any]:
        return {
            "plugins": [{"name": name, "source": str(source), "remote_src": True}],
            "path": str(path),
            "gateway": str(self.checkout),
            "profile": self.profile,
            "goroot": self.goroot,
            "min_free_mb": 0,
        }

    def build_options(self, path: pathlib.Path, name: str = "testplugin") -> dict[str, t.Any]:
        return {
            "plugins": [{"name": name}],
            "workspaces": str(self.workspaces),
            "profile": self.profile,
            "goroot": self.goroot,
            "output": str(path),
            "min_free_mb": 0,
        }

    def options(self, module: str, place: pathlib.Path) -> dict[str, t.Any]:
        """What makes one of the C(WRITING) modules do all of its work in a folder of its own."""
        return {
            "tyk_build_receipt": lambda: {
                "folder": str(place / "receipts"),
                "state": "written",
                "receipts": [{"asked": letter * 64, "paths": [self.goroot]} for letter in "abc"],
            },
            "tyk_plugin_guard": lambda: {"path": str(place / "guard.pyz")},
            "tyk_plugin_scaffold": lambda: {"path": str(place / "enrich"), "hooks": ["pre", "response"]},
            "tyk_plugin_image": lambda: {"path": str(place / "image"), "name": "example.com/plugins:v1", "artifacts": [self.artifact]},
            "tyk_plugin_bundle": lambda: {
                "path": str(place),
                "prefix": "shop",
                "plugins": [{"name": "testplugin", "hooks": {"AuthCheck": "auth_check"}}],
                "artifacts": [self.artifact],
            },
            "git_checkout": lambda: {"repo": f"file://{self.repository}", "version": VERSION, "dest": str(place / "src")},
            "go_workspace": lambda: self.workspace_options(place),
            "go_plugin_build": lambda: self.build_options(place),
            "tyk_gateway_build": lambda: {
                "path": str(place / "tyk"),
                "checkout": str(self.checkout),
                "profile": self.profile,
                "goroot": self.goroot,
                "min_free_mb": 0,
            },
            "go_toolchain": lambda: {"version": GO, "root": str(place), "source": "module"},
        }[module]()
