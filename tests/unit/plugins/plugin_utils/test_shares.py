# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which build host builds what."""

from __future__ import annotations

import random

import pytest
from ansible_collections.goplugins.tyk.plugins.plugin_utils.shares import shares, taken_over
from hypothesis import given
from hypothesis import strategies as st


def wish(*versions, plugins=("a",), targets=("linux/amd64",), known=(), built=()):
    gateways = [{"version": version} for version in versions]
    return {"gateways": gateways, "plugins": [{"name": name} for name in plugins], "targets": targets, "known": known, "built": built}


def record(version, plugin, seconds=1.0, built="2026-01-01T00:00:00Z", target="linux/amd64"):
    return {"folder": version, "plugin": plugin, "target": target, "seconds": seconds, "built": built}


def jobs_of(share):
    return [(one["gateway"]["version"], plugin, target) for one in share for target, plugins in one["jobs"].items() for plugin in plugins]


def everything(found):
    return sorted(job for share in found.values() for job in jobs_of(share))


def counts(found):
    return sorted(len(jobs_of(share)) for share in found.values())


HOSTS = [f"build{number}" for number in range(6)]
VERSIONS = ["v5.3.6", "v5.8.5", "v5.9.0"]
PLUGINS = ["a", "b", "c", "d", "e"]
TARGETS = ["linux/amd64", "linux/arm64"]
RECORDS = st.builds(
    record,
    st.sampled_from(VERSIONS),
    st.sampled_from(PLUGINS),
    st.floats(0, 1e6),
    st.sampled_from(["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"]),
    st.sampled_from(TARGETS),
)


@st.composite
def fleets(draw):
    """Hosts that are asked for the same, some of which have built parts of it, and of those some with a receipt."""
    hosts = draw(st.lists(st.sampled_from(HOSTS), min_size=1, unique=True))
    versions, plugins, targets = (draw(st.lists(st.sampled_from(each), min_size=1, unique=True)) for each in (VERSIONS, PLUGINS, TARGETS))
    vouched = st.dictionaries(st.sampled_from(targets), st.lists(st.sampled_from(plugins), unique=True))
    return {
        host: wish(
            *versions,
            plugins=plugins,
            targets=targets,
            known=[draw(vouched) for _version in versions],
            built=draw(st.lists(RECORDS, max_size=6)),
        )
        for host in hosts
    }


@given(fleets())
def test_everything_is_built_once_whatever_hosts_have(fleet):
    first = next(iter(fleet.values()))
    asked = [
        (gateway["version"], plugin["name"], target)
        for gateway in first["gateways"]
        for plugin in first["plugins"]
        for target in first["targets"]
    ]
    assert everything(shares(fleet)) == sorted(asked)


@given(fleets(), st.randoms(use_true_random=False))
def test_the_order_of_hosts_makes_no_difference(fleet, chance):
    hosts = list(fleet)
    chance.shuffle(hosts)
    assert shares({host: fleet[host] for host in hosts}) == shares(fleet)


@given(fleets(), st.data())
def test_others_take_over_all_of_a_lost_host_and_nothing_else(fleet, data):
    before = shares(fleet)
    lost = data.draw(st.lists(st.sampled_from(sorted(fleet)), unique=True))
    taken = taken_over(fleet, before, lost)
    theirs = sorted(job for host in lost for job in jobs_of(before[host]))
    assert set(taken) == set(fleet) - set(lost)
    assert everything(taken) == (theirs if taken else [])


@given(fleets())
def test_what_a_receipt_vouches_for_stays(fleet):
    found = shares(fleet)
    for host, share in found.items():
        for version, plugin, target in jobs_of(share):
            number = [gateway["version"] for gateway in fleet[host]["gateways"]].index(version)
            vouching = {name for name, one in fleet.items() if plugin in one["known"][number].get(target, ())}
            assert not vouching or host in vouching


@given(st.lists(st.floats(1, 100), min_size=1, max_size=40), st.integers(1, 6))
def test_hosts_are_done_at_about_the_same_time(seconds, number):
    """No host has more to do than its part and one build; all have the gateway, and what they built before was somewhere else."""
    plugins = [f"p{index}" for index in range(len(seconds))]
    elsewhere = [record("v5.3.6", name, value, target="linux/arm64") for name, value in zip(plugins, seconds)]
    found = shares({host: wish("v5.3.6", plugins=plugins, built=elsewhere) for host in HOSTS[:number]})
    took = dict(zip(plugins, seconds))
    loads = [sum(took[plugin] for _version, plugin, _target in jobs_of(share)) for share in found.values()]
    assert max(loads) <= sum(seconds) / number + max(seconds) + 1e-6


@pytest.mark.parametrize(("versions", "plugins"), [(1, 12), (12, 1), (3, 4)])
def test_three_hosts_divide_a_matrix_of_twelve(versions, plugins):
    wanted = wish(*(f"v5.3.{number}" for number in range(versions)), plugins=[f"p{number}" for number in range(plugins)])
    found = shares({host: wanted for host in HOSTS[:3]})
    assert counts(found) == [4, 4, 4]
    if versions > 1:
        # A checkout, a Go and a gateway take each host longer than the plugins.
        assert all(len({version for version, _plugin, _target in jobs_of(share)}) == versions / 3 for share in found.values())


def test_targets_are_divided_too():
    wanted = wish("v5.3.6", targets=["linux/amd64", "linux/arm64", "linux/s390x"])
    assert counts(shares({host: wanted for host in HOSTS[:3]})) == [1, 1, 1]


def test_past_durations_count():
    """One plugin takes as long as all the others."""
    built = [record("v5.3.6", name, 90 if name == "long" else 30, target="linux/arm64") for name in ("long", "a", "b", "c")]
    found = shares({host: wish("v5.3.6", plugins=["a", "b", "long", "c"], built=built) for host in HOSTS[:2]})
    assert sorted([plugin for _version, plugin, _target in jobs_of(share)] for share in found.values()) == [["a", "b", "c"], ["long"]]


def test_what_was_built_stays_where_it_was_built_and_nothing_moves_for_a_little():
    plugins = ["a", "b", "c", "d", "e"]
    built = {"build0": ["a", "b", "c"], "build1": ["d", "e"]}
    wanted = {host: wish("v5.3.6", plugins=plugins, built=[record("v5.3.6", name) for name in names]) for host, names in built.items()}
    found = shares(wanted)
    assert {host: [plugin for _version, plugin, _target in jobs_of(share)] for host, share in found.items()} == built


def test_what_was_built_moves_where_the_others_have_nothing_to_do():
    built = [record("v5.3.6", name, 30) for name in PLUGINS]
    assert counts(shares({"build0": wish("v5.3.6", plugins=PLUGINS, built=built), "build1": wish("v5.3.6", plugins=PLUGINS)})) == [0, 5]
    ready = [record("v5.3.6", "another")]
    found = shares({"build0": wish("v5.3.6", plugins=PLUGINS, built=built), "build1": wish("v5.3.6", plugins=PLUGINS, built=ready)})
    assert counts(found) == [2, 3] and len(jobs_of(found["build1"])) == 2


def test_the_newest_record_decides_where_it_was_built_last():
    old, new = record("v5.3.6", "a"), record("v5.3.6", "a", built="2026-02-01T00:00:00Z")
    found = shares({"build0": wish("v5.3.6", built=[old]), "build1": wish("v5.3.6", built=[new])})
    assert counts({"build1": found["build1"]}) == [1]


def test_a_lost_share_goes_to_those_that_have_the_gateway():
    """Two gateways on three hosts: two divide one of them, and either is done sooner with the other's part than the third."""
    fleet = {host: wish("v5.3.6", "v5.8.5", plugins=["a", "b", "c", "d"]) for host in HOSTS[:3]}
    before = shares(fleet)
    assert counts(before) == [2, 2, 4]
    lost, other = (host for host, share in before.items() if len(jobs_of(share)) == 2)
    taken = taken_over(fleet, before, [lost])
    assert jobs_of(taken[other]) == jobs_of(before[lost])


def test_a_host_that_is_asked_for_something_else_builds_that_itself():
    other = {"build0": wish("v1.0.0", "v2.0.0"), "build1": wish("v1.0.0", "v2.0.0", targets=["linux/arm64"])}
    assert counts(shares(other)) == [2, 2]
    assert taken_over(other, shares(other), ["build1"]) == {"build0": []}


@pytest.mark.parametrize("second", [("v2.0.0", "v3.0.0", "v1.0.0"), ("v3.0.0",), ("v1.0.0", "v3.0.0"), ()])
def test_nothing_is_built_twice_or_forgotten_where_hosts_want_different_gateways(second):
    found = shares({"one": wish("v1.0.0", "v2.0.0"), "two": wish(*second)})
    assert [version for version, _plugin, _target in everything(found)] == sorted({"v1.0.0", "v2.0.0", *second})
    assert {version for version, _plugin, _target in jobs_of(found["two"])} <= set(second)


def test_a_gateway_that_could_not_be_read_is_named_by_one_host():
    wanted = wish("", plugins=PLUGINS)
    wanted["gateways"] = [{"name": "gw7", "version": "", "problem": "no route"}]
    assert counts(shares({host: wanted for host in HOSTS[:3]})) == [0, 0, 5]


def test_gateways_are_dealt_out_as_they_are_listed():
    found = shares({host: wish("v5.9.0", "v5.3.6", plugins=["a", "b", "c"]) for host in ("build2", "build1")})
    assert {host: share[0]["gateway"]["version"] for host, share in found.items()} == {"build1": "v5.9.0", "build2": "v5.3.6"}


def test_many_jobs_are_divided_in_no_time():
    plugins = [f"p{number}" for number in range(200)]
    built = [record("v5.3.6", name, random.Random(name).uniform(1, 60), target="linux/s390x") for name in plugins]
    wanted = wish("v5.3.6", "v5.8.5", plugins=plugins, targets=TARGETS, built=built)
    found = shares({f"build{number}": wanted for number in range(10)})
    assert len(everything(found)) == 800
