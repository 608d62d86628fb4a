# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plugins that raise what they share with the gateway: told before anything is compiled, lowered, and then loaded by the gateway."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile

import pytest

LOGRUS = "github.com/sirupsen/logrus"
SYS = "golang.org/x/sys"
ERRWRAP = "github.com/hashicorp/errwrap"
AUDIT = f'package audit\n\nimport "{LOGRUS}"\n\nfunc Note(text string) {{ logrus.Info(text) }}\n'
QUIET = "package audit\n\nfunc Note(text string) {}\n"

# Modules that no proxy has: name@version -> (requirements, source).
MODULES = {
    "example.com/audit@v1.0.0": ({LOGRUS: "v1.8.1"}, AUDIT),
    "example.com/audit@v1.1.0": ({LOGRUS: "v1.9.3"}, AUDIT),
    "example.com/audit@v1.2.0-rc.1": ({LOGRUS: "v1.9.3"}, AUDIT),
    "example.com/audit@v1.2.0": ({LOGRUS: "v1.9.4"}, AUDIT),
    "example.com/audit@v1.3.0": ({LOGRUS: "v1.9.4"}, AUDIT),
    "example.com/stubborn@v1.0.0": ({LOGRUS: "v1.9.4"}, AUDIT),
    "example.com/loose@v1.0.0": ({ERRWRAP: "v1.1.0"}, QUIET),
    "example.com/far@v1.0.0": (
        {"example.com/stubborn": "v1.0.0"},
        QUIET.replace("audit\n", 'audit\n\nimport _ "example.com/stubborn"\n', 1),
    ),
}


@pytest.fixture(scope="module")
def proxy(go, tmp_path_factory):
    """The environment in which Go finds these modules in the file system, and all others where it always does."""
    root = tmp_path_factory.mktemp("proxy")
    versions = {}
    for name, (requires, source) in MODULES.items():
        module, version = name.split("@")
        folder = root / module / "@v"
        folder.mkdir(parents=True, exist_ok=True)
        versions.setdefault(folder, []).append(version)
        mod = f"module {module}\n\ngo 1.20\n\nrequire (\n" + "".join(f"\t{path} {at}\n" for path, at in requires.items()) + ")\n"
        (folder / f"{version}.mod").write_text(mod)
        (folder / f"{version}.info").write_text(json.dumps({"Version": version, "Time": "2024-01-02T03:04:05Z"}))
        with zipfile.ZipFile(folder / f"{version}.zip", "w") as archive:
            archive.writestr(f"{name}/go.mod", mod)
            archive.writestr(f"{name}/audit.go", source)
    for folder, names in versions.items():
        (folder / "list").write_text("\n".join(names) + "\n")
    usual = subprocess.run([go, "env", "GOPROXY"], check=True, capture_output=True, text=True, cwd="/").stdout.strip()
    return {"GOPROXY": f"file://{root},{usual}", "GONOSUMDB": "example.com"}


@pytest.fixture
def desk(workshop, run_module, examples, proxy, tmp_path):
    """Plugins with requirements of one's choice."""

    class Desk:
        source = tmp_path / "source"

        def plugin(self, imports=(), **requires):
            shutil.copytree(examples / "plugins" / "nomod", self.source)
            lines = "".join(f'import _ "{path}"\n' for path in imports)
            (self.source / "more.go").write_text(f"package main\n\n{lines}")
            wanted = "".join(f"require {path} {version}\n" for path, version in requires.items())
            (self.source / "go.mod").write_text(f"module nomod\n\ngo 1.21\n\n{wanted}")

        def lay_out(self, align, **options):
            values = {
                "plugins": [{"name": "nomod", "source": str(self.source), "remote_src": True}],
                "path": str(tmp_path / "workspaces"),
                "gateway": str(workshop.checkout),
                "profile": workshop.profile,
                "goroot": str(workshop.goroot()),
                "align": align,
                "env": proxy,
            }
            return run_module("go_workspace", **{**values, **options})

        def verdict(self):
            """(what the verdict says, the modules that it blames, whether the gateway loaded the plugin)"""
            built = run_module(
                "go_plugin_build",
                plugins=[{"name": "nomod"}],
                workspaces=str(tmp_path / "workspaces"),
                profile=workshop.profile,
                goroot=str(workshop.goroot()),
                output=str(tmp_path / "artifacts"),
                env=proxy,
            )
            assert not built.get("failed"), built
            self.raised = {one["module"]: one for one in built["plugins"][0]["raised"]}
            (result,) = workshop.run(
                "tyk_plugin_verify",
                gateway=workshop.gateway,
                plugin=[built["plugins"][0]["artifact"]],
                symbols=["Stamp"],
                load=True,
                fail_on=[],
            )["results"]
            blamed = {finding["evidence"]["module"] for finding in result["findings"] if finding["effect"] == "fails"}
            return result["verdict"], blamed, result["loaded"]["ok"]

    return Desk()


def raised(result):
    (workspace,) = result["workspaces"]
    return {one["module"]: one for one in workspace["raised"]}


CASES = {
    "case 1, direct": (["golang.org/x/sys/unix"], {SYS: "v0.1.0"}, {SYS: 1}),
    "case 3, direct": ([LOGRUS], {LOGRUS: "v1.9.4"}, {LOGRUS: 3, SYS: 1}),
    "case 3, through another": (["example.com/audit"], {"example.com/audit": "v1.3.0"}, {LOGRUS: 3, SYS: 1}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_raised_is_named_as_the_verdict_names_it_and_lowered_it_loads(desk, case):
    imports, requires, expected = CASES[case]
    desk.plugin(imports, **requires)
    before = {path.name: path.read_bytes() for path in desk.source.iterdir()}

    refused = desk.lay_out("fail")
    assert refused.get("failed") and all(module in refused["msg"] for module in expected), refused
    reported = raised(desk.lay_out("report"))
    assert {module: one["case"] for module, one in reported.items()} == expected
    verdict, blamed, loaded = desk.verdict()
    assert (verdict, loaded) == ("fails", False)
    assert blamed == set(expected) and desk.raised == reported

    applied = desk.lay_out("apply", diff=True)
    assert raised(applied) == {} and applied["changed"], applied
    assert applied["workspaces"][0]["notes"]
    assert any("-" in part and next(iter(requires)) in part for part in [applied["diff"][0]["before"] + applied["diff"][0]["after"]])
    assert desk.verdict() == ("loads", set(), True) and desk.raised == {}
    assert not desk.lay_out("apply")["changed"]
    assert {path.name: path.read_bytes() for path in desk.source.iterdir()} == before


def test_the_requirement_that_decides_is_named_and_another_release_of_it_found(desk):
    desk.plugin(["example.com/audit"], **{"example.com/audit": "v1.3.0"})
    one = raised(desk.lay_out("report"))[LOGRUS]
    again = desk.lay_out("report")
    assert (again["changed"], raised(again)[LOGRUS]) == (False, one)
    assert (one["gateway"], one["plugin"]) == ("v1.9.3", "v1.9.4")
    assert one["path"] == ["nomod", "example.com/audit@v1.3.0", f"{LOGRUS}@v1.9.4"]
    assert one["packages"] == [LOGRUS]
    assert one["fix"] == [f"go mod edit -require={LOGRUS}@v1.9.3", "go mod edit -require=example.com/audit@v1.1.0"]


def test_the_cure_carried_to_the_users_source(desk):
    desk.plugin(["example.com/audit"], **{"example.com/audit": "v1.3.0"})
    written = desk.lay_out("apply", write_back=True)
    assert written["workspaces"][0]["written_back"]
    assert "example.com/audit v1.1.0" in (desk.source / "go.mod").read_text()
    assert not desk.lay_out("fail", write_back=True).get("failed")


@pytest.mark.parametrize(("name", "module"), [("example.com/stubborn", "example.com/stubborn"), ("example.com/far", "example.com/far")])
def test_where_no_release_helps_that_is_said(desk, name, module):
    desk.plugin([name], **{name: "v1.0.0"})
    refused = desk.lay_out("apply")
    assert refused.get("failed") and f"no release of {module} before v1.0.0 does without that" in refused["msg"], refused
    assert raised(desk.lay_out("report"))[LOGRUS]["fix"] == []


def test_a_module_of_which_no_package_is_shared_is_left_alone(desk):
    desk.plugin(["example.com/loose"], **{"example.com/loose": "v1.0.0"})
    result = desk.lay_out("fail")
    assert not result.get("failed") and raised(result) == {}
    assert desk.verdict() == ("loads", set(), True)


def test_another_major_version_is_another_module(desk):
    desk.plugin(["github.com/gofrs/uuid/v5"], **{"github.com/gofrs/uuid/v5": "v5.3.0"})
    result = desk.lay_out("fail")
    assert not result.get("failed") and raised(result) == {}
    assert desk.verdict() == ("loads", set(), True)


def test_case_2_is_listed(desk):
    desk.plugin([LOGRUS], **{LOGRUS: "v1.9.3"})
    (workspace,) = desk.lay_out("fail")["workspaces"]
    assert workspace["in_step"] == {LOGRUS: "v1.9.3"}


def test_a_replacement_of_the_plugin_is_taken_out(desk):
    desk.plugin([LOGRUS], **{LOGRUS: "v1.9.3"})
    with open(desk.source / "go.mod", "a", encoding="utf-8") as file:
        file.write(f"\nreplace {LOGRUS} => {LOGRUS} v1.9.0\n")
    one = raised(desk.lay_out("report"))[LOGRUS]
    assert one["plugin"] == f"v1.9.3 => {LOGRUS}@v1.9.0"
    assert desk.verdict()[:2] == ("fails", {LOGRUS})
    assert raised(desk.lay_out("apply")) == {}
    assert desk.verdict() == ("loads", set(), True)


def test_what_the_binary_is_linked_from_decides(desk, workshop):
    desk.plugin([LOGRUS], **{LOGRUS: "v1.9.4"})
    of_checkout = raised(desk.lay_out("report"))
    linked = workshop.run("tyk_gateway_info", binary=workshop.gateway)["linked"]
    assert raised(desk.lay_out("report", linked=linked)) == of_checkout
    # What is linked decides, not what the checkout says.
    for module in linked["modules"]:
        module["version"] = "v1.9.4" if module["path"] == LOGRUS else module["version"]
    assert LOGRUS not in raised(desk.lay_out("report", linked=linked))
