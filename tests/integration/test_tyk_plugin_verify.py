# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict against the real loader: pairs of gateway and plugin are built, judged from their files, and loaded.

Most pairs are of a gateway and a plugin that do little else than load and be loaded, so that a compiler flag costs seconds.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import jsonschema
import pytest
from ansible_collections.goplugins.tyk.tests.fuzz import seeds

GO = "1.22.7"
TYK = "github.com/TykTechnologies/tyk"
ERRORS = "github.com/pkg/errors"

GATEWAY = {
    "go.mod": f"module {TYK}\n\ngo 1.21\n\nrequire {ERRORS} v0.9.0\n",
    "log/log.go": f"""package log

import "{ERRORS}"

func Get() error {{ return errors.New("log") }}
""",
    "goplugin/goplugin.go": """//go:build goplugin

package goplugin

import "plugin"

func GetSymbol(file, symbol string) (interface{}, error) {
    loaded, err := plugin.Open(file)
    if err != nil {
        return nil, err
    }
    return loaded.Lookup(symbol)
}
""",
    "goplugin/no_goplugin.go": """//go:build !goplugin

package goplugin

import "errors"

func GetSymbol(file, symbol string) (interface{}, error) {
    return nil, errors.New("goplugin.GetSymbol is disabled, use -tags=goplugin to enable")
}
""",
    "main.go": f"""package main

import (
    "encoding/gob"
    "fmt"
    "os"
    "os/user"
    "strings"

    "{TYK}/goplugin"
    "{TYK}/log"
)

var _ = []interface{{}}{{gob.NewDecoder, user.Current, log.Get}}

func main() {{
    if len(os.Args) != 7 || strings.Join(os.Args[1:4], " ") != "plugin load -f" {{
        os.Exit(64)
    }}
    for _, file := range strings.Split(os.Args[4], ",") {{
        symbol, err := goplugin.GetSymbol(file, os.Args[6])
        if err != nil {{
            fmt.Fprintf(os.Stderr, "tyk: error: unexpected error: %v, try --help\\n", err)
            os.Exit(1)
        }}
        fmt.Printf("[file=%s, symbol=%s] loaded ok, got %v\\n", file, os.Args[6], symbol)
    }}
}}
""",
}
PLUGIN = {
    "go.mod": "module testplugin\n\ngo 1.21\n\nrequire github.com/google/uuid v1.5.0\n",
    "main.go": f"""package main

import (
    "encoding/gob"
    "os/user"

    "github.com/google/uuid"
    "{TYK}/log"
)

var Variable = AuthCheck

func AuthCheck(name string) (interface{{}}, error) {{
    _, err := uuid.Parse(name)
    return []interface{{}}{{gob.NewDecoder, user.Current, log.Get()}}, err
}}

func main() {{}}
""",
}


class Lab:
    """Builds gateways and plugins in a workspace of their own, each variant once."""

    def __init__(self, folder, go):
        self.folder = folder
        self.go = go
        self.built = {}

    def gateway(self, name="gateway", **options):
        return self._built(name, "gateway", ["-tags=goplugin"], options)

    def plugin(self, name="plugin", **options):
        return self._built(name, "plugin", ["-buildmode=plugin"], options)

    def _built(self, name, side, flags, options):
        if name not in self.built:
            self.built[name] = self._build(name, side, flags, **options)
        return self.built[name]

    def _build(self, name, side, mode, flags=("-trimpath",), go=GO, edit=None, **env):
        folder = self.folder / name
        self.lay_out(folder)
        if edit:
            edit(folder, lambda *words, cwd=folder / "plugin", **more: self.run(*words, cwd=cwd, go=go, **{**env, **more}))
        output = str(folder / ("tyk" if side == "gateway" else "plugin.so"))
        self.run("go", "build", *mode, *flags, "-o", output, ".", cwd=folder / side, go=go, **env)
        return output

    def lay_out(self, folder):
        """The folders gateway and plugin, and the go.work of both."""
        for part, files in (("gateway", GATEWAY), ("plugin", PLUGIN)):
            for path, text in files.items():
                place = folder / part / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)
        (folder / "go.work").write_text("go 1.21\n\nuse (\n\t./gateway\n\t./plugin\n)\n")

    def run(self, *words, cwd, go=GO, **env):
        """A command of Go, of exactly this release and without the user's own settings."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "CGO_"))}
        kept = {name: os.environ[name] for name in ("GOPROXY", "GOSUMDB", "GOMODCACHE", "GOPATH", "GOCACHE") if name in os.environ}
        clean.update(kept, GOTOOLCHAIN=f"go{go}", **{"CGO_ENABLED": "1", **env})
        clean["PATH"] = f"{pathlib.Path(self.go).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(list(words), cwd=cwd, env=clean, check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def lab(tmp_path_factory, go):
    return Lab(tmp_path_factory.mktemp("lab"), go)


@pytest.fixture(scope="module")
def schema(repository):
    return json.loads((repository / "docs" / "verdict.schema.json").read_text())


@pytest.fixture(scope="module")
def verify(run_module, schema):
    """verify(gateway, *plugins, **options): the module's result, proved by loading, after its schema has been checked."""

    def call(gateway, *plugins, check=False, **options):
        values = {"symbols": ["AuthCheck"], "load": True, "fail_on": ["never"], **options}
        result = run_module("tyk_plugin_verify", check=check, gateway=gateway, plugin=list(plugins), **values)
        assert not result.get("failed"), result
        jsonschema.validate(result, schema)
        return result

    return call


def found(result):
    """Code to effect, without what is information only."""
    return {finding["code"]: finding["effect"] for finding in result["findings"] if finding["effect"] != "info"}


def opened(log, path):
    """How often a path was opened, by the log of strace."""
    return sum(f'"{path}"' in line and "ENOENT" not in line for line in log.read_text().splitlines())


def by_code(result, code):
    return next(finding for finding in result["findings"] if finding["code"] == code)


def printed_package(result):
    """The package in the gateway's error, None where it names none."""
    match = re.search(r"different version of package (\S+),", result["loaded"]["output"])
    return match.group(1) if match else None


def replace_in(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# --- How a plugin is made that the gateway refuses


def another_errors(folder, run):
    run("go", "mod", "edit", f"-require={ERRORS}@v0.9.1")


def outside_of_the_workspace(folder, run):
    (folder / "go.work").unlink()
    run("go", "mod", "edit", f"-require={TYK}@v0.0.0-20240924125426-1db1935d8992", f"-replace={TYK}=../gateway")
    run("go", "mod", "tidy")


def replaced(folder, run):
    source = json.loads(run("go", "mod", "download", "-json", f"{ERRORS}@v0.9.0"))["Dir"]
    shutil.copytree(source, folder / "errors")
    subprocess.run(["chmod", "-R", "u+w", str(folder / "errors")], check=True)
    (folder / "errors" / "go.mod").write_text(f"module {ERRORS}\n")
    (folder / "errors" / "mark.go").write_text("package errors\n\nconst Mark = 1\n")
    run("go", "work", "edit", f"-replace={ERRORS}=./errors", cwd=folder)


def vendored_and_edited(folder, run):
    run("go", "work", "vendor", cwd=folder)
    (folder / "vendor" / ERRORS / "mark.go").write_text("package errors\n\nconst Mark = 1\n")


def other_source(folder, run):
    replace_in(folder / "gateway" / "log" / "log.go", "package log\n", "package log\n\n// One more line.\n")


def named(name):
    return lambda folder, run: replace_in(folder / "plugin" / "go.mod", "module testplugin", f"module {name}")


PAIRS = [
    # name of the plugin, how it is built, findings, whether the loader names a package
    ("plugin", {}, {}, False),
    ("stripped", {"flags": ("-trimpath", "-ldflags=-s -w")}, {}, False),
    ("untrimmed", {"flags": ()}, {"trimpath-differs": "fails"}, True),
    ("race", {"flags": ("-trimpath", "-race")}, {"race-differs": "fails"}, True),
    ("osusergo", {"flags": ("-trimpath", "-tags=goplugin,osusergo")}, {"tags-differ": "fails"}, True),
    ("unoptimized", {"flags": ("-trimpath", "-gcflags=all=-N -l")}, {"gcflags-differ": "fails"}, True),
    ("cover", {"flags": ("-trimpath", "-cover")}, {"cover-differs": "fails"}, True),
    ("rangefunc", {"GOEXPERIMENT": "rangefunc"}, {"goexperiment-differs": "fails"}, True),
    ("v3", {"GOAMD64": "v3"}, {"cpu-level-differs": "may-crash"}, False),
    ("go1.22.6", {"go": "1.22.6"}, {"go-patch-differs": "fails"}, True),
    ("go1.21", {"go": "1.21.13"}, {"go-line-differs": "fails"}, True),
    ("go1.23", {"go": "1.23.4"}, {"go-layout-differs": "fails"}, False),
    ("errors", {"edit": another_errors}, {"dependency-version-differs": "fails"}, True),
    ("replaced", {"edit": replaced}, {"dependency-replaced": "fails"}, True),
    ("vendored", {"edit": vendored_and_edited}, {"dependency-edited": "fails"}, True),
    ("outside", {"edit": outside_of_the_workspace, "GOWORK": "off"}, {"gateway-not-in-workspace": "fails"}, True),
    ("source", {"edit": other_source}, {"gateway-source-differs": "fails"}, True),
    ("main", {"edit": named("main")}, {"plugin-path-collides": "fails"}, True),
]


# Their standard library is another one, which takes most of a minute; the matrix of verdicts has them, too.
OF_ANOTHER_LIBRARY = {"race", "osusergo", "unoptimized", "cover", "rangefunc", "v3", "go1.22.6", "go1.21", "go1.23"}


def marked(name, *values):
    """The parameters of a test."""
    return pytest.param(name, *values, marks=pytest.mark.full if name in OF_ANOTHER_LIBRARY else (), id=name)


@pytest.mark.parametrize(("name", "options", "findings", "names_package"), [marked(*pair) for pair in PAIRS])
def test_the_verdict_is_the_loaders(lab, verify, name, options, findings, names_package):
    (result,) = verify(lab.gateway(), lab.plugin(name, **options))["results"]
    loads = "fails" not in findings.values()
    assert found(result) == findings
    assert result["verdict"] == ("loads" if loads else "fails")
    assert result["loaded"]["ok"] is loads, result["loaded"]["output"]
    assert result["loaded"]["agrees"] is True
    assert printed_package(result) == result["first_package"]
    assert (result["first_package"] is not None) is names_package
    explained = [package for finding in result["findings"] for package in finding["packages"]]
    assert sorted(explained) == sorted(result["differing"])


@pytest.mark.full
def test_race_in_the_gateway_alone(lab, verify):
    gateway = lab.gateway("race-gateway", flags=("-trimpath", "-race"))
    (result,) = verify(gateway, lab.plugin())["results"]
    assert found(result) == {"race-differs": "fails"}
    assert result["first_package"] is not None
    assert printed_package(result) == result["first_package"]
    assert verify(gateway, lab.plugin("race", flags=("-trimpath", "-race")))["verdict"] == "loads"


def test_a_stripped_gateway_is_judged_the_same(lab, verify):
    gateway = lab.gateway("stripped-gateway", flags=("-trimpath", "-ldflags=-s -w"))
    assert verify(gateway, lab.plugin())["verdict"] == "loads"
    (result,) = verify(gateway, lab.plugin("untrimmed", flags=()))["results"]
    assert (found(result), printed_package(result)) == ({"trimpath-differs": "fails"}, result["first_package"])


def test_one_dependency_is_one_finding_with_one_cure(lab, verify):
    (result,) = verify(lab.gateway(), lab.plugin("errors", edit=another_errors))["results"]
    finding = by_code(result, "dependency-version-differs")
    assert finding["packages"] == [ERRORS, f"{TYK}/log"]
    assert finding["evidence"] == {"module": ERRORS, "gateway": "v0.9.0", "plugin": "v0.9.1"}


def cured(lab, verify, name, options):
    """The cures of all findings, run as they stand with only the user's own two folders filled in; the result of what they built."""
    (result,) = verify(lab.gateway(), lab.plugin(name, **options))["results"]
    folder = lab.folder / f"cured-{name}"
    shutil.copytree(lab.folder / name, folder, symlinks=True)
    for finding in result["findings"]:
        if finding["effect"] == "fails":
            for command in finding["cure"]:
                if " | grep " not in command:
                    filled = command.replace("PLUGIN_FOLDER", str(folder / "plugin")).replace("GATEWAY_CHECKOUT", str(folder / "gateway"))
                    lab.run("sh", "-ec", filled, cwd=folder)
    return verify(lab.gateway(), str(folder / "plugin" / "PLUGIN.so"))["results"][0]


CURED = ["untrimmed", "race", "osusergo", "unoptimized", "go1.22.6", "go1.23", "errors", "outside", "main"]


@pytest.mark.parametrize("name", [marked(name) for name in CURED])
def test_the_cure_cures(lab, verify, name):
    result = cured(lab, verify, name, next(pair[1] for pair in PAIRS if pair[0] == name))
    assert (result["verdict"], result["loaded"]["ok"], found(result)) == ("loads", True, {})


# --- Sets, symbols, and files that are something else


def test_plugins_that_share_a_dependency_at_two_versions(lab, verify):
    """The gateway itself is asked to load both into one process, in both orders."""

    def other_uuid(folder, run):
        named("second")(folder, run)
        run("go", "mod", "edit", "-require=github.com/google/uuid@v1.6.0")

    gateway, one, other = lab.gateway(), lab.plugin(), lab.plugin("uuid", edit=other_uuid)
    for first, second in ((one, other), (other, one)):
        results = verify(gateway, first, second)["results"]
        assert [result["loaded"]["ok"] for result in results] == [True, True]
        assert [found(result) for result in results] == [{}, {"plugins-differ": "fails"}]
        both = subprocess.run(
            [gateway, "plugin", "load", "-f", f"{first},{second}", "-s", "AuthCheck"], check=False, capture_output=True, text=True
        )
        assert both.stdout.count("loaded ok") == 1
        assert f"different version of package {results[1]['first_package']}," in both.stderr


def test_two_builds_of_one_plugin(lab, verify):
    gateway, one, other = lab.gateway(), lab.plugin(), lab.plugin("stripped", flags=("-trimpath", "-ldflags=-s -w"))
    results = verify(gateway, one, other)["results"]
    assert [found(result) for result in results] == [{}, {"plugin-path-taken": "fails"}]
    both = subprocess.run(
        [gateway, "plugin", "load", "-f", f"{one},{other}", "-s", "AuthCheck"], check=False, capture_output=True, text=True
    )
    assert "plugin already loaded" in both.stderr
    again = subprocess.run(
        [gateway, "plugin", "load", "-f", f"{one},{one}", "-s", "AuthCheck"], check=False, capture_output=True, text=True
    )
    assert again.stdout.count("loaded ok") == 2
    assert verify(gateway, one, one)["verdict"] == "loads"


def test_symbols(lab, verify):
    (result,) = verify(lab.gateway(), lab.plugin(), symbols=["AuthCheck", "Variable", "Nope"])["results"]
    assert result["loaded"]["symbols"] == {"AuthCheck": True, "Variable": True, "Nope": False}
    assert result["loaded"]["agrees"] is True
    assert found(result) == {"symbol-missing": "fails"}
    assert by_code(result, "symbol-missing")["evidence"]["exported"] == ["AuthCheck", "Variable"]


def test_a_plugin_of_single_files(lab, verify):
    lab.plugin()
    path = lab.folder / "unnamed.so"
    lab.run("go", "build", "-trimpath", "-buildmode=plugin", "-o", str(path), "main.go", cwd=lab.folder / "plugin" / "plugin")
    (result,) = verify(lab.gateway(), str(path))["results"]
    assert (found(result), result["verdict"], result["loaded"]["ok"]) == ({}, "loads", True)


def test_a_variable_is_no_hook(lab, verify):
    (result,) = verify(lab.gateway(), lab.plugin(), hooks={"Variable": "pre"})["results"]
    assert found(result) == {"symbol-not-a-function": "fails"}
    assert (result["loaded"]["ok"], result["loaded"]["agrees"]) == (True, True)


def test_a_universal_file_is_what_its_slice_is(lab, verify):
    """Go makes no universal files and no cgo programs for a Mac here: two programs are put together as lipo does it."""
    lab.plugin()
    source = lab.folder / "mac"
    source.mkdir()
    (source / "go.mod").write_text("module mac\n\ngo 1.21\n")
    (source / "main.go").write_text("package main\n\nfunc main() {}\n")
    thin = {}
    for goarch in ("amd64", "arm64"):
        thin[goarch] = str(source / goarch)
        lab.run("go", "build", "-trimpath", "-o", thin[goarch], ".", cwd=source, GOOS="darwin", GOARCH=goarch, CGO_ENABLED="0")
    both = source / "universal"
    both.write_bytes(seeds.universal([pathlib.Path(path).read_bytes() for path in thin.values()]))
    for gateway, plugin, judged in (
        (thin["arm64"], str(both), "arm64"),
        (str(both), thin["amd64"], "amd64"),
        (str(both), str(both), "amd64"),
    ):
        (result,) = verify(gateway, plugin, load=False)["results"]
        assert found(result) == {"not-a-plugin": "fails", "cgo-off": "fails"}
        assert by_code(result, "universal-file")["evidence"]["judged"] == f"darwin/{judged}"


HOOKS = {"Good": "pre", "Copied": "pre", "Record": "analytics", "OtherRecord": "analytics"}


def hooks_of_several_packages(folder, run):
    """Functions whose types have the same names, some of them from a package with the right name at another path."""
    modules = {
        "fhttp": ("example.com/fhttp", "http", "type ResponseWriter interface{}\n\ntype Request struct{}\n"),
        "pump": ("github.com/TykTechnologies/tyk-pump", "analytics", "type AnalyticsRecord struct{}\n"),
        "other": ("example.com/other", "analytics", "type AnalyticsRecord struct{}\n"),
    }
    for name, (path, package, text) in modules.items():
        place = folder / name / ("." if package == "http" else package)
        place.mkdir(parents=True)
        (folder / name / "go.mod").write_text(f"module {path}\n\ngo 1.21\n")
        (place / "package.go").write_text(f"package {package}\n\n{text}")
        run("go", "mod", "edit", f"-require={path}@v1.0.0", f"-replace={path}=../{name}")
    (folder / "plugin" / "hooks.go").write_text("""package main

import (
    "net/http"

    copied "example.com/fhttp"
    other "example.com/other/analytics"
    "github.com/TykTechnologies/tyk-pump/analytics"
)

func Good(http.ResponseWriter, *http.Request) {}

func Copied(copied.ResponseWriter, *copied.Request) {}

func Record(*analytics.AnalyticsRecord) {}

func OtherRecord(*other.AnalyticsRecord) {}
""")


def casting(folder, run):
    """The gateway tells whether it can use the symbol."""
    main = folder / "gateway" / "main.go"
    replace_in(main, '    "fmt"\n', '    "fmt"\n    "net/http"\n')
    replace_in(
        main,
        "        fmt.Printf(",
        '        _, ok := symbol.(func(http.ResponseWriter, *http.Request))\n        fmt.Println("hook:", ok)\n        fmt.Printf(',
    )


def test_a_package_of_the_same_name_at_another_path_makes_no_hook(lab, verify):
    gateway, plugin = lab.gateway("casting", edit=casting), lab.plugin("hooks", edit=hooks_of_several_packages)
    for name, kind in HOOKS.items():
        (result,) = verify(gateway, plugin, symbols=[], hooks={name: kind})["results"]
        good = name in ("Good", "Record")
        assert found(result) == ({} if good else {"signature-differs": "fails"}), name
        assert "signature-unknown" not in [finding["code"] for finding in result["findings"]]
        assert (result["loaded"]["ok"], result["loaded"]["agrees"]) == (True, True)
        if kind == "pre":
            assert f"hook: {str(good).lower()}" in result["loaded"]["output"]


@pytest.mark.full
@pytest.mark.parametrize("release", ["1.24.13", "1.26.8"])
def test_each_line_of_go_tells_packages_of_one_name_apart(lab, verify, release):
    plugin = lab.plugin(f"hooks-{release}", go=release, edit=hooks_of_several_packages)
    for name, kind in HOOKS.items():
        (result,) = verify(lab.gateway(), plugin, symbols=[], hooks={name: kind}, load=False)["results"]
        codes = {finding["code"] for finding in result["findings"]} & {"signature-differs", "signature-unknown"}
        assert codes == (set() if name in ("Good", "Record") else {"signature-differs"}), name


def test_a_go_program_that_is_no_plugin(lab, verify):
    path = lab.folder / "program.so"
    lab.plugin()
    lab.run("go", "build", "-trimpath", "-o", str(path), ".", cwd=lab.folder / "plugin" / "plugin")
    (result,) = verify(lab.gateway(), str(path))["results"]
    assert found(result) == {"not-a-plugin": "fails"}
    assert (result["loaded"]["ok"], result["loaded"]["agrees"]) == (False, True)
    assert "cannot dynamically load executable" in result["loaded"]["output"]


def test_a_shared_library_that_is_no_plugin_ends_the_gateway(lab, verify, tmp_path):
    path = tmp_path / "c.so"
    subprocess.run(["gcc", "-shared", "-x", "c", "/dev/null", "-o", str(path)], check=True)
    (result,) = verify(lab.gateway(), str(path))["results"]
    assert found(result) == {"not-a-go-binary": "fails"}
    assert (result["loaded"]["rc"], result["loaded"]["agrees"]) == (2, True)
    assert "no plugin module data" in result["loaded"]["output"]


@pytest.mark.parametrize("size", [0, 40, 100_000])
def test_a_plugin_that_was_cut_off(lab, verify, tmp_path, size):
    path = tmp_path / "p.so"
    path.write_bytes(pathlib.Path(lab.plugin()).read_bytes()[:size])
    (result,) = verify(lab.gateway(), str(path))["results"]
    assert found(result) == {"not-a-go-binary": "fails"}
    assert (result["loaded"]["ok"], result["loaded"]["agrees"]) == (False, True)


@pytest.mark.parametrize(
    ("options", "code"), [({"flags": ("-trimpath", "-tags=none")}, "gateway-without-plugins"), ({"CGO_ENABLED": "0"}, "cgo-off")]
)
def test_a_gateway_that_cannot_load_plugins(lab, verify, options, code):
    (result,) = verify(lab.gateway(code, **options), lab.plugin())["results"]
    assert found(result) == {code: "fails"}
    assert (result["loaded"]["ok"], result["loaded"]["agrees"]) == (False, True)
    assert result["first_package"] is None


def test_another_platform(lab, verify, tmp_path):
    """Only the header is another: the system looks at nothing else before it refuses the file."""
    image = bytearray(pathlib.Path(lab.plugin()).read_bytes())
    image[18:20] = (183).to_bytes(2, "little")  # e_machine: EM_AARCH64
    path = tmp_path / "arm64.so"
    path.write_bytes(image)
    (result,) = verify(lab.gateway(), str(path))["results"]
    assert found(result) == {"platform-differs": "fails"}
    assert (result["first_package"], result["loaded"]["ok"], result["loaded"]["agrees"]) == (None, False, True)


# --- The embedded gateway: what Tyk's documentation says of plugins that are refused


class Embedded(Lab):
    """The example plugin in a workspace with the embedded gateway's checkout, by bare commands of Go; the gateway is the workshop's."""

    def __init__(self, folder, go, workshop, examples):
        super().__init__(folder, go)
        self.workshop = workshop
        self.example = examples / "plugins" / "testplugin"

    def gateway(self):
        return self.workshop.gateway

    def lay_out(self, folder):
        shutil.copytree(self.workshop.checkout, folder / "gateway")
        shutil.copytree(self.example, folder / "plugin")
        version = re.search(rf"{TYK} (v\S+)", (folder / "plugin" / "go.mod").read_text()).group(1)
        use = f"use (\n\t./gateway\n\t./plugin\n)\n\nreplace {TYK} {version} => ./gateway\n"
        (folder / "go.work").write_text(f"go {GO}\n\n{use}")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory, go, workshop, examples):
    return Embedded(tmp_path_factory.mktemp("embedded"), go, workshop, examples)


def another_logrus(folder, run):
    run("go", "mod", "edit", "-require=github.com/sirupsen/logrus@v1.9.4")


def replaced_gateway(folder, run):
    (folder / "go.work").unlink()
    run("go", "mod", "edit", f"-replace={TYK}=../gateway")
    run("go", "mod", "tidy")


def another_commit(folder, run):
    replace_in(folder / "gateway" / "log" / "log.go", "package log\n", "package log\n\n// One more line.\n")


DOCUMENTED = [
    ("plugin", {}, {}, None),
    ("untrimmed", {"flags": ()}, {"trimpath-differs": "fails"}, "internal/goarch"),
    ("race", {"flags": ("-trimpath", "-race")}, {"race-differs": "fails"}, "runtime/internal/sys"),
    # This logrus asks for a newer golang.org/x/sys, which so far has no releases, and imports it.
    (
        "logrus",
        {"edit": another_logrus},
        {"dependency-version-differs": "fails", "dependency-pseudo-version": "fails"},
        "golang.org/x/sys/...",
    ),
    ("go1.23", {"go": "1.23.4"}, {"go-layout-differs": "fails"}, None),
    ("outside", {"edit": replaced_gateway, "GOWORK": "off"}, {"gateway-not-in-workspace": "fails"}, f"{TYK}/..."),
    ("commit", {"edit": another_commit}, {"gateway-source-differs": "fails"}, f"{TYK}/log"),
]


@pytest.mark.parametrize(("name", "options", "findings", "package"), [marked(*case) for case in DOCUMENTED])
def test_the_documented_failures(embedded, verify, name, options, findings, package):
    (result,) = verify(embedded.gateway(), embedded.plugin(name, **options))["results"]
    assert found(result) == findings
    assert result["loaded"]["ok"] is (not findings), result["loaded"]["output"]
    assert result["loaded"]["agrees"] is True
    assert printed_package(result) == result["first_package"]
    assert re.fullmatch(re.escape(package).replace(r"\.\.\.", ".*") if package else "None", str(result["first_package"]))


@pytest.mark.full
@pytest.mark.parametrize("name", ["logrus", "outside", "commit"])
def test_the_cures_of_documented_failures(embedded, verify, name):
    result = cured(embedded, verify, name, next(case[1] for case in DOCUMENTED if case[0] == name))
    assert (result["verdict"], result["loaded"]["ok"], found(result)) == ("loads", True, {})


@pytest.mark.parametrize(
    ("hooks", "findings"),
    [
        ({"AuthCheck": "auth_check", "AddFooBarHeader": "pre"}, {}),
        ({"AuthCheck": "response"}, {"signature-differs": "fails"}),
    ],
)
def test_hooks_have_the_signature_that_the_gateway_needs(embedded, verify, hooks, findings):
    (result,) = verify(embedded.gateway(), embedded.plugin(), hooks=hooks)["results"]
    assert found(result) == findings
    assert (result["loaded"]["ok"], result["loaded"]["agrees"]) == (True, True)
    assert result["loaded"]["symbols"].keys() == {"AuthCheck", *hooks}


@pytest.mark.full
def test_another_patch_release_is_refused_or_told(embedded, verify):
    """It depends on the packages that the plugin uses; the loader and the verdict say the same."""
    (result,) = verify(embedded.gateway(), embedded.plugin("go1.22.12", go="1.22.12"))["results"]
    assert list(found(result)) == ["go-patch-differs"]
    assert result["loaded"]["agrees"] is True
    assert printed_package(result) == result["first_package"]
    assert by_code(result, "go-patch-differs")["effect"] == ("may-crash" if result["loaded"]["ok"] else "fails")


# --- The module itself


def test_the_explanation_of_an_error_satisfies_the_schema(run_module, schema):
    for text, number in (("plugin was built with a different version of package internal/goarch", 1), ("no such text", 0)):
        result = run_module("tyk_plugin_verify", error=text)
        jsonschema.validate(result, schema)
        assert (result["changed"], len(result["explained"]) >= number) == (False, True)


def test_errors_of_the_module_satisfy_the_schema(run_module, schema):
    result = run_module("tyk_plugin_verify", gateway="/nowhere/tyk", plugin="/nowhere/p.so")
    jsonschema.validate(result, schema)
    assert result["code"] == "not-found"


def test_the_task_fails_with_the_verdict_in_its_result(lab, run_module, schema):
    result = run_module("tyk_plugin_verify", gateway=lab.gateway(), plugin=lab.plugin("untrimmed", flags=()), error="GLIBC_2.38' not found")
    jsonschema.validate(result, schema)
    assert "explained" in result
    assert result["failed"] is True
    assert result["verdict"] == "fails"
    assert "[trimpath-differs]" in result["msg"]
    assert re.search(r"(?m)^    Fix: cd PLUGIN_FOLDER && .* go build -trimpath -buildmode=plugin ", result["msg"])
    assert result["results"][0]["loaded"] is None


def test_a_log_with_the_files_says_which_cause_it_is(lab, run_module, schema, tmp_path):
    log = tmp_path / "tyk.log"
    path = "middleware/plugin.so"
    error = 'error="plugin.Open(\\"middleware/plugin\\"): plugin was built with a different version of package internal/goarch"'
    log.write_text(
        f'level=warning msg="plugin file {path[:-3]}_v5.3.6_linux_amd64.so doesn\'t exist"\n'
        f'level=error msg="Could not load Go-plugin" {error} mwPath={path} mwSymbolName=AuthCheck\n'
        f'level=error msg="Could not load Go-plugin" error="plugin: symbol Gone not found in plugin p" mwPath={path} mwSymbolName=Gone\n'
        'level=error msg="Couldn\'t load bundle: Invalid checksum" api_id=a1\n'
    )
    alone = run_module("tyk_plugin_verify", log=str(log))
    jsonschema.validate(alone, schema)
    assert [(one["plugin"], one["symbol"], one["api"]) for one in alone["logged"]] == [
        (path, "AuthCheck", None),
        (path, "Gone", None),
        (None, None, "a1"),
    ]
    assert not alone.get("failed") and {row["confirmed"] for one in alone["logged"] for row in one["explained"]} == {None}

    result = run_module("tyk_plugin_verify", log=str(log), gateway=lab.gateway(), plugin=lab.plugin("untrimmed", flags=()))
    jsonschema.validate(result, schema)
    first, second, third = result["logged"]
    assert [row["code"] for row in first["explained"] if row["confirmed"]] == ["trimpath-differs"]
    assert first["explained"][0]["cure"] == by_code(result["results"][0], "trimpath-differs")["cure"]
    assert [row["code"] for row in second["explained"] if row["confirmed"]] == ["symbol-missing"]
    assert {row["confirmed"] for row in third["explained"]} == {None}
    # What only the log asks for changes no verdict.
    assert found(result["results"][0]) == {"trimpath-differs": "fails"}

    healed = run_module("tyk_plugin_verify", log=str(log), gateway=lab.gateway(), plugin=lab.plugin())
    assert not healed.get("failed") and healed["verdict"] == "loads"
    assert True not in {row["confirmed"] for row in healed["logged"][0]["explained"]}


def test_nothing_is_loaded_in_check_mode(lab, verify):
    (result,) = verify(lab.gateway(), lab.plugin(), check=True)["results"]
    assert (result["verdict"], result["loaded"]) == ("loads", None)


def test_a_gateway_that_is_not_there(lab, run_module):
    result = run_module("tyk_plugin_verify", gateway="/nowhere/tyk", plugin=lab.plugin())
    assert result["failed"] is True
    assert "/nowhere/tyk" in result["msg"]
    assert "results" not in result


def test_plugins_that_are_not_there_hide_no_other(lab, verify, tmp_path):
    results = verify(lab.gateway(), "/nowhere/p.so", str(tmp_path), lab.plugin())["results"]
    assert [found(result) for result in results] == [{"plugin-file-missing": "fails"}, {"plugin-file-missing": "fails"}, {}]
    assert [(result["loaded"]["ok"], result["loaded"]["agrees"]) for result in results] == [(False, True), (False, True), (True, True)]


# What init needs is missing: a setting, a file, and whatever it waits for.
DEMANDING = """package main

import (
    "log"
    "os"
)

func init() {
    if _, err := os.ReadFile("conf/settings.json"); err != nil {
        log.Fatal(err)
    }
    switch os.Getenv("BACKEND_URL") {
    case "":
        panic("BACKEND_URL is not set")
    case "quiet":
        os.Exit(0)
    case "slow":
        select {}
    }
}
"""


@pytest.fixture(scope="module")
def demanding(lab, run_module, tmp_path_factory):
    """demanding(**options of the plugin): what the module says of a plugin that is loaded with them."""
    folder = tmp_path_factory.mktemp("demanding")
    shutil.copy(
        lab.plugin("demanding", edit=lambda place, _run: (place / "plugin" / "init.go").write_text(DEMANDING)),
        folder / "p_v5.3.6_linux_amd64.so",
    )
    settings = folder / "settings"
    settings.write_text("{}")
    profile = run_module("tyk_gateway_info", binary=lab.gateway(), version="v5.3.6")["profile"]
    common = {"gateway": lab.gateway(), "artifacts": str(folder), "profile": profile, "load": True, "load_timeout": 3}

    def call(url=None, file=True, **options):
        plugin = {"name": "p", "symbols": ["AuthCheck"], **options}
        if url is not None:
            plugin["load_environment"] = {"BACKEND_URL": url}
        if file:
            plugin["load_files"] = {"conf/settings.json": str(settings)}
        return run_module("tyk_plugin_verify", plugins=[plugin], **common)

    return call


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"file": False}, "ended the process with return code 1, after it printed: "),
        ({}, "panicked: BACKEND_URL is not set"),
        ({"url": "quiet"}, "ended the process with return code 0"),
        ({"url": "slow"}, "did not come to an end in the time that it had"),
    ],
)
def test_a_plugin_whose_init_fails_here_is_not_one_that_will_not_load(demanding, schema, given, reason):
    result = demanding(**given)
    jsonschema.validate(result, schema)
    assert result["failed"] and result["verdict"] == "unknown", result["results"][0]["loaded"]
    (one,) = result["results"]
    assert found(one) == {"plugin-init-fails": "unknown"} and one["loaded"]["ok"] in (False, None)
    message = by_code(one, "plugin-init-fails")["message"]
    assert reason in message and "load_environment" in message and "load: false" in message


def test_what_init_needs_can_be_given(demanding):
    result = demanding(url="http://127.0.0.1")
    assert not result.get("failed") and result["verdict"] == "loads" and result["results"][0]["loaded"]["ok"] is True, result["msg"]


def test_a_plugin_that_is_not_to_be_loaded_is_judged_by_the_files(demanding):
    result = demanding(load=False)
    (one,) = result["results"]
    assert not result.get("failed") and (one["verdict"], one["loaded"]["ok"]) == ("loads", None)
    assert by_code(one, "load-not-wanted")["effect"] == "info"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"load_environment": {"A=B": "c"}}, "'A=B' is no name of an environment variable"),
        ({"load_files": {"../out": "/etc/hostname"}}, "../out leads out of the folder"),
        ({"load_files": {"/etc/x": "/etc/hostname"}}, "/etc/x leads out of the folder"),
        ({"load_files": {"x": "/nowhere"}}, "/nowhere is no file on this host"),
    ],
)
def test_what_cannot_be_given_is_refused(demanding, options, message):
    result = demanding(file=False, **options)
    assert result["failed"] and message in result["msg"]


FORGED = """package main

import (
    "fmt"
    "os"
)

func init() {
    fmt.Println("[file=plugin.so, symbol=AuthCheck] loaded ok, got 0x76e1aeb52140")
    os.Exit(0)
}
"""


def test_a_plugin_that_answers_for_the_gateway_proves_nothing(lab, verify):
    forging = lab.plugin("forging", edit=lambda folder, _run: (folder / "plugin" / "forged.go").write_text(FORGED))
    (result,) = verify(lab.gateway(), forging)["results"]
    assert (result["verdict"], result["loaded"]["ok"]) == ("unknown", None)
    assert "its yes to AuthCheck proves nothing" in result["loaded"]["output"]
    assert "ended the process with return code 0" in by_code(result, "plugin-init-fails")["message"]


def test_a_comma_in_the_path_of_a_plugin(lab, verify, tmp_path):
    shutil.copy(lab.plugin(), tmp_path / "a,b.so")
    (result,) = verify(lab.gateway(), str(tmp_path / "a,b.so"))["results"]
    assert (result["verdict"], result["loaded"]["ok"]) == ("loads", True), result


def test_a_process_that_a_plugin_leaves_behind_is_no_hang(lab, verify):
    """It is in a session of its own, and holds the gateway's output."""
    started = (
        'package main\n\nimport (\n\t"os"\n\t"os/exec"\n\t"syscall"\n)\n\nfunc init() {\n'
        '\tchild := exec.Command("sleep", "30")\n\tchild.Stdout = os.Stdout\n\tchild.SysProcAttr = &syscall.SysProcAttr{Setsid: true}\n'
        "\t_ = child.Start()\n}\n"
    )
    leaving = lab.plugin("leaving", edit=lambda folder, _run: (folder / "plugin" / "leaving.go").write_text(started))
    begin = time.monotonic()
    (result,) = verify(lab.gateway(), leaving, load_timeout=20)["results"]
    assert (result["verdict"], result["loaded"]["ok"]) == ("loads", True), result
    assert time.monotonic() - begin < 15


def test_the_profile_that_was_expected(lab, verify):
    profile = {"go_version": "1.22.6", "tags": ["goplugin"], "trimpath": True}
    (result,) = verify(lab.gateway(), lab.plugin(), profile=profile)["results"]
    assert by_code(result, "profile-differs")["evidence"] == {"name": "go_version", "expected": "1.22.6", "gateway": GO}


def test_the_machine_that_built_both_has_what_they_need(lab, verify):
    (result,) = verify(lab.gateway(), lab.plugin(), host=True)["results"]
    assert found(result) == {}
    assert "host-differs" not in [finding["code"] for finding in result["findings"]]


def test_each_file_is_opened_once(lab, collections, tmp_path):
    """Gateways have hundreds of megabytes, and may lie on a network."""
    gateway, plugins = lab.gateway(), [lab.plugin(), lab.plugin("untrimmed", flags=())]
    profile = {"go_version": GO}
    options = {"gateway": gateway, "plugin": plugins, "host": True, "profile": profile, "hooks": {"AuthCheck": "pre"}, "fail_on": ["never"]}
    arguments, log = tmp_path / "arguments.json", tmp_path / "log"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
    module = [sys.executable, "-m", "ansible_collections.goplugins.tyk.plugins.modules.tyk_plugin_verify", str(arguments)]
    done = subprocess.run(
        ["strace", "-f", "-e", "trace=open,openat,openat2", "-o", str(log), *module],
        env={**os.environ, "PYTHONPATH": str(collections)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout)["verdict"] == "fails"
    assert [opened(log, path) for path in (gateway, *plugins)] == [1, 1, 1]


def test_plugins_by_name_have_symbols_of_their_own(lab, run_module, schema, tmp_path):
    gateway = lab.gateway()
    profile = run_module("tyk_gateway_info", binary=gateway, version="v5.3.6")["profile"]
    shutil.copy(lab.plugin(), tmp_path / "auth_v5.3.6_linux_amd64.so")
    plugins = [{"name": "auth", "symbols": ["Nope"], "source": "https://user:secret@example.com/auth"}, {"name": "away"}]
    options = {"plugins": plugins, "artifacts": str(tmp_path), "profile": profile}
    result = run_module("tyk_plugin_verify", gateway=gateway, plugin=lab.plugin("v3", GOAMD64="v3"), symbols=["AuthCheck"], **options)
    jsonschema.validate(result, schema)
    assert [(one["name"], os.path.basename(one["plugin"])) for one in result["results"]] == [
        (None, "plugin.so"),
        ("auth", "auth_v5.3.6_linux_amd64.so"),
        ("away", "away_v5.3.6_linux_amd64.so"),
    ]
    assert [found(one) for one in result["results"]] == [
        {"cpu-level-differs": "may-crash"},
        {"symbol-missing": "fails", "plugin-path-taken": "fails"},
        {"plugin-file-missing": "fails"},
    ]
    assert f"auth ({tmp_path}/auth_v5.3.6_linux_amd64.so): fails" in result["msg"]


def test_the_home_folder_in_paths(lab, run_module, tmp_path):
    profile = run_module("tyk_gateway_info", binary=lab.gateway(), version="v5.3.6")["profile"]
    (tmp_path / "tyk").symlink_to(lab.gateway())
    for name in ("one.so", "auth_v5.3.6_linux_amd64.so"):
        (tmp_path / name).symlink_to(lab.plugin())
    options = {"plugins": [{"name": "auth"}], "artifacts": "~", "profile": profile, "gateway": "~/tyk", "load": True}
    for plugin in ("~/one.so", ["~/one.so"]):
        result = run_module("tyk_plugin_verify", env={"HOME": str(tmp_path)}, plugin=plugin, **options)
        assert [one["plugin"] for one in result["results"]] == [f"{tmp_path}/one.so", f"{tmp_path}/auth_v5.3.6_linux_amd64.so"]
        assert result["verdict"] == "loads", result["msg"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gateway": "/nowhere/tyk", "plugins": [{"name": "auth"}]}, "artifacts"),
        ({"gateway": "/nowhere/tyk", "artifacts": "/nowhere"}, "plugins"),
        ({"error": "x", "plugin": "/nowhere/p.so"}, "gateway"),
        ({}, "gateway, error, log"),
        ({"log": "/nowhere/tyk.log"}, "/nowhere/tyk.log"),
    ],
)
def test_options_that_need_each_other(run_module, options, message):
    result = run_module("tyk_plugin_verify", **options)
    assert result["failed"] and message in result["msg"]
