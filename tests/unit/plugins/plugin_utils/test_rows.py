# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules returned, as rows."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.plugin_utils import rows

RACE = {"code": "race-differs", "effect": "fails", "title": "Race", "message": "One side.", "cure": ["go build -race"]}
NOTE = {**RACE, "effect": "info", "code": "note"}
FAIL_ON = ["fails", "unknown"]


def verdict(path, findings=(), loaded=None):
    bad = any(finding["effect"] == "fails" for finding in findings)
    return {"plugin": path, "verdict": "fails" if bad else "loads", "findings": list(findings), "loaded": loaded}


def built(name, record=True):
    path = f"/out/{name}.so"
    record = {"size": 5, "seconds": 1.5, "digest": "d" * 64} if record else {}
    return {
        "name": name,
        "artifact": path if record else None,
        "target": "linux/amd64",
        "reasons": ["there is no artifact yet"],
        "record": record,
    }


def test_every_plugin_and_target_has_a_row_in_the_users_order():
    plugins = [{"name": name} for name in ("first", "second", "third", "fourth", "fifth")]
    failures = [{"name": "second", "message": "no go.mod", "fix": ["go mod init"]}]
    target = {
        "plugins": [built("fifth", record=False), built("third"), built("first")],
        "failures": [{"name": "fourth", "message": "syntax error", "fix": []}],
        "target": "linux/amd64",
    }
    verified = [{"results": [verdict("/out/third.so", [NOTE, RACE]), verdict("/out/first.so", [NOTE], {"ok": True})]}]
    found = rows.of_build(plugins, "h", "v1", failures, [target], verified, FAIL_ON)
    assert [(row["plugin"], row["verdict"], row["loaded"], row["bad"]) for row in found] == [
        ("first", "loads", "yes", False),
        ("second", "not built", "", True),
        ("third", "fails", "not tried", True),
        ("fourth", "not built", "", True),
        ("fifth", "to be built", "", False),
    ]
    assert found[2]["cause"] == "Race [race-differs]. One side." and found[2]["fix"] == ["$ go build -race"]
    assert (found[1]["cause"], found[1]["fix"], found[3]["target"], found[0]["size"]) == ("no go.mod", ["go mod init"], "linux/amd64", 5)
    assert {row["host"] for row in found} == {"h"} and {row["gateway"] for row in found} == {"v1"}


def test_a_row_has_what_the_files_say_of_its_findings():
    versions = {"module": "example.com/m", "gateway": "v1.0.0", "plugin": "v1.2.0"}
    finding = {**RACE, "code": "dependency-version-differs", "evidence": versions, "packages": [f"p{number}" for number in range(40)]}
    (bad, well) = rows.of_verification("gw", "/tyk", {"results": [verdict("/a.so", [NOTE, finding]), verdict("/b.so", [NOTE])]}, FAIL_ON)
    (detail,) = bad["details"]
    assert (detail["code"], detail["evidence"], detail["count"], len(detail["packages"])) == (finding["code"], versions, 40, 12)
    assert detail["fix"] == ["$ go build -race"] and bad["raised"] == [{**versions, "path": []}]
    assert "details" not in well and "raised" not in well


def test_a_plugin_that_raises_a_dependency_has_the_way_to_it():
    raised = {"module": "m", "gateway": "v1", "plugin": "v2", "path": ["p", "m@v2"]}
    failure = {"name": "p", "message": "no", "fix": [], "raised": [{**raised, "case": 3}]}
    (row,) = rows.of_build([{"name": "p"}], "h", "v1", [failure], [], [], FAIL_ON)
    assert row["raised"] == [raised]


def test_where_it_was_built_all_the_same_the_files_say_what_differs_and_the_workspace_who_asks_for_it():
    versions = {"module": "m", "gateway": "v1", "plugin": "v2"}
    differs = {**RACE, "code": "dependency-version-differs"}
    findings = [{**differs, "evidence": versions}, {**differs, "evidence": {**versions, "module": "other"}}]
    built = {"name": "p", "artifact": "/p.so", "target": "linux/amd64", "record": {"size": 5}}
    built["raised"] = [{**versions, "case": 3, "path": ["p", "q@v3", "m@v2"]}, {**versions, "module": "unused", "path": ["p"]}]
    (row,) = rows.of_build([{"name": "p"}], "h", "v1", [], [{"plugins": [built]}], [{"results": [verdict("/p.so", findings)]}], FAIL_ON)
    assert row["raised"] == [{**versions, "path": ["p", "q@v3", "m@v2"]}, {**versions, "module": "other", "path": []}]


def test_a_target_without_a_gateway_is_not_verified_and_says_so():
    (row,) = rows.of_build([{"name": "a"}], "h", "v1", [], [{"plugins": [built("a")], "failures": []}], [], FAIL_ON)
    assert (row["verdict"], row["bad"]) == ("not verified", False) and "no gateway of this platform" in row["cause"]


def test_only_good_artifacts_are_delivered():
    good, bad = {"artifact": "/out/a.so", "bad": False}, {"artifact": "/out/b.so", "bad": True}
    assert [row["artifact"] for row in rows.delivered([good, bad, {"artifact": "", "bad": False}], "dist/v1")] == [
        "dist/v1/a.so",
        "/out/b.so",
        "",
    ]


def test_a_gateway_that_could_not_be_made_ready_fails_each_plugin_for_that_reason():
    found = rows.not_begun([{"name": "a"}, {"name": "b"}], "h", "v1", "no repository\nFix: give one\nor another")
    assert [(row["plugin"], row["cause"], row["fix"], row["bad"]) for row in found] == [
        (name, "no repository", ["give one", "or another"], True) for name in ("a", "b")
    ]


def test_verdicts_of_a_gateway_host():
    (row,) = rows.of_verification("gw", "/tyk", {"results": [verdict("/p.so", [RACE])]}, FAIL_ON)
    assert (row["host"], row["plugin"], row["gateway"], row["findings"], row["bad"]) == ("gw", "/p.so", "/tyk", "race-differs", True)
    (row,) = rows.of_verification("gw", "/tyk", {"results": [verdict("/p.so", [RACE])]}, [])
    assert (row["verdict"], row["bad"]) == ("fails", False)


def test_what_a_log_says_is_shown_and_fails_nothing():
    def logged(**confirmed):
        kinds = [
            {"code": code, "effect": "fails", "title": code, "cure": [f"fix {code}"], "confirmed": sure} for code, sure in confirmed.items()
        ]
        return {"plugin": "mw/a.so", "symbol": "Hook", "api": None, "line": 7, "count": 3, "explained": kinds}

    answers = [logged(one=True, two=False), logged(one=None, two=None), logged(one=False)]
    found = rows.of_verification("gw", "/tyk", {"results": [verdict("/p.so", [])], "logged": answers}, FAIL_ON)
    assert [(row["plugin"], row["verdict"], row["findings"], row["bad"]) for row in found[1:]] == [
        ("mw/a.so Hook", "logged", "one", False),
        ("mw/a.so Hook", "logged", "one two", False),
        ("mw/a.so Hook", "logged", "", False),
    ]
    assert found[1]["cause"] == "line 7 of the log (3 such): one [one]" and found[1]["fix"] == ["$ fix one"]
    assert "any more" in found[3]["cause"]


@pytest.mark.parametrize(("fail_on", "bad"), [(FAIL_ON, True), (["fails"], False)])
def test_a_host_that_could_not_be_asked_is_unknown(fail_on, bad):
    (row,) = rows.of_verification("gw", "/tyk", {}, fail_on, "no route\nFix: plug it in")
    assert (row["verdict"], row["cause"], row["fix"], row["bad"]) == ("unknown", "no route", ["plug it in"], bad)


def test_a_host_without_plugins_is_bad_unless_that_is_allowed():
    (row,) = rows.of_verification("gw", "/tyk", {"skipped": True}, FAIL_ON, folders=["/a", "/b"])
    assert (row["plugin"], row["verdict"], row["bad"], row["cause"]) == ("-", "no plugins", True, "no *.so in /a, /b")
    (row,) = rows.of_verification("gw", "/tyk", {"skipped": True}, FAIL_ON, allow_empty=True, folders=["/a"])
    assert row["bad"] is False


def test_a_plugin_that_nobody_signed_is_bad_whatever_the_verdict():
    results = [verdict("/p.so", []), verdict("/q.so", [RACE])]
    unsigned = [{"plugin": "/p.so", "message": "nobody signed it"}, {"plugin": "/q.so", "message": "nor that"}]
    assert [row["bad"] for row in rows.of_verification("gw", "/tyk", {"results": results}, [])] == [False, False]
    first, second = rows.of_verification("gw", "/tyk", {"results": results}, FAIL_ON, unsigned=unsigned)
    assert (first["bad"], first["verdict"], first["findings"], first["cause"]) == (True, "loads", "not-signed", "nobody signed it")
    assert second["findings"].split()[-1] == "not-signed" and second["cause"].endswith("\nnor that")
    assert "tyk_signing_key" in second["fix"][-1]


def test_build_hosts_that_are_ready_or_not():
    ready = {
        "cross_cc_commands": {"linux/amd64": "gcc", "": "gcc", "linux/arm64": "x"},
        "_tyk_provision_reached": {"ping": "pong"},
        "_tyk_provision_ready": ["v5.3.6 with Go 1.22.6", "v5.8.5 with Go 1.24.6"],
    }
    (row,) = rows.of_provisioning("b", ready)
    assert (row["state"], row["compilers"], row["gateways"], row["bad"]) == (
        "ready",
        "linux/amd64 linux/arm64",
        "v5.3.6 with Go 1.22.6, v5.8.5 with Go 1.24.6",
        False,
    )
    (row,) = rows.of_provisioning("b", {**ready, "_tyk_provision_error": "no Go\nFix: get one"})
    assert (row["state"], row["missing"], row["fix"], row["bad"]) == ("not ready", "no Go", ["get one"], True)
    (row,) = rows.of_provisioning("b", {"_tyk_provision_reached": {"unreachable": True, "msg": "no route"}})
    assert (row["state"], row["missing"]) == ("unreachable", "no route")


def test_lost_hosts_and_failed_items():
    assert [(row["host"], row["bad"]) for row in rows.of_lost(["a", "b"])] == [("a", True), ("b", True)]
    assert rows.item_failures([{"item": "p", "msg": "gone\nFix: look"}]) == [{"name": "p", "message": "gone", "fix": ["look"]}]


def test_no_row_has_a_secret_or_moves_a_cursor():
    message = "Task failed: 'https://u:pw@h' is wrong\x1b[2J\nFix: look at https://u:pw@h"
    (row,) = rows.not_begun([{"name": "a"}], "h", "v1", message)
    assert (row["cause"], row["fix"]) == ("'https://***@h' is wrong\\x1b[2J", ["look at https://***@h"])
    (row,) = rows.of_provisioning("b", {"_tyk_provision_error": message})
    assert (row["cause"], row["missing"]) == ("'https://***@h' is wrong\\x1b[2J",) * 2
    assert rows.item_failures([{"item": "p", "msg": message}])[0]["fix"] == ["look at https://***@h"]


def finding(code, effect="fails", where="custom_middleware.pre[0]", definition="/apps/shop.json"):
    words = {"title": code.title(), "message": f"This is {code}.", "cure": [f"mend {code}"]}
    return {"code": code, "effect": effect, "definition": definition, "where": where, **words}


def test_each_definition_with_findings_has_a_row():
    findings = [finding("path"), finding("json", definition="/apps/other.json", where=""), finding("off", "info"), finding("path")]
    first, second = rows.of_definitions("gw", "/tyk", findings, FAIL_ON)
    assert (first["host"], first["plugin"], first["gateway"], first["verdict"], first["bad"]) == (
        "gw",
        "/apps/shop.json",
        "/tyk",
        "fails",
        True,
    )
    assert first["findings"] == "path" and first["fix"] == ["mend path"]
    assert first["cause"] == "\n".join(["Path [path]. custom_middleware.pre[0]: This is path."] * 2)
    assert second["cause"] == "Json [json]. This is json."


def test_what_shall_not_fail_a_definition_is_no_bad_row():
    (row,) = rows.of_definitions("gw", "/tyk", [finding("off", "info"), finding("elsewhere", "unknown")], ["fails"])
    assert (row["verdict"], row["findings"], row["bad"], row["cause"], row["fix"]) == ("unknown", "elsewhere", False, "", [])
    (row,) = rows.of_definitions("gw", "/tyk", [finding("off", "info")], ["info"])
    assert (row["verdict"], row["findings"], row["bad"]) == ("info", "", True)
    assert rows.of_definitions("gw", "/tyk", [], FAIL_ON) == []


PLUGINS = [{"name": "auth"}, {"name": "enrich"}]


def test_what_became_of_each_plugin_on_a_host():
    deployed = [{"name": "auth", "file": "/m/auth-1.so"}, {"name": "enrich", "file": "/m/enrich-2.so"}]
    result = {"changed": True, "deployed": deployed, "gateway": {"version": "v5.3.6"}, "msg": "would place it"}
    found = rows.of_deployment("gw1", "/opt/tyk", PLUGINS, result)
    assert [(row["plugin"], row["state"], row["artifact"], row["bad"]) for row in found] == [
        ("auth", "deployed", "/m/auth-1.so", False),
        ("enrich", "deployed", "/m/enrich-2.so", False),
    ]
    assert {(row["host"], row["gateway"], row["cause"]) for row in found} == {("gw1", "v5.3.6", "")}
    (first, _second) = rows.of_deployment("gw1", "/opt/tyk", PLUGINS, result, check_mode=True)
    assert (first["state"], first["cause"]) == ("to be deployed", "would place it")
    (first, _second) = rows.of_deployment("gw1", "/opt/tyk", PLUGINS, {**result, "changed": False}, check_mode=True)
    assert first["state"] == "unchanged"


@pytest.mark.parametrize(
    ("result", "stopped", "state", "cause", "fix"),
    [
        ({"msg": "no\nFix: do it", "rolled_back": True}, False, "went back", "no", ["do it"]),
        ({"msg": "no\nFix: do it"}, False, "refused", "no", ["do it"]),
        ({"msg": "no route", "unreachable": True}, False, "unknown", "no route", []),
        ({}, False, "refused", "the task failed", []),
        ({}, True, "not begun", "hosts before it failed, more than tyk_deploy_max_fail_percentage allows", []),
    ],
)
def test_what_was_not_deployed_is_bad_and_says_why(result, stopped, state, cause, fix):
    (first, second) = rows.of_deployment("gw1", "/opt/tyk", PLUGINS, result, stopped=stopped)
    assert (first["state"], first["verdict"], first["bad"], first["cause"], first["fix"]) == (state, state, True, cause, fix)
    assert (second["plugin"], second["gateway"]) == ("enrich", "/opt/tyk")


def test_what_waits_for_another_definition_says_which_path_to_name_where():
    hooks = [{"definition": "API shop (a1)", "place": "custom_middleware.pre[0].path", "path": "auth.so"}]
    result = {
        "changed": True,
        "deployed": [{"name": "auth", "file": "/m/auth-1.so"}, {"name": "enrich", "file": "/m/enrich-2.so"}],
        "to_name": [{"name": "auth", "path": "/m/auth-1.so", "hooks": hooks}, {"name": "enrich", "path": "/m/enrich-2.so", "hooks": []}],
        "msg": "placed",
    }
    first, second = rows.of_deployment("gw1", "/opt/tyk", PLUGINS, result)
    assert (first["state"], first["bad"], second["state"]) == ("placed", False, "placed")
    assert first["cause"] == "let the path be /m/auth-1.so in API shop (a1) custom_middleware.pre[0].path"
    assert second["cause"] == "let a hook of an API have the path /m/enrich-2.so"


# --- Upgrades -------------------------------------------------------------------------------------------------------------------------

MARK = [{"name": "mark"}]
FILE = {"name": "mark", "ready": True, "file": "/m/mark-1_v5.8.5_linux_amd64.so", "sha256": "1", "message": "", "fix": []}
STAGED = {"gateway": "v5.3.6", "next": "v5.8.5", "upgraded": False, "ready": True, "plugins": [FILE]}
DEPLOYED = {"plugin": "mark", "state": "unchanged", "bad": False, "artifact": FILE["file"], "cause": "", "fix": []}


def of_upgrade(staged, *arguments, **more):
    return rows.of_upgrade("gw1", "/opt/tyk", MARK, staged, *arguments, **more)


def test_a_host_whose_plugins_are_ready_is_upgraded():
    (ready,) = of_upgrade(STAGED)
    assert (ready["state"], ready["bad"], ready["gateway"], ready["next"]) == ("ready", False, "v5.3.6", "v5.8.5")
    (after,) = of_upgrade(STAGED, [DEPLOYED])
    assert (after["state"], after["bad"], after["artifact"]) == ("upgraded", False, FILE["file"])


def test_a_host_that_was_upgraded_before_says_what_the_roll_out_says():
    before = {**STAGED, "upgraded": True, "plugins": [], "gateway": "v5.8.5"}
    assert [row["state"] for row in of_upgrade(before)] == ["upgraded before"]
    assert [row["state"] for row in of_upgrade(before, [DEPLOYED])] == ["unchanged"]
    (bad,) = of_upgrade(before, [{**DEPLOYED, "state": "went back", "bad": True, "cause": "no header", "fix": []}])
    assert bad["state"] == "not served" and bad["fix"] == ["install the earlier gateway again: what its plugins need is still in its place"]


def test_a_plugin_that_is_not_ready_and_one_that_nobody_named_are_rows():
    bad = {**FILE, "name": "/m/other.so", "ready": False, "message": "nothing says", "fix": ["add it"]}
    found = of_upgrade({**STAGED, "ready": False, "plugins": [FILE, bad]})
    assert [(row["plugin"], row["state"], row["bad"]) for row in found] == [("mark", "ready", False), ("/m/other.so", "not ready", True)]
    assert (found[1]["cause"], found[1]["fix"]) == ("nothing says", ["add it"])


@pytest.mark.parametrize(
    ("staged", "cause"),
    [
        ({"failed": True, "msg": "no gateway\nFix: ls -l"}, "no gateway"),
        ({"unreachable": True, "msg": "no route"}, "no route"),
        ({}, "the host says nothing of its gateway"),
    ],
)
def test_a_host_that_could_not_be_asked(staged, cause):
    (row,) = of_upgrade(staged)
    assert (row["state"], row["bad"], row["cause"]) == ("not ready", True, cause)


def test_what_went_wrong_says_what_to_do():
    (stopped,) = of_upgrade(STAGED, stopped=True)
    (failed,) = of_upgrade(STAGED, problem="the tasks failed\nFix: df -h")
    (unserved,) = of_upgrade(STAGED, [{**DEPLOYED, "state": "refused", "bad": True, "cause": "verdict", "fix": ["build it"]}])
    assert [row["state"] for row in (stopped, failed, unserved)] == ["not begun", "not upgraded", "not served"]
    assert all(row["bad"] for row in (stopped, failed, unserved))
    assert (failed["cause"], failed["fix"]) == ("the tasks failed", ["df -h"])
    assert "gateway v5.8.5 is installed" in unserved["cause"] and "tyk_upgrade_version=v5.3.6" in unserved["fix"][0]
    assert unserved["fix"][1:] == ["build it"]
