# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same inputs give the same bytes, whoever builds where: two hosts that have nothing in common but the compilers.

What two hosts make of each kind of source takes minutes and is looked at with FULL=1; `reproduce` builds again elsewhere each time.
"""

from __future__ import annotations

import re
import subprocess
import time

import pytest

HOOK = """package main

import "net/http"
{imports}
func Hook(http.ResponseWriter, *http.Request) {{ last = {expression} }}

var last interface{{}}
{more}"""
C_TEXT = "#include <string.h>\nstatic const char *text(void) {{ return {}; }}"
MOD = "module shop.example/{name}\n\ngo 1.21\n"
LIB = 'package lib\n\nimport "runtime"\n\nfunc Name() string { _, file, _, _ := runtime.Caller(0); return file }\n'
GENERIC = "type pair[K comparable, V any] struct {\n\tk K\n\tv V\n}\n\n"
GENERIC += "func of[K comparable, V any](k K, v V) pair[K, V] { return pair[K, V]{k, v} }\n"
LITERAL = "map[string]int{" + ", ".join(f'"k{number}": {number}' for number in range(40)) + "}"
INFO = "func info() interface{} { value, _ := debug.ReadBuildInfo(); return value }\n"


def hook(expression, imports="", more=""):
    """A plugin with that expression in its hook."""
    return {"main.go": HOOK.format(expression=expression, imports=imports, more=more), "go.mod": MOD}


def c(preamble):
    """A plugin with C."""
    return hook("C.GoString(C.text())", f'\n/*\n{preamble}\n*/\nimport "C"\n')


def lib(path, **files):
    """A plugin with another package, of that path."""
    return {**hook("lib.Name()", f'\nimport "{path}"\n'), **files}


# From name to (files, options of the plugin).
KINDS = {
    "c_date": (c(C_TEXT.format('__DATE__ " " __TIME__')), {}),
    "c_file": ({**c("extern const char *text(void);"), "text.c": "const char *text(void) { return __FILE__; }\n"}, {}),
    "caller": ({**lib("shop.example/caller/lib"), "lib/lib.go": LIB}, {}),
    "replaced": (
        {
            **lib("shop.example/lib"),
            "go.mod": MOD + "\nrequire shop.example/lib v0.0.0\n\nreplace shop.example/lib => ../library\n",
            "../library/go.mod": "module shop.example/lib\n\ngo 1.21\n",
            "../library/lib.go": LIB,
        },
        {},
    ),
    "id": (hook('"id"'), {"id": "auto"}),
    "plain": (hook('"plain"'), {}),
    "no_mod": ({**hook('"no mod"'), "go.mod": None}, {}),
    "ldflags": (hook("stamp", more='\nvar stamp = "none"\n'), {"ldflags": "-X main.stamp=1.2.3"}),
    "stripped": (hook('"stripped"'), {"ldflags": "-s -w"}),
    "id_named": (hook('"id"'), {"id": "blue"}),
    "embed": ({**hook("text", '\nimport _ "embed"\n', "\n//go:embed text\nvar text string\n"), "text": "text\n" * 1000}, {}),
    "embed_folder": (
        {
            **hook("files", '\nimport "embed"\n', "\n//go:embed texts\nvar files embed.FS\n"),
            **{f"texts/{number}": f"{number}\n" for number in range(30)},
        },
        {},
    ),
    "generic": (hook('of("a", of(1, 2.5))', more=f"\n{GENERIC}"), {}),
    "literals": (hook(LITERAL), {}),
    "files": (
        {
            **hook("all", more="\nvar all []int\n"),
            **{f"f{number}.go": f"package main\n\nfunc init() {{ all = append(all, {number}) }}\n" for number in range(30)},
        },
        {},
    ),
    "assembly": (
        {
            **lib("shop.example/assembly/lib"),
            "lib/lib.go": "package lib\n\nfunc Name() uint64\n",
            "lib/lib_amd64.s": "TEXT \u00b7Name(SB), 4, $0-8\n\tMOVQ $7, ret+0(FP)\n\tRET\n",
            "lib/lib_arm64.s": "TEXT \u00b7Name(SB), 4, $0-8\n\tMOVD $7, R0\n\tMOVD R0, ret+0(FP)\n\tRET\n",
        },
        {},
    ),
    "c_library": (c("#include <math.h>\n#cgo LDFLAGS: -lm\n" + C_TEXT.format('sqrt(strlen("a")) > 1 ? "x" : "y"')), {}),
    "tags": ({**hook("system"), "linux.go": '//go:build linux\n\npackage main\n\nconst system = "linux"\n'}, {}),
    "words": (hook("gr\u00fc\u00dfe", more='\nvar gr\u00fc\u00dfe = "\u4e16\u754c"\n'), {}),
    "build_info": (hook("info()", '\nimport "runtime/debug"\n', f"\n{INFO}"), {}),
}


class Host:
    """A host: a folder with sources, workspaces, artifacts, caches; who works there, and how."""

    def __init__(self, folder, workshop, run_module, prefix=(), **environment):
        self._folder, self._workshop, self._run, self._prefix = folder, workshop, run_module, prefix
        self._environment = environment
        folder.mkdir(parents=True)
        self.checkout = folder / "gateway"
        subprocess.run(["git", "clone", "--quiet", "--no-local", str(workshop.checkout), str(self.checkout)], check=True)

    def run(self, module, **options):
        common = {"profile": self._workshop.profile, "goroot": str(self._workshop.goroot())}
        result = self._run(module, env=self._environment, started_by=self._prefix, **common, **options)
        assert not result.get("failed"), result
        return result

    def build(self):
        """From name to the artifact that came of it, with its record."""
        plugins, built = [], []
        for name, (files, options) in KINDS.items():
            write(self._folder / name, name, files)
            source = {key: value for key, value in options.items() if key != "ldflags"}
            plugins.append({"name": name, "source": str(self._folder / name), "remote_src": True, **source})
            built.append({"name": name, "symbols": ["Hook"], "ldflags": options.get("ldflags", "")})
        self.run("go_workspace", plugins=plugins, path=str(self._folder / "work"), gateway=str(self.checkout))
        made = self.run("go_plugin_build", plugins=built, workspaces=str(self._folder / "work"), output=str(self._folder / "out"))
        return {one["name"]: one for one in made["plugins"]}


def write(folder, name, files):
    """Write the source of a plugin."""
    for path, text in files.items():
        if text is not None:
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace("{name}", name), encoding="utf-8")


@pytest.fixture(scope="module")
def both(workshop, run_module, tmp_path_factory):
    """What two hosts make of the same sources: another folder, user, host name, umask, locale, time zone, time, and caches."""
    folder = tmp_path_factory.mktemp("hosts")
    home = folder / "second host" / "of \u00fcbung"
    # In a user namespace the user has that number, and its files are ours.
    prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--uts", "sh", "-c", 'umask 077; exec "$@"', "sh"]
    far = {"HOME": str(home), "GOCACHE": str(home / "built"), "GOMODCACHE": str(home / "modules"), "USER": "ann"}
    far |= {"LANG": "tr_TR.UTF-8", "LC_ALL": "", "TZ": "Pacific/Kiritimati", "SOURCE_DATE_EPOCH": "1700000000"}
    # The sources of one host are older, and its builds are.
    near = Host(folder / "a", workshop, run_module).build()
    time.sleep(1.1)
    return near, Host(home, workshop, run_module, prefix, **far).build()


@pytest.mark.full
@pytest.mark.parametrize("name", KINDS)
def test_two_hosts_build_the_same_bytes(both, name):
    near, far = (built[name]["record"] for built in both)
    assert near["digest"] == far["digest"]
    assert near["sha256"] == far["sha256"], explained(*(built[name]["artifact"] for built in both))


STAMPED = """#!/bin/sh
exec gcc "-DSTAMP=\\"$(date +%s%N)\\"" "$@"
"""


def test_a_second_build_elsewhere_shows_what_is_not_reproducible(shop, tmp_path):
    """In one run, as both compile everything: what is the same twice, and what a C compiler that is a script makes other each time."""
    compiler = tmp_path / "stamping-cc"
    compiler.write_text(STAMPED)
    compiler.chmod(0o755)
    kinds = {"same": hook('"same"'), "stamped": c(C_TEXT.format("STAMP"))}
    for name, files in kinds.items():
        write(tmp_path / name, name, files)
    shop.workspace(tmp_path, plugins=[{"name": name, "source": str(tmp_path / name), "remote_src": True} for name in kinds])
    wanted = {"plugins": [{"name": name} for name in kinds], "cc": str(compiler), "reproduce": True, "keep_going": True}
    foreseen = shop.build(check=True, **wanted)
    assert foreseen["changed"] and not shop.output.exists()
    first = shop.build(**wanted)
    (failure,) = first["failures"]
    assert failure["name"] == "stamped" and "stamped for " in failure["message"] and "is not reproducible" in failure["message"]
    (same,) = first["plugins"]
    assert same["name"] == "same" and re.fullmatch(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ", same["record"]["reproduced"])
    # It is known of that artifact.
    again = shop.build(**{**wanted, "plugins": [{"name": "same"}]})
    assert not again["changed"] and again["record"] == same["record"]


def explained(near, far):
    """Where two artifacts differ."""
    sections = [subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=False).stdout for path in (near, far)]
    differences = subprocess.run(["cmp", "-l", near, far], capture_output=True, text=True, check=False).stdout.splitlines()
    return "\n".join([f"{len(differences)} bytes differ", *differences[:5], sections[0]])
