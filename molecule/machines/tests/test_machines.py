# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Five machines of three releases, two gateways: each machine has what it needs and nothing else, and each run says what is so."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from runs import EPHEMERAL, RUNS, machine, recap, run

ROOT = "/home/builder/tyk-plugins"
MIDDLEWARE = "/opt/tyk-gateway/middleware"
# Gateway host: its release, its Go, the build host whose turn it was, its glibc and its Python.
GATEWAYS = {
    "gw1": ("v5.99.0", "1.22.7", "build1", "2.31", "3.9"),
    "gw2": ("v5.100.0", "1.23.4", "build2", "2.36", "3.11"),
}
BUILD_HOSTS = {"build1": ("2.36", "3.11"), "build2": ("2.41", "3.13")}
SYMBOLS = {"testplugin": "AuthCheck", "enrich": "SignResponse", "nomod": "Stamp"}


@pytest.fixture(scope="module", params=GATEWAYS)
def gateway(request):
    return request.param


@pytest.fixture(scope="module", params=BUILD_HOSTS)
def build_host(request):
    return request.param


def artifact(plugin, release):
    return f"{plugin}_{release}_linux_amd64.so"


def rows(output):
    """The closing table: from each column to its cell, for each row."""
    table = re.search(r"^((?:host|plugin) {2,}.*)\n((?:.+\n)+?)(?=\n|\S+: |left out)", output, re.MULTILINE)
    assert table, output
    starts = [found.start() for found in re.finditer(r"\S+", table[1])]
    names = table[1].split()
    ends = [*starts[1:], None]
    return [
        {name: line[start:end].strip() for name, start, end in zip(names, starts, ends)}
        for line in table[2].splitlines()
        if not line.startswith("ok: ")
    ]


def versions(host):
    libc = re.search(r"[0-9.]+$", host.check_output("ldd --version | head -n 1"))[0]
    return libc, host.check_output("python3 -c %s", "import sys; print('%d.%d' % sys.version_info[:2])")


def test_the_machines_are_of_three_releases(gateway, build_host):
    assert versions(machine(gateway)) == GATEWAYS[gateway][3:]
    assert versions(machine(build_host)) == BUILD_HOSTS[build_host]


def test_the_artifacts_of_each_gateway_arrived_and_were_built_once(gateway):
    release, go, builder, _libc, _python = GATEWAYS[gateway]
    fetched = EPHEMERAL / "dist" / release
    files = sorted(artifact(plugin, release) for plugin in SYMBOLS)
    assert sorted(path.name for path in fetched.glob("*.so")) == files
    for name in files:
        record = json.loads((fetched / f"{name}.json").read_text())
        assert record["profile"]["go_version"] == go
        assert hashlib.sha256((fetched / name).read_bytes()).hexdigest() == record["sha256"]
        assert machine(builder).file(f"{ROOT}/artifacts/{release}/{name}").sha256sum == record["sha256"]
    (other,) = set(BUILD_HOSTS) - {builder}
    assert not machine(other).file(f"{ROOT}/artifacts/{release}").exists


def test_a_gateway_host_has_the_gateway_and_its_plugins_and_nothing_to_build_with(gateway):
    host, release = machine(gateway), GATEWAYS[gateway][0]
    assert sorted(host.file(MIDDLEWARE).listdir()) == sorted(artifact(plugin, release) for plugin in SYMBOLS)
    assert [name for name in ("cc", "gcc", "git", "go", "zig") if host.exists(name)] == []
    for path in (ROOT, "/home/builder/.cache", "/home/builder/.config", "/home/builder/go"):
        assert not host.file(path).exists, path


def test_the_gateway_loads_its_plugins_on_its_own_host(gateway):
    host, release = machine(gateway), GATEWAYS[gateway][0]
    for plugin, symbol in SYMBOLS.items():
        loaded = host.run("/opt/tyk-gateway/tyk plugin load -f %s -s %s", f"{MIDDLEWARE}/{artifact(plugin, release)}", symbol)
        assert loaded.rc == 0 and "loaded ok" in loaded.stdout + loaded.stderr, loaded


def test_no_build_host_is_a_gateway_host(build_host):
    assert not machine(build_host).file("/opt/tyk-gateway").exists


def test_verify_lets_every_gateway_load_what_is_there():
    code, output = run("verify")
    assert code == 0, output
    expected = {
        (host, f"{MIDDLEWARE}/{artifact(plugin, told[0])}", "loads", "yes") for host, told in GATEWAYS.items() for plugin in SYMBOLS
    }
    assert {(row["host"], row["plugin"], row["verdict"], row["loaded"]) for row in rows(output)} == expected
    assert {host: counts["changed"] for host, counts in recap(output).items()} == {"gw1": 0, "gw2": 0}


def test_verify_in_check_mode_gives_the_same_verdicts_and_loads_nothing():
    code, output = run("verify_in_check_mode")
    assert code == 0, output
    assert {(row["verdict"], row["loaded"]) for row in rows(output)} == {("loads", "not tried")}
    assert len(rows(output)) == len(GATEWAYS) * len(SYMBOLS)


def test_a_plugin_for_the_other_gateway_fails_on_the_host_that_has_it():
    code, output = run("verify_wrong")
    assert code == 2, output
    bad = [row for row in rows(output) if row["verdict"] != "loads"]
    wrong = f"{MIDDLEWARE}/{artifact('nomod', 'v5.100.0')}"
    assert [(row["plugin"], row["verdict"], row["loaded"]) for row in bad] == [(wrong, "fails", "no")], output
    assert {host: counts["failed"] for host, counts in recap(output).items()} == {"gw1": 1, "gw2": 0}
    # The host, the plugin, the cause, and how to fix it.
    assert re.search(rf"^gw1 {re.escape(wrong)}: .*go1\.22\.7.*go1\.23\.4.*\n +Fix: .*=go1\.22\.7 ", output, re.MULTILINE), output
    assert "fatal: [gw1]: FAILED!" in output and "fatal: [gw2]" not in output


def test_the_other_host_is_fine_on_its_own():
    code, output = run("verify_wrong_gw2")
    assert code == 0, output
    assert {row["verdict"] for row in rows(output)} == {"loads"}
    assert list(recap(output)) == ["gw2"]
    assert "left out by --limit: gw1" in output


def test_a_plugin_against_a_newer_glibc_is_refused_by_the_older_host():
    code, output = run("verify_newer_glibc")
    assert code == 2, output
    (row,) = rows(output)
    assert (row["verdict"], row["loaded"], row["findings"]) == ("fails", "no", "libc-newer-than-host"), output
    assert "The plugin needs glibc 2.34; this machine has 2.31." in output


def test_only_the_host_of_limit_is_provisioned():
    code, output = run("provision_build1")
    assert code == 0, output
    assert [(row["host"], row["state"]) for row in rows(output)] == [("build1", "ready")]
    assert list(recap(output)) == ["build1"]
    assert "left out by --limit: build2" in output
    assert not machine("build2").file(f"{ROOT}/gateways/v5.99.0").exists


def test_provisioning_in_check_mode_changes_nothing():
    code, output = run("provision_in_check_mode")
    assert code == 0, output
    assert {row["host"]: row["state"] for row in rows(output)} == {"build1": "ready", "build2": "ready"}
    # What build2 lacks is told as a change that would be made; test_only_the_host_of_limit_is_provisioned sees that it was not.
    assert recap(output)["build1"]["changed"] == 0 < recap(output)["build2"]["changed"]


def test_variables_that_are_left_over_change_no_entry_of_tyk_gateways():
    code, output = run("build_leftovers")
    assert code == 0, output
    assert {(row["gateway"], row["plugin"], row["verdict"]) for row in rows(output)} == {
        (told[0], plugin, "loads") for told in GATEWAYS.values() for plugin in SYMBOLS
    }
    assert "tyk_gateway_version is not used: tyk_gateways names the gateways." in output


def test_one_plugin_that_does_not_compile_stops_no_other():
    code, output = run("build_broken")
    assert code == 2, output
    assert {row["plugin"]: row["verdict"] for row in rows(output)} == {"nomod": "loads", "broken": "not built", "enrich": "loads"}
    assert "broken.go:3:16: undefined: undeclared" in output and "3 plugins: 2 load, 1 was not built" in output
    arrived = sorted(path.name for path in (EPHEMERAL / "dist-of-three" / "v5.99.0").glob("*.so"))
    assert arrived == [artifact("enrich", "v5.99.0"), artifact("nomod", "v5.99.0")]


def start(host, name):
    """What came of a start of a gateway: whether systemctl said that it started, whether it runs, its definitions, its log, its reports."""
    text = (RUNS / f"{host}_{name}.txt").read_text()
    code, state, *lines = text.splitlines()
    names = [line for line in lines if re.fullmatch(r"\w+\.json(\.goplugins-disabled)?", line)]
    return code == "rc=0", state == "active", names, text


def test_the_role_of_the_guard_is_idempotent_and_its_check_mode_changes_nothing(gateway):
    code, output = run("guard_in_check_mode")
    assert code == 0 and recap(output)[gateway]["changed"] > 0, output
    # So there was still all of it to do.
    code, output = run("guard")
    assert code == 0 and recap(output)[gateway]["changed"] >= 6, output
    code, output = run("guard_again")
    assert code == 0 and recap(output)[gateway]["changed"] == 0, output


def test_the_guard_lets_a_gateway_start_that_is_well_and_reports_it(gateway):
    started, runs, names, text = start(gateway, "well")
    assert started and runs and names == ["stamp.json"]
    release = GATEWAYS[gateway][0]
    assert f"{release}: 1 plugins of 1 APIs, none of which will not load\n" in text
    assert f'tyk_plugin_loadable{{api="stamp",plugin="middleware/nomod.so",symbol="Stamp",gateway="{release}"}} 1\n' in text
    assert '"loadable": true' in text


def test_a_guard_that_is_gone_keeps_no_gateway_from_its_start(gateway):
    started, runs, _names, text = start(gateway, "without_its_file")
    assert started and runs and "guard.pyz" in text


def test_the_guard_refuses_a_start_with_a_mistake_and_says_why(gateway):
    code, output = run("guard_repaired")
    assert code == 0 and "does not export Stomp" in " ".join(output.split()), output
    started, runs, names, text = start(gateway, "refused")
    assert not started and not runs and names == ["stamp.json", "stomp.json"]
    assert "[symbol-missing] Fix: " in text and "; the start is refused\n" in text
    assert 'symbol="Stomp"' in text and '"loadable": false' in text
    # systemd gives up, rather than try for ever.
    assert "listening on" not in text and text.count("the start is refused") <= 5


def test_the_guard_starts_a_gateway_without_an_api(gateway):
    started, runs, names, text = start(gateway, "disabled")
    assert started and runs and names == ["stamp.json", "stomp.json.goplugins-disabled"]
    assert 'msg="1 APIs are served"' in text
    assert f'tyk_plugin_guard_disabled{{definition="/opt/tyk-gateway/apps/stomp.json",gateway="{GATEWAYS[gateway][0]}"}} 1\n' in text


def test_the_role_removes_the_guard_and_what_it_has_done(gateway):
    changes = [recap(run(name)[1])[gateway]["changed"] for name in ("guard_absent_in_check_mode", "guard_absent", "guard_absent_again")]
    assert changes[0] > 0 and changes[1] > 0 and changes[2] == 0
    started, runs, names, text = start(gateway, "without_a_guard")
    assert started and runs and names == ["stamp.json", "stomp.json"] and "tyk_plugin_loadable" not in text
    host = machine(gateway)
    places = ("/usr/local/lib/tyk-plugin-guard", "/var/lib/tyk-plugin-guard", "/etc/systemd/system/tyk-gateway.service.d")
    assert [place for place in places if host.file(place).exists] == []
    assert host.run("systemctl list-unit-files --no-legend '*plugin-guard*'").stdout == ""


def test_the_machines_are_in_order(gateway, build_host):
    for name in (gateway, build_host):
        assert machine(name).check_output("systemctl is-system-running") == "running"
