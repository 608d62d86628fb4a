# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sources as people have them: what comes of each. All are laid out, built and verified in one run; each test looks at one of them."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import zipfile

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import pack_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.source import read_source

GATEWAY = "github.com/TykTechnologies/tyk"
FOLD = "fold.example/fold"

HOOK = """package main

import "net/http"

func Hook(rw http.ResponseWriter, r *http.Request) { r.Header.Set("X-Seen", "yes") }
"""


def hook(path, call):
    """A plugin whose hook calls a package."""
    call = f'r.Header.Set("X-Seen", {call})'
    return f'package main\n\nimport (\n\t"net/http"\n\n\t"{path}"\n)\n\nfunc Hook(rw http.ResponseWriter, r *http.Request) {{ {call} }}\n'


def init(does):
    return f'package main\n\nimport "net/http"\n\nfunc init() {{ {does} }}\n\nfunc Hook(http.ResponseWriter, *http.Request) {{}}\n'


FOLDING = hook(FOLD, "fold.Fold(r.Host)")
MOD = "module shop.example/{name}\n\ngo 1.21\n"
NEEDS_FOLD = f"\nrequire {FOLD} {{version}}\n"
LIB = {"lib/go.mod": "module shop.example/lib\n\ngo 1.21\n", "lib/lib.go": 'package lib\n\nfunc Name() string { return "lib" }\n'}


def mod(name, version="", more=""):
    return MOD.format(name=name) + (NEEDS_FOLD.format(version=version) if version else "") + more


def vendor(folder):
    """Vendor what the go.mod of the folder requires."""
    return lambda root, go: go(root / folder, "mod", "vendor")


def all_of(*steps):
    return lambda root, go: [step(root, go) for step in steps]


def edited(path, old, new):
    def edit(root, _go):
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))

    return edit


def removed(*paths):
    return lambda root, _go: [(root / path).unlink() for path in paths]


def linked(path, target):
    def link(root, _go):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)

    return link


def commit(root):
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "All"]):
        subprocess.run(["git", *words], cwd=root, check=True)


def tidied(folder):
    return lambda root, go: go(root / folder, "mod", "tidy")


# From name to files, the plugin's folder, what is done to them, and further keys of the plugin.
CASES = {
    # Modules that are further up.
    "in-parent": {
        "files": {
            "go.mod": mod("mono"),
            "internal/tool/tool.go": 'package tool\n\nimport _ "embed"\n\n//go:embed words/one.txt\nvar Name string\n',
            "internal/tool/words/one.txt": "one",
            "internal/other/other.go": 'package other\n\nimport _ "nowhere.example/at/all"\n',
            "plugins/auth/auth.go": hook("shop.example/mono/internal/tool", "tool.Name"),
        },
        "folder": "plugins/auth",
    },
    "in-parent-pinned": {
        "files": {"go.mod": mod("pinned", "v0.1.1"), "plugins/fold/fold.go": FOLDING},
        "do": tidied("."),
        "folder": "plugins/fold",
    },
    "in-package": {
        "files": {"README.md": "", "go.mod": mod("outer"), "cmd/fold/go.mod": mod("inner", "v0.1.1"), "cmd/fold/fold.go": FOLDING},
        "do": tidied("cmd/fold"),
        "package": "cmd/fold",
    },
    "in-git": {
        "files": {
            "go.work": "go 1.21\n\nuse (\n\t./auth\n\t./lib\n)\n",
            "auth/go.mod": mod("ingit"),
            "auth/auth.go": hook("shop.example/lib", "lib.Name()"),
            **LIB,
        },
        "do": lambda root, _go: commit(root),
        "package": "auth",
        "version": "main",
    },
    "in-parent-with-id": {
        "files": {
            "go.mod": mod("third"),
            "tool/tool.go": 'package tool\n\nconst Name = "tool"\n',
            "auth/auth.go": hook("shop.example/third/tool", "tool.Name"),
        },
        "folder": "auth",
        "id": "second",
    },
    "beside-the-gateway": {
        "files": {"go.mod": f"module {GATEWAY}\n\ngo 1.22\n", "plugins/auth/auth.go": HOOK},
        "folder": "plugins/auth",
    },
    # A go.work of the user's.
    "work": {
        "files": {
            "go.work": "go 1.21\n\nuse (\n\t./auth\n\t./lib\n)\n",
            "auth/go.mod": mod("auth"),
            "auth/auth.go": hook("shop.example/lib", "lib.Name()"),
            **LIB,
        },
        "folder": "auth",
    },
    "work-raises": {
        "files": {
            "go.work": "go 1.21\n\nuse (\n\t./auth\n\t./other\n)\n",
            "auth/go.mod": mod("raised", "v0.1.1"),
            "auth/auth.go": FOLDING,
            "other/go.mod": mod("other", "v0.2.0"),
            "other/other.go": f'package other\n\nimport _ "{FOLD}"\n',
        },
        "do": all_of(tidied("auth"), tidied("other")),
        "folder": "auth",
    },
    "work-with-id": {
        "files": {
            "go.work": f"go 1.21\n\nuse ./auth\nuse ./lib\n\nreplace {FOLD} => ./own\n",
            "own/go.mod": f"module {FOLD}\n\ngo 1.21\n",
            "own/fold.go": 'package fold\n\nfunc Fold(text string) string { return "own" + text }\n',
            "auth/go.mod": mod("own", "v0.1.1", "\nrequire shop.example/lib v1.2.3\n"),
            "auth/auth.go": FOLDING,
            "auth/more.go": 'package main\n\nimport _ "shop.example/lib"\n',
            **LIB,
        },
        "folder": "auth",
        "id": "auto",
    },
    "work-of-gateway": {
        "files": {
            "go.work": "go 1.21\n\nuse (\n\t./auth\n\t./tyk\n\t../nowhere\n)\n",
            "auth/go.mod": mod("beside"),
            "auth/auth.go": HOOK,
            "tyk/go.mod": f"module {GATEWAY}\n\ngo 1.22\n",
        },
        "folder": "auth",
    },
    "work-of-others": {
        "files": {"go.work": "go 1.21\n\nuse ./lib\n", "auth/go.mod": mod("aside"), "auth/auth.go": HOOK, **LIB},
        "folder": "auth",
    },
    # vendor/
    "vendored": {
        "files": {"go.mod": mod("vend", "v0.1.1"), "vend.go": FOLDING},
        "do": all_of(tidied("."), vendor(".")),
    },
    "vendored-alone": {
        "files": {"go.mod": mod("vend", "v0.1.1"), "vend.go": FOLDING},
        "do": all_of(tidied("."), vendor("."), removed("go.mod", "go.sum")),
    },
    "vendored-in-parent": {
        "files": {"go.mod": mod("inparent", "v0.1.1"), "plugins/fold/vend.go": FOLDING},
        "do": all_of(tidied("."), vendor("."), edited(f"vendor/{FOLD}/fold.go", "return", "text += text; return")),
        "folder": "plugins/fold",
    },
    "vendored-patched": {
        "files": {"go.mod": mod("patched", "v0.1.1"), "vend.go": FOLDING},
        "do": all_of(tidied("."), vendor("."), edited(f"vendor/{FOLD}/fold.go", "return", "text += text; return")),
    },
    "vendored-without-list": {
        "files": {"go.mod": mod("listless", "v0.1.1"), "vend.go": FOLDING},
        "do": all_of(tidied("."), vendor("."), removed("go.mod", "go.sum", "vendor/modules.txt")),
    },
    "vendored-otherwise": {
        "files": {"go.mod": mod("otherwise", "v0.1.1"), "vend.go": FOLDING},
        "do": all_of(tidied("."), vendor("."), edited("go.mod", "v0.1.1", "v0.2.0")),
    },
    # Folders in the place of modules.
    "replaced-by-a-folder-with-its-own": {
        "files": {
            "auth/go.mod": mod("replacing", more="\nrequire shop.example/shared v0.0.0\n\nreplace shop.example/shared => ../shared\n"),
            "auth/auth.go": hook("shop.example/shared", "shared.Name()"),
            "shared/go.mod": mod("shared", more="\nrequire shop.example/base v0.0.0\n\nreplace shop.example/base => ../base\n"),
            "shared/shared.go": 'package shared\n\nimport "shop.example/base"\n\nfunc Name() string { return base.Name }\n',
            "base/go.mod": mod("base"),
            "base/base.go": 'package base\n\nconst Name = "base"\n',
        },
        "folder": "auth",
    },
    "gateway-replaced-by-nothing": {
        "files": {
            "go.mod": mod("nothing", more=f"\nrequire {GATEWAY} v1.9.2\n\nreplace {GATEWAY} => ../nowhere\n"),
            "auth.go": hook(f"{GATEWAY}/ctx", "fmt.Sprint(ctx.GetSession(r) == nil)").replace('"net/http"', '"fmt"\n\t"net/http"'),
        },
    },
    "gateway-replaced-by-links": {
        "files": {
            "auth/go.mod": mod("linking", more=f"\nreplace {GATEWAY} => ../tyk\n"),
            "auth/auth.go": HOOK,
            "tyk/go.mod": f"module {GATEWAY}\n",
        },
        "do": linked("tyk/away.go", "/etc/hostname"),
        "folder": "auth",
    },
    # What Go ignores.
    "links": {
        "files": {"go.mod": mod("links"), "links.go": HOOK, "testdata/.keep": ""},
        "do": all_of(
            linked(".#links.go", "ann@desk.4711:1700000000"),
            linked("docs", "/usr/share/doc"),
            linked(".venv/bin/python3", "/usr/bin/env"),
            linked("testdata/host", "/etc/hostname"),
        ),
    },
    "link-to-a-package": {
        "files": {"go.mod": mod("linked"), "linked.go": hook("shop.example/linked/tool", "tool.Name")},
        "do": linked("tool", "../in-parent/internal/tool"),
    },
    "link-away": {"files": {"go.mod": mod("away"), "away.go": HOOK}, "do": linked("host.txt", "/etc/hostname")},
    # Module paths and names.
    "gos-own-path": {"files": {"go.mod": "module plugin\n\ngo 1.21\n", "greet.go": HOOK}},
    "plugin": {"files": {"plugin.go": HOOK}},
    "main": {"files": {"main.go": HOOK}},
    # Files.
    "behind-a-tag": {"files": {"go.mod": mod("tagged"), "tagged.go": f"//go:build legacy && !cgo\n\n{HOOK}"}},
    "marked": {"files": {"go.mod": mod("marked"), "marked.go": f"\ufeff{HOOK}"}},
    "marked-mod": {"files": {"go.mod": f"\ufeff{mod('marked')}", "marked.go": HOOK}},
    "two-packages": {"files": {"go.mod": mod("two"), "two.go": HOOK, "helper.go": "package helper\n"}},
    # What nobody has.
    "private": {
        "files": {
            "go.mod": mod("private", more="\nrequire git.shop.invalid/team/lib v1.2.3\n"),
            "p.go": hook("git.shop.invalid/team/lib", "lib.N"),
        }
    },
    "of-another-gateway": {"files": {"old.go": hook(f"{GATEWAY}/users", "users.Name")}},
    # What a gateway makes of it.
    "server": {
        "files": {"go.mod": mod("server"), "server.go": 'package main\n\nimport "net"\n\nfunc main() { net.Listen("tcp", ":0") }\n'}
    },
    "variables": {
        "files": {"go.mod": mod("vars"), "vars.go": f"{HOOK.replace('func Hook', 'func hook')}\nvar MyHook = hook\n"},
        "symbols": [],
    },
    "panics": {"files": {"go.mod": mod("panics"), "panics.go": init('panic("SHOP_URL is not set")')}},
    "blocks": {"files": {"go.mod": mod("blocks"), "blocks.go": init("select {}")}},
}


class Bench:
    """What came of all cases. failures: from name to message and fix; notes; verdicts: from name to results of verify."""

    def __init__(self, folder, workshop, run_module, go):
        self.folder, self.goroot = folder, workshop.goroot()
        usual = subprocess.check_output([go, "env", "GOPROXY"], text=True, cwd="/").strip()
        known = subprocess.check_output([go, "env", "GOMODCACHE"], text=True, cwd="/").strip()
        proxy = folder / "proxy"
        for version in ("v0.1.1", "v0.2.0"):
            publish(proxy, version)
        # Other modules are taken from what Go has of them, so that none is fetched again.
        self.env = {
            "GOMODCACHE": str(folder / "modules"),
            "GOPROXY": f"file://{proxy},file://{known}/cache/download,{usual}",
            "GOFLAGS": "-modcacherw",
            "GONOSUMDB": "*.example",
        }
        for name, case in CASES.items():
            self.write(name, case)
        common = {"profile": workshop.profile, "goroot": str(self.goroot), "keep_going": True, "env": self.env}
        plugins = [self.plugin(name) for name in CASES]
        places = {"gateway": str(workshop.checkout), **common}
        spaces = run_module("go_workspace", plugins=plugins, path=str(folder / "spaces"), checkouts=str(folder / "sources"), **places)
        assert "workspaces" in spaces, spaces
        self.notes = {one["name"]: one["notes"] for one in spaces["workspaces"]}
        there = [plugin for plugin in plugins if plugin["name"] in self.notes]
        built = run_module("go_plugin_build", plugins=there, workspaces=str(folder / "spaces"), output=str(folder / "out"), **common)
        assert "plugins" in built, built
        self.artifacts = {one["name"]: one["artifact"] for one in built["plugins"]}
        self.failures = {one["name"]: one for one in [*spaces["failures"], *built["failures"]]}
        verified = run_module(
            "tyk_plugin_verify",
            plugins=[plugin for plugin in there if plugin["name"] in self.artifacts],
            artifacts=str(folder / "out"),
            gateway=workshop.gateway,
            profile=workshop.profile,
            load=True,
            load_timeout=3,
        )
        assert "results" in verified, verified
        self.verdicts = {pathlib.Path(one["plugin"]).name.partition("_v5")[0]: one for one in verified["results"]}

    def root(self, name):
        return self.folder / "sources" / name

    def source(self, name):
        return self.root(name) / CASES[name].get("folder", "")

    def write(self, name, case):
        for path, text in case["files"].items():
            file = self.root(name) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        case.get("do", lambda root, go: None)(self.root(name), self.go)

    def go(self, folder, *words):
        environment = {**os.environ, **self.env, "GOTOOLCHAIN": "local"}
        return subprocess.run(
            [self.goroot / "bin" / "go", *words], cwd=folder, env=environment, check=True, capture_output=True, text=True
        ).stdout

    def plugin(self, name):
        case = CASES[name]
        more = {key: case[key] for key in ("package", "id", "symbols", "version") if key in case}
        return {"name": name, "source": str(self.source(name)), "remote_src": True, **more}

    def modules(self, file):
        """What C(go version -m) says of main package and modules."""
        return re.findall(r"^\t((?:path|mod|dep|=>)\t.*?)\s*$", self.go("/", "version", "-m", file), re.MULTILINE)

    def plain(self, name):
        """The same of a plain build in the user's folder, with the flags that the gateway sets."""
        file = self.folder / f"{name}.so"
        self.go(self.source(name) / CASES[name].get("package", ""), "build", "-buildmode=plugin", "-trimpath", "-pgo=off", "-o", file, ".")
        return self.modules(file)


def publish(proxy, version):
    """Serve a version of the dependency from the file system."""
    folder = proxy / FOLD / "@v"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "list", "a", encoding="utf-8") as file:
        file.write(f"{version}\n")
    text = f"module {FOLD}\n\ngo 1.20\n"
    (folder / f"{version}.mod").write_text(text)
    (folder / f"{version}.info").write_text(json.dumps({"Version": version, "Time": "2024-01-02T03:04:05Z"}))
    with zipfile.ZipFile(folder / f"{version}.zip", "w") as archive:
        archive.writestr(f"{FOLD}@{version}/go.mod", text)
        archive.writestr(f"{FOLD}@{version}/fold.go", f'package fold\n\nfunc Fold(text string) string {{ return "{version}" + text }}\n')
        archive.writestr(f"{FOLD}@{version}/make.go", "//go:build ignore\n\npackage main\n\nfunc main() {}\n")


@pytest.fixture(scope="module")
def bench(tmp_path_factory, workshop, run_module, go):
    return Bench(tmp_path_factory.mktemp("bench"), workshop, run_module, go)


LOADED = [
    "in-git",
    "in-parent",
    "in-parent-pinned",
    "in-package",
    "in-parent-with-id",
    "beside-the-gateway",
    "work",
    "work-raises",
    "work-with-id",
    "work-of-gateway",
    "work-of-others",
    "vendored",
    "vendored-alone",
    "gateway-replaced-by-nothing",
    "gateway-replaced-by-links",
    "links",
    "plugin",
    "main",
    "marked",
]


@pytest.mark.parametrize("name", LOADED)
def test_the_gateway_loads_it(bench, name):
    assert name in bench.verdicts, bench.failures.get(name)
    verdict = bench.verdicts[name]
    # That two of them do not fit into one process is not of interest here.
    wrong = [finding for finding in verdict["findings"] if finding["stage"] != "set" and finding["effect"] != "info"]
    assert not wrong and verdict["loaded"]["ok"], verdict


# Those whose dependencies the gateway does not use.
PLAIN = ["in-git", "in-parent", "in-parent-pinned", "in-package", "work", "work-raises", "vendored", "links", "marked"]


@pytest.mark.parametrize("name", PLAIN)
def test_it_has_the_modules_of_a_plain_build(bench, name):
    """The gateway leaves the choice."""
    assert bench.modules(bench.artifacts[name]) == bench.plain(name)


def test_without_a_go_mod_the_versions_of_vendor_hold(bench):
    assert any(line.startswith(f"dep\t{FOLD}\tv0.1.1") for line in bench.modules(bench.artifacts["vendored-alone"]))
    assert "vendored-alone: there is no go.mod: the versions are those of vendor/modules.txt" in bench.notes["vendored-alone"]


def test_a_replace_of_go_work_holds(bench):
    lines = bench.modules(bench.artifacts["work-with-id"])
    assert any(line.startswith("=>\t./modules/fold.example+fold\t") for line in lines), lines


# What is refused: words of the message, and of its fix.
REFUSED = {
    "gos-own-path": (["{source}/go.mod: the module path plugin is that of a package of Go's own"], ["-module=example.com/plugin"]),
    "vendored-otherwise": (
        [
            "inconsistent vendoring in {source}:",
            f"{FOLD}@v0.2.0: is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt",
            f"{FOLD}@v0.1.1: is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod",
        ],
        ["cd {source} && go mod vendor"],
    ),
    "vendored-patched": ([f"{FOLD}@v0.1.1: vendor/{FOLD}/fold.go"], [f"go mod edit -replace={FOLD}=../FOLDER", "go mod vendor"]),
    "vendored-without-list": (
        ["vendor/ has no modules.txt", f"{FOLD}@v0.2.0: vendor/{FOLD}/fold.go"],
        [f"go mod init NAME && go get {FOLD}@VERSION"],
    ),
    "vendored-in-parent": ([f"{FOLD}@v0.1.1: vendor/{FOLD}/fold.go"], ["go mod vendor"]),
    "replaced-by-a-folder-with-its-own": (
        ["{root}/shared/go.mod replaces shop.example/base; go passes over that, as shop.example/shared is not the main module"],
        ["go mod edit -replace=shop.example/base=../base {source}/go.mod"],
    ),
    "link-to-a-package": (["{source}/tool is a link to a folder"], ["ls -ld {source}/tool"]),
    "link-away": (["{source}/host.txt is a link that leaves the source folder"], ["ls -ld {source}/host.txt"]),
    "behind-a-tag": (
        ["exclude all Go files in {source}", "tagged.go: //go:build legacy && !cgo", "the gateway's tags: goplugin"],
        ["tyk_gateway_tags"],
    ),
    "marked-mod": (["{source}/go.mod begins with a byte order mark"], ["sed -i"]),
    "two-packages": (["found packages helper (helper.go) and main (two.go) in {source}"], ["helper.go", "folder of its own"]),
    "private": (["git.shop.invalid/team/lib@v1.2.3"], ["tyk_go_environment: {{GOPRIVATE: git.shop.invalid/team}}"]),
    "of-another-gateway": ([f"{{source}}/old.go:6: {GATEWAY}/users"], [f"{GATEWAY}/user\n"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_the_cause_and_the_fix(bench, name):
    assert name in bench.failures, (bench.notes.get(name), bench.verdicts.get(name))
    failure, places = bench.failures[name], {"source": bench.source(name), "root": bench.root(name)}
    fix = "".join(f"{line}\n" for line in failure["fix"])
    for said, words in zip((failure["message"], fix), REFUSED[name]):
        missing = [word for word in words if word.format_map(places) not in said]
        assert not missing, f"{said}\nlacks {missing}"
    assert str(bench.folder / "spaces") not in json.dumps(failure) and "downloading" not in failure["message"]


@pytest.mark.parametrize(
    ("name", "code", "effect", "words"),
    [
        ("server", "nothing-exported", "fails", "exports nothing that a gateway can call"),
        ("panics", "plugin-init-fails", "unknown", "panicked: SHOP_URL is not set"),
        ("blocks", "plugin-init-fails", "unknown", "did not come to an end"),
    ],
)
def test_what_the_gateway_would_make_of_it_is_a_finding(bench, name, code, effect, words):
    found = {finding["code"]: finding for finding in bench.verdicts[name]["findings"]}
    assert found[code]["effect"] == effect and words in f"{found[code]}", found


def test_of_variables_alone_one_is_tried(bench):
    verdict = bench.verdicts["variables"]
    (finding,) = [finding for finding in verdict["findings"] if finding["stage"] != "set"]
    assert verdict["loaded"]["ok"] and finding["code"] == "variables-only" and "MyHook" in finding["message"], verdict


NOTED = {
    "work-raises": f"work-raises: go.mod: {FOLD} v0.1.1 -> v0.2.0, as another requirement in the workspace asks for it",
    "in-parent": "in-parent: the module of {root}/go.mod owns it",
    "beside-the-gateway": "beside-the-gateway: its go.mod is the gateway's own, and the checkout of the gateway decides",
    "work-of-gateway": "work-of-gateway: go.work: 'use ./tyk' was left out: the checkout of the gateway stands in for it",
    "work-of-others": "work-of-others: the go.work around it was left out, as it does not use the plugin's module: go work use",
    "gateway-replaced-by-nothing": f"gateway-replaced-by-nothing: the replace of {GATEWAY} was left out: the gateway's own decides",
}


@pytest.mark.parametrize("name", NOTED)
def test_what_is_otherwise_than_in_the_users_folder_is_noted(bench, name):
    assert NOTED[name].format(root=bench.root(name)) in bench.notes[name], bench.notes[name]
    if name == "work-of-gateway":
        assert any("'use ../nowhere' was left out" in note for note in bench.notes[name])


def test_the_users_folders_are_as_before(bench):
    """No go.sum, go.work.sum or vendor/ is added to what people have."""
    for name, case in CASES.items():
        if not case.get("do"):
            there = {str(path.relative_to(bench.root(name))) for path in bench.root(name).rglob("*") if not path.is_dir()}
            assert there - {"go.work.sum"} == set(case["files"]), name


@pytest.mark.parametrize("name", ["in-parent-pinned", "work-raises", "vendored-alone"])
def test_from_the_controller_it_is_the_same(bench, workshop, run_module, name):
    """What the action plugin carries is all that Go needs."""
    plugin = {key: value for key, value in bench.plugin(name).items() if key != "remote_src"}
    source = read_source(plugin["source"], plugin.get("package", "."), carried=True)
    archive = bench.folder / f"{name}.tar"
    pack_tree(source.tree, str(archive))
    plugin.update(source=source.tree.root, package=source.package)
    common = {"plugins": [plugin], "profile": workshop.profile, "goroot": str(bench.goroot), "env": bench.env}
    sent = {"source_digests": {name: source.tree.digest}, "source_archives": {name: str(archive)}}
    places = {"path": str(bench.folder / "carried"), "gateway": str(workshop.checkout)}
    first = run_module("go_workspace", **places, **sent, **common)
    assert first.get("changed") and not first.get("failed"), first
    assert not run_module("go_workspace", **places, source_digests=sent["source_digests"], **common)["changed"]
    built = run_module("go_plugin_build", workspaces=places["path"], output=str(bench.folder / "elsewhere"), **common)
    assert bench.modules(built["plugins"][0]["artifact"]) == bench.modules(bench.artifacts[name])


@pytest.mark.parametrize("name", ["in-parent", "work"])
def test_the_workspace_may_lie_where_nothing_is_read(bench, workshop, run_module, name):
    """Such as a folder of the repository in which the plugin is one of many."""
    options = {"gateway": str(workshop.checkout), "profile": workshop.profile, "goroot": str(bench.goroot), "env": bench.env}
    plugins = [bench.plugin(name)]
    inside = run_module("go_workspace", plugins=plugins, path=str(bench.source(name)), check=True, **options)
    assert inside["failed"] and "lies inside the source" in inside["msg"]
    beside = run_module("go_workspace", plugins=plugins, path=str(bench.root(name) / "build"), **options)
    assert not beside.get("failed"), beside
    assert not run_module("go_workspace", plugins=plugins, path=str(bench.root(name) / "build"), **options)["changed"]
    shutil.rmtree(bench.root(name) / "build")


def test_go_mod_is_not_written_back_where_others_need_it_too(bench, workshop, run_module):
    plugin = bench.plugin("in-parent-pinned")
    options = {"path": str(bench.folder / "other"), "gateway": str(workshop.checkout), "profile": workshop.profile}
    result = run_module("go_workspace", plugins=[plugin], goroot=str(bench.goroot), write_back=True, env=bench.env, **options)
    assert result["failed"] and "serves other packages too" in result["msg"]
    shutil.rmtree(bench.folder / "other")


# --- The host around it ----------------------------------------------------------------------------------------------------------------


def test_without_a_home_folder_the_fix_names_the_caches(shop, source):
    nowhere = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "GOCACHE", "GOMODCACHE", "GOPATH"))
    result = shop.workspace(source, env=nowhere)
    assert result["failed"] and "set HOME for the user of the task, or both caches in tyk_go_environment" in result["msg"], result


def test_what_the_caller_exports_for_other_purposes_harms_nothing(shop, source, tmp_path):
    environment = {"TMPDIR": str(tmp_path / "gone"), "CDPATH": f".:{tmp_path}", "GIT_DIR": str(tmp_path / "other" / ".git")}
    laid_out = shop.workspace(source, env=environment)
    assert not laid_out.get("failed"), laid_out
    built = shop.build(env=environment)
    assert not built.get("failed") and os.path.isfile(built["artifact"]), built


def test_a_folder_whose_name_cannot_be_the_plugins_says_how_to_give_another(shop, source):
    result = shop.workspace(source, name="my plugin")
    assert result["failed"] and "name: my-plugin in tyk_plugins (with make: NAME=my-plugin)" in result["msg"], result
