# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules returned, as the rows of a play's closing table. A row that is C(bad) has a C(cause) and a C(fix), a list of lines."""

from __future__ import annotations

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import shown

_LOADED = {True: "yes", False: "no", None: "not tried"}
# The worst first.
_EFFECTS = ("fails", "unknown", "info")
# Of the packages that differ because of a finding.
_PACKAGES = 12
_OF_VERSIONS = ("dependency-version-differs", "dependency-pseudo-version")
_SIGN = "deploy it with deploy_plugins from a build that was signed, with tyk_signing_key; or add the key of its signer to tyk_signers"


def of_build(plugins, host, gateway, failures, built, verified, fail_on):
    """One row for each plugin and target.

    plugins: as the user wrote them. host: the build host. gateway: its name. failures: of workspaces.
    built, verified: the results of C(go_plugin_build) and C(tyk_plugin_verify), one for each target.
    fail_on: the effects of findings that make a row a bad one.
    """
    verdicts = {one["plugin"]: one for result in verified for one in result.get("results") or []}
    rows = [_failed(failure, gateway, "") for failure in failures]
    for result in built:
        rows += [_built(one, gateway, verdicts.get(one["artifact"]), fail_on) for one in result.get("plugins") or []]
        rows += [_failed(failure, gateway, result.get("target", "")) for failure in result.get("failures") or []]
    order = [plugin["name"] for plugin in plugins]
    rows.sort(key=lambda row: order.index(row["plugin"]) if row["plugin"] in order else len(order))
    return [{**row, "host": host} for row in rows]


def not_begun(plugins, host, gateway, message):
    """The rows of plugins for a gateway that could not be made ready, all for one reason."""
    cause, fix = _without_fix(message), _fix_of(message)
    return [{**_row(plugin["name"], gateway, "", "not built", bad=True, cause=cause, fix=fix), "host": host} for plugin in plugins]


def delivered(rows, folder):
    """The rows with the path on the controller of each artifact that was copied there; a bad one was not."""
    return [
        row if row["bad"] or not row["artifact"] else {**row, "artifact": f"{folder}/{row['artifact'].rpartition('/')[2]}"} for row in rows
    ]


def item_failures(results):
    """The results of a loop over names, as modules return C(failures): C(name), C(message), C(fix)."""
    return [shown({"name": one["item"], "message": _without_fix(one["msg"]), "fix": _fix_of(one["msg"])}) for one in results]


def of_lost(hosts):
    """The rows of hosts that failed or could not be reached, and so say nothing of themselves."""
    cause = "the host was lost: Ansible names the task above"
    return [{**_row("-", "", "", "unknown", bad=True, cause=cause), "host": host, "state": "lost"} for host in hosts]


def of_verification(host, binary, verified, fail_on, problem="", allow_empty=False, folders=(), unsigned=()):
    """One row for each plugin of a gateway host. problem: why the host could not be asked, empty if it was.

    unsigned: the plugins that are refused because nobody signed them, each with C(plugin) and C(message).
    """
    common = {"host": host, "gateway": binary}
    if problem:
        cause = {"cause": _without_fix(problem), "fix": _fix_of(problem)}
        return [{**_row("-", binary, "", "unknown", bad="unknown" in fail_on, **cause), **common}]
    results = verified.get("results") or []
    if not results:
        cause = f"no *.so in {', '.join(folders)}" if folders else "no plugins were named"
        fix = ["name their folders in tyk_plugin_folders, or set tyk_allow_empty to true"]
        return [{**_row("-", binary, "", "no plugins", bad=not allow_empty, cause=cause, fix=fix), **common}]
    logged = [_logged(one, binary) for one in verified.get("logged") or []]
    refused = {one["plugin"]: one["message"] for one in unsigned}
    rows = [_as_signed(_verified(one, binary, fail_on), refused.get(one["plugin"], "")) for one in results]
    return [{**row, **common} for row in [*rows, *logged]]


def _as_signed(row, refusal):
    """The row of a plugin, which is bad whatever the verdict if it was refused."""
    if not refusal:
        return row
    causes = filter(None, [row["cause"], shown(refusal)])
    findings = f"{row['findings']} not-signed".strip()
    detail = {"code": "not-signed", "effect": "fails", "title": "Nobody signed the plugin", "message": shown(refusal), "fix": [_SIGN]}
    details = [*row.get("details", []), detail]
    return {**row, "bad": True, "findings": findings, "cause": "\n".join(causes), "fix": [*row["fix"], _SIGN], "details": details}


def of_definitions(host, binary, findings, fail_on):
    """One row for each API definition of a gateway host with findings, as C(tyk_definition_lint) returns them."""
    found = {}
    for finding in findings:
        found.setdefault(finding["definition"], []).append(finding)
    rows = []
    for definition, these in found.items():
        bad = [finding for finding in these if finding["effect"] in fail_on]
        row = _row(
            definition,
            binary,
            "",
            min((finding["effect"] for finding in these), key=_EFFECTS.index),
            findings=" ".join(dict.fromkeys(finding["code"] for finding in these if finding["effect"] != "info")),
            bad=bool(bad),
            cause="\n".join(f"{finding['title']} [{finding['code']}]. {_at(finding)}{finding['message']}" for finding in bad),
            fix=list(dict.fromkeys(line for finding in bad for line in finding["cure"])),
        )
        # What is only to be known is all that there is to say, or not worth saying.
        told = [finding for finding in these if finding["effect"] != "info"] or these
        details = [{**_detail(finding, finding["cure"]), "evidence": {"where": shown(finding["where"])}} for finding in told]
        rows.append({**row, "host": host, **_given(details=details)})
    return rows


def _at(finding):
    return f"{finding['where']}: " if finding["where"] else ""


def of_deployment(host, binary, plugins, result, check_mode=False, stopped=False):
    """One row for each plugin of a gateway host. result: that of C(tyk_plugin_deploy). stopped: whether hosts before it failed."""
    deployed = {one["name"]: one for one in result.get("deployed") or []}
    common = {"host": host, "gateway": (result.get("gateway") or {}).get("version") or binary}
    rows = []
    for name in [plugin["name"] for plugin in plugins]:
        if stopped:
            cause = {"cause": "hosts before it failed, more than tyk_deploy_max_fail_percentage allows"}
            row = {**_row(name, binary, "", "not begun", bad=True, **cause), "state": "not begun"}
        elif name in deployed:
            waits = [one for one in result.get("to_name") or [] if one["name"] == name]
            state = "unchanged" if not result.get("changed") else "to be deployed" if check_mode else "deployed"
            state = "placed" if waits and state != "to be deployed" else state
            artifact = deployed[name]["file"]
            cause = result["msg"] if state == "to be deployed" and not waits else "; ".join(map(_to_name, waits))
            row = {**_row(name, binary, "", state, artifact=artifact, cause=cause), "state": state}
        else:
            state = "unknown" if result.get("unreachable") else "went back" if result.get("rolled_back") else "refused"
            message = result.get("msg") or "the task failed"
            row = {**_row(name, binary, "", state, bad=True, cause=_without_fix(message), fix=_fix_of(message)), "state": state}
        rows.append({**row, **common})
    return rows


def _to_name(one):
    """What others must change so that a plugin that was placed is served, on one line."""
    hooks = ", ".join(f"{hook['definition']} {hook['place']}" for hook in one["hooks"])
    return f"let the path be {one['path']} in {hooks}" if hooks else f"let a hook of an API have the path {one['path']}"


def of_upgrade(host, binary, plugins, staged, deployed=(), problem="", stopped=False):
    """One row for each plugin of a gateway host that is upgraded.

    staged: the result of C(tyk_plugin_stage) before the upgrade. deployed: the rows of C(of_deployment) after it; empty where it was not
    upgraded. problem: why the upgrade went wrong. stopped: whether hosts before it failed.
    """
    common = {"host": host, "gateway": staged.get("gateway") or binary, "next": staged.get("next") or ""}
    names = [plugin["name"] for plugin in plugins]
    if staged.get("unreachable") or staged.get("failed") or "ready" not in staged:
        rows = [_bad(name, "not ready", staged.get("msg") or "the host says nothing of its gateway") for name in names]
    elif not staged["ready"]:
        rows = [
            _in_state(one["name"], "ready", artifact=one["file"])
            if one["ready"]
            else _in_state(one["name"], "not ready", bad=True, cause=one["message"], fix=one["fix"])
            for one in staged["plugins"]
        ]
    elif stopped:
        cause = "hosts before it failed, more than tyk_deploy_max_fail_percentage allows"
        rows = [_bad(name, "not begun", cause) for name in names]
    elif problem:
        rows = [_bad(name, "not upgraded", problem) for name in names]
    elif deployed:
        rows = [_after_upgrade(row, staged) for row in deployed]
    else:
        found = {one["name"]: one["file"] for one in staged["plugins"]}
        rows = [_in_state(name, "upgraded before" if staged["upgraded"] else "ready", artifact=found.get(name, "")) for name in names]
    return [{**row, **common} for row in rows]


def _after_upgrade(row, staged):
    state = row["state"]
    if not row["bad"]:
        state = state if staged["upgraded"] else "upgraded"
        return _in_state(row["plugin"], state, artifact=row["artifact"])
    if state in ("not begun", "unknown"):
        return row
    cause = f"gateway {staged['next']} is installed, and does not serve the plugin: {row['cause']}"
    back = (
        "install the earlier gateway again: what its plugins need is still in its place"
        if staged["gateway"] == staged["next"]
        else f"go back: run upgrade_gateways with tyk_upgrade_version={staged['gateway']}; the plugins for it are still in their places"
    )
    return _in_state(row["plugin"], "not served", bad=True, cause=cause, fix=[back, *row["fix"]])


def _bad(plugin, state, message):
    return _in_state(plugin, state, bad=True, cause=_without_fix(message), fix=_fix_of(message))


def _in_state(plugin, state, **more):
    return {**_row(plugin, "", "", state, **more), "state": state}


def of_provisioning(host, variables):
    """The row of a build host, from what the play noted in its variables."""
    reached = variables.get("_tyk_provision_reached") or {}
    problem = variables.get("_tyk_provision_error") or ""
    state = "not ready" if problem else "ready" if reached else "left out"
    if reached.get("unreachable"):
        state, problem = "unreachable", str(reached.get("msg", "unreachable"))
    problem = shown(problem)
    return [
        {
            "host": host,
            "state": state,
            "compilers": " ".join(sorted(target for target in variables.get("cross_cc_commands") or {} if target)),
            "gateways": ", ".join(variables.get("_tyk_provision_ready") or []),
            "missing": _without_fix(problem).partition("\n")[0],
            "bad": state != "ready",
            "cause": _without_fix(problem),
            "fix": _fix_of(problem),
        }
    ]


def _built(one, gateway, verdict, fail_on):
    record = one.get("record") or {}
    common = {
        "artifact": one["artifact"] or "",
        "size": record.get("size", 0),
        "seconds": record.get("seconds", 0),
        "digest": record.get("digest", ""),
    }
    if not record:
        return {**_row(one["name"], gateway, one["target"], "to be built", cause="; ".join(one["reasons"])), **common}
    if verdict is None:
        return {**_row(one["name"], gateway, one["target"], "not verified", cause="there is no gateway of this platform here"), **common}
    row = _verified({**verdict, "name": one["name"]}, gateway, fail_on)
    # The two files do not say which module asks for a version; the workspace of one of them does.
    ways = {found["module"]: found["path"] for found in one.get("raised") or []}
    raised = [{**found, "path": ways.get(found["module"], [])} for found in row.get("raised") or []]
    return {**row, **_given(raised=shown(raised)), "target": one["target"], **common}


def _verified(verdict, gateway, fail_on):
    bad = [finding for finding in verdict["findings"] if finding["effect"] in fail_on]
    loaded = _LOADED[(verdict["loaded"] or {}).get("ok")]
    row = _row(
        verdict.get("name") or verdict["plugin"],
        gateway,
        "",
        verdict["verdict"],
        loaded=loaded,
        artifact=verdict["plugin"],
        findings=" ".join(finding["code"] for finding in verdict["findings"] if finding["effect"] != "info"),
        bad=bool(bad),
        cause="\n".join(f"{finding['title']} [{finding['code']}]. {finding['message']}" for finding in bad),
        fix=list(dict.fromkeys(f"$ {command}" for finding in bad for command in finding["cure"])),
    )
    told = [finding for finding in verdict["findings"] if finding["effect"] != "info" or finding in bad]
    details = [_detail(finding, [f"$ {command}" for command in finding["cure"]]) for finding in told]
    unchecked = any(finding["code"] == "signatures-unchecked" for finding in verdict["findings"])
    return {**row, **_given(details=details, raised=[one for finding in told for one in _raised(finding)], unchecked=unchecked)}


def _detail(finding, fix):
    """A finding for reports that show more than a cause: with what the files say, and the first of the packages that differ."""
    packages = finding.get("packages") or []
    return shown(
        {
            **{name: finding.get(name, "") for name in ("code", "effect", "title", "message", "meaning")},
            "evidence": finding.get("evidence") or {},
            "packages": packages[:_PACKAGES],
            "count": len(packages),
            "fix": list(fix),
        }
    )


def _raised(finding):
    """The dependency that both files have at different versions; which module asks for it the files do not say."""
    evidence = finding.get("evidence") or {}
    if finding["code"] not in _OF_VERSIONS or "module" not in evidence:
        return []
    return [shown({**{name: evidence.get(name, "") for name in ("module", "gateway", "plugin")}, "path": []})]


def _given(**values):
    """Those that say something: most rows are well, and travel far."""
    return {name: value for name, value in values.items() if value}


def _logged(answer, gateway):
    """What a log says of a plugin, which may be past: no reason to fail. The causes that the files show, or all that it may be."""
    shown = [row for row in answer["explained"] if row["confirmed"]]
    open_ = [row for row in answer["explained"] if row["confirmed"] is None and row["effect"] != "info"]
    kinds = shown or open_
    words = "; ".join(f"{row['title']} [{row['code']}]" for row in kinds) or "the files show none of its causes any more"
    return _row(
        " ".join(filter(None, [answer["plugin"] or answer["api"] or "-", answer["symbol"]])),
        gateway,
        "",
        "logged",
        findings=" ".join(row["code"] for row in kinds),
        cause=f"line {answer['line']} of the log ({answer['count']} such): {words}",
        fix=[f"$ {command}" for row in kinds[:1] for command in row["cure"]],
    )


def _failed(failure, gateway, target):
    row = _row(failure["name"], gateway, target, "not built", bad=True, cause=failure["message"], fix=list(failure["fix"]))
    raised = [{name: one.get(name, "") for name in ("module", "gateway", "plugin", "path")} for one in failure.get("raised") or []]
    return {**row, **_given(raised=shown(raised))}


def _row(plugin, gateway, target, verdict, *, loaded="", artifact="", findings="", bad=False, cause="", fix=()):
    # A cause may be in Ansible's own words, which quote variables.
    return shown(
        {
            "plugin": plugin,
            "gateway": gateway,
            "target": target,
            "verdict": verdict,
            "loaded": loaded,
            "artifact": artifact,
            "findings": findings,
            "bad": bad,
            "cause": cause,
            "fix": list(fix),
        }
    )


def _without_fix(message):
    # Ansible's own words in front of the cause.
    return str(message).partition("\nFix: ")[0].replace("Task failed: ", "", 1)


def _fix_of(message):
    return [line for line in str(message).partition("\nFix: ")[2].splitlines() if line]
