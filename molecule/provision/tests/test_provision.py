# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two hosts of a fleet are ready whatever happened to the others, and the report names what the others lack."""

from __future__ import annotations

import json
import re

import pytest
from runs import EPHEMERAL, machine

ROOT = "/home/builder/tyk-plugins"
FOLDERS = [f"{ROOT}/{name}" for name in ("cc", "gateways", "go")]
READY = ("first", "second")


@pytest.fixture(scope="module", params=READY)
def ready(request):
    return machine(request.param)


@pytest.fixture(scope="module")
def small():
    return machine("small")


@pytest.fixture(scope="module", params=(*READY, "small"))
def each(request):
    return machine(request.param)


def names(host, folder):
    return sorted(name for name in host.file(folder).listdir() if not name.endswith(".lock"))


@pytest.mark.parametrize("version", ["1.22.7", "1.21.13"])
def test_toolchains(ready, version):
    assert ready.check_output("env GOTOOLCHAIN=local %s version", f"{ROOT}/go/{version}/bin/go").split()[2] == f"go{version}"


def test_nothing_else_is_beside_the_toolchains(ready):
    assert names(ready, f"{ROOT}/go") == ["1.21.13", "1.22.7"]


def test_compilers_are_proved(each):
    for command in ("gcc", "git"):
        assert each.exists(command)
    assert each.file(f"{ROOT}/cc/proofs.json").is_file


def commit(host, gateway):
    assert host.check_output("git -C %s status --porcelain", f"{ROOT}/gateways/{gateway}/src") == ""
    return host.check_output("git -C %s rev-parse HEAD", f"{ROOT}/gateways/{gateway}/src")


def test_sources(ready):
    assert names(ready, f"{ROOT}/gateways") == ["master", "v5.99.0"]
    assert commit(ready, "master") != commit(ready, "v5.99.0")


def test_what_was_done_before_the_failure_is_whole_and_nothing_was_begun_after(small):
    assert names(small, ROOT) == ["cc", "gateways", "repository"]
    assert names(small, f"{ROOT}/gateways") == ["v5.99.0"]
    assert commit(small, "v5.99.0")


def test_what_was_installed_belongs_to_the_user_alone(ready):
    assert ready.check_output("find %s %s %s ! -type l -perm /022 -o ! -user builder", *FOLDERS) == ""


def test_each_archive_was_fetched_once():
    found = [re.search(r"go(1\.[0-9.]+)\.", path.name).group(1) for path in (EPHEMERAL / "cache" / "go").glob("*.zip")]
    assert sorted(found) == ["1.21.13", "1.22.7"]


def test_what_is_ready_and_what_is_missing_is_told():
    rows = {row["host"]: row for row in json.loads((EPHEMERAL / "rows.json").read_text())}
    assert sorted(rows) == ["first", "gone", "second", "small"]
    for name in READY:
        row = rows[name]
        assert (row["state"], row["compilers"], row["missing"]) == ("ready", "linux/amd64", "")
        assert row["gateways"] == "v5.99.0 with Go 1.22.7, master with Go 1.22.7"
    small, gone = rows["small"], rows["gone"]
    assert (small["state"], small["compilers"], small["gateways"]) == ("not ready", "linux/amd64", "")
    assert re.fullmatch(rf"not enough disk for Go 1\.22\.7: {ROOT} has \d+ MB free, 600 MB are needed", small["missing"])
    assert gone["state"] == "unreachable" and "Connection refused" in gone["missing"]


def test_the_hosts_are_in_order(each):
    assert each.check_output("systemctl is-system-running") == "running"
