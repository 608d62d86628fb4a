# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin in a fleet: from bare hosts to served requests, updates without a request lost, and no bad plugin on more than one host."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from runs import EPHEMERAL, RUNS, machine, recap, run

BUILD_HOSTS = ("build1", "build2", "build3")
# Gateway host: its release and its Go.
GATEWAYS = {"gw1": ("v5.99.0", "1.22.7"), "gw2": ("v5.99.0", "1.22.7"), "gw3": ("v5.100.0", "1.23.4"), "gw4": ("v5.100.0", "1.23.4")}
SECRET = "pl4nted-s3cret"
# What Ansible says of a host that is off: the words of ssh, or, where ssh has not quite ended when Ansible sends it a module, that it could
# not send it (_send_initial_data in ansible/plugins/connection/ssh.py).
OFF = r"(?:No route to host|Data could not be sent to remote host '[0-9.]+'\. .*)"
# From the run that offers a bad plugin to what the closing table says of the first host, its reason, and, where requests met the plugin,
# what they were answered.
MISTAKES = {
    "wrong_profile": ("refused", r"compiled with go1\.22\.7, the plugin with go1\.23\.4", None),
    "hang_tried": ("refused", r"\[plugin-init-fails\]", None),
    "hang": ("went back", r"the reload did not end within 5 seconds: an init function blocks it", None),
    "exit": ("went back", r"the gateway went away while it reloaded", None),
    "panic": ("went back", r"header X-Mark is not there", "200 unmarked empty"),
    "absent": ("went back", r"header X-Mark is not there", "200 unmarked"),
}


@pytest.fixture(scope="module", params=GATEWAYS)
def gateway(request):
    return request.param


@pytest.fixture(scope="module", params=BUILD_HOSTS)
def build_host(request):
    return request.param


def report(output):
    return output.partition("PLAY [Report]")[2]


def states(output):
    """From each gateway host to what the closing table says of it."""
    found = dict(re.findall(r"^(\w+) +mark +\S+ +(\w+(?: \w+)*)", report(output), re.MULTILINE))
    assert found, output
    return found


def asked(name, rate=60):
    """What the client was answered during a run. It asked so many times a second, or four fifths of it on a busy machine."""
    found = json.loads((EPHEMERAL / "asked" / f"{name}.json").read_text())
    assert found["rate"] >= rate and found["sent"] >= 0.8 * found["rate"] * found["seconds"], found
    assert sum(count for answers in found["answers"].values() for count in answers.values()) == found["sent"]
    assert set(found["answers"]) == set(GATEWAYS)
    return found["answers"]


def test_the_fleet_is_built_for_once_from_bare_hosts():
    code, output = run("build")
    assert code == 2 and re.search(OFF, report(output)), output
    told = dict(re.findall(r" mark +(v5\.\d+\.0)\b.* linux/amd64 +(\w+ +\w+)", report(output)))
    assert {release: words.split() for release, words in told.items()} == {"v5.99.0": ["loads", "yes"], "v5.100.0": ["loads", "yes"]}, (
        output
    )
    assert re.search(r"^build\d +mark +gone +not built", report(output), re.MULTILINE), output
    assert sum(counts["changed"] for host, counts in recap(output).items() if host in BUILD_HOSTS) > 0
    for version in ("v1", "v2"):
        for release, go in set(GATEWAYS.values()):
            (record,) = (EPHEMERAL / "dist" / version / release).glob("*.so.json")
            assert json.loads(record.read_text())["profile"]["go_version"] == go


@pytest.mark.parametrize("name", ["build_again", "deploy_again"])
def test_a_second_run_changes_nothing_and_names_the_same_hosts(name):
    code, output = run(name)
    assert code == 2, output
    assert {host: counts["changed"] for host, counts in recap(output).items() if counts["changed"]} == {}
    assert re.search(rf"\bgone\b.*{OFF}", report(output)), output


def test_every_gateway_that_can_be_reached_gets_the_plugin_in_spite_of_the_others():
    code, output = run("deploy")
    assert code == 2, output
    assert states(output) == {"denied": "refused", "gone": "unknown", **dict.fromkeys(GATEWAYS, "deployed")}
    assert re.search(r"^denied mark: Missing sudo password$", report(output), re.MULTILINE), output
    assert re.search(rf"^gone mark: .*{OFF}$", report(output), re.MULTILINE), output
    assert {host for host, counts in recap(output).items() if counts["failed"]} == {"denied", "gone"}
    code, output = run("deploy_again")
    assert states(output) == {"denied": "refused", "gone": "unknown", **dict.fromkeys(GATEWAYS, "unchanged")}


@pytest.mark.parametrize(("name", "before", "after"), [("update", "v1", "v2"), ("back", "v2", "v1")])
def test_no_request_fails_while_a_version_is_rolled_out(name, before, after):
    code, output = run(name)
    assert code == 0 and states(output) == dict.fromkeys(GATEWAYS, "deployed"), output
    answers = asked(name, rate=210)
    assert {host: set(found) for host, found in answers.items()} == {key: {f"200 {before}", f"200 {after}"} for key in GATEWAYS}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_bad_plugin_reaches_one_gateway_at_most_which_goes_back_by_itself(name):
    state, reason, answer = MISTAKES[name]
    code, output = run(name)
    assert code == 2 and states(output) == {"gw1": state, **dict.fromkeys(("gw2", "gw3", "gw4"), "not begun")}, output
    assert re.search(reason, report(output)), output
    if state == "went back":
        assert "the gateway answers as it did before" in report(output)
    answers = asked(name)
    assert {host: set(found) for host, found in answers.items() if host != "gw1"} == {key: {"200 v1"} for key in ("gw2", "gw3", "gw4")}
    if state == "refused":
        assert set(answers["gw1"]) == {"200 v1"}
    else:
        # It served before, and it serves again.
        assert answers["gw1"]["200 v1"] > 0 and "200 v2" not in answers["gw1"]
    if answer:
        assert set(answers["gw1"]) == {"200 v1", answer}


def test_roll_outs_that_are_killed_leave_every_gateway_with_a_plugin_and_the_next_one_ends_them():
    rows = json.loads((RUNS / "kills.json").read_text())
    assert len(rows) in (2, 50)
    # Hosts lost what worked there, not only the controller.
    assert [row["on_hosts"] > 0 and not row["ended"] for row in rows if row["at_work"]] == [True] * (len(rows) // 2), rows
    for row in rows:
        assert set(row["between"].values()) <= {"200 v1", "200 v2"}, row
        assert row["rc"] == 0 and row["after"] == dict.fromkeys(GATEWAYS, f"200 {row['version']}"), row
    # Not a single request of all that time was answered without a plugin.
    assert {host: set(answers) for host, answers in asked("kills").items()} == {key: {"200 v1", "200 v2"} for key in GATEWAYS}


def test_a_gateway_serves_what_its_host_has_and_nothing_is_left_of_other_runs(gateway):
    host, release = machine(gateway), GATEWAYS[gateway][0]
    answer = host.check_output(
        "python3 -c %s", "import urllib.request as r; a = r.urlopen('http://127.0.0.1:8080/shop/'); print(a.headers['X-Mark'])"
    )
    assert answer == "v2"
    with host.sudo():
        (kept,) = host.file("/var/lib/goplugins.tyk").listdir()
        state = f"/var/lib/goplugins.tyk/{kept}"
        assert host.file(state).listdir() == ["deployed.json"]
        deployed = json.loads(host.file(f"{state}/deployed.json").content_string)["plugins"]["mark"]
        definition = host.file("/opt/tyk-gateway/apps/shop.json")
        assert definition.mode == 0o640 and host.file("/opt/tyk-gateway/apps").listdir() == ["shop.json"]
        name = f"{deployed['file'].rpartition('/')[2].partition('_v5')[0]}.so"
        assert definition.content_string.count(f"middleware/{name}") == 2
    artifact = (EPHEMERAL / "dist" / "v2" / release / f"mark_{release}_linux_amd64.so").read_bytes()
    assert host.file(deployed["file"]).sha256sum == deployed["sha256"] == hashlib.sha256(artifact).hexdigest()
    assert [name for name in host.file("/opt/tyk-gateway/middleware").listdir() if not name.startswith("mark-")] == []


def test_nothing_was_done_on_the_host_that_denies():
    host = machine("denied")
    assert host.file("/opt/tyk-gateway/middleware").listdir() == [] and not host.file("/var/lib/goplugins.tyk").exists


def test_no_secret_is_in_what_was_printed():
    printed = {path.name for path in RUNS.glob("*.json") if SECRET in path.read_text()}
    assert printed == set()


def test_the_machines_are_in_order(gateway, build_host):
    for name in (gateway, build_host):
        assert machine(name).check_output("systemctl is-system-running") == "running"
