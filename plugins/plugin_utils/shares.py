# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which build host builds what: each plugin for each gateway and target once. Pure, and the same in every run, in any order of the hosts.

What a host built before it builds again, as it has the workspace and finds most of it done. The rest goes where it ends first, by the
seconds that builds took before.
"""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import release_version
from ansible_collections.goplugins.tyk.plugins.plugin_utils import requests

# Checkout, Go, the gateway, and the packages that it shares with plugins take a host as long as so many of its plugins, if not longer.
_SET_UP = 5
# What has a home moves only from a host that has so many times as much to do.
_WORTH_A_MOVE = 1.5


class Job(t.NamedTuple):
    """One plugin for a gateway and a target.

    group: what the gateway is known by. hosts: those that are asked for it. home: the one that built it last, empty where none did.
    fixed: whether all that it has there is known to be current. seconds: what it may take.
    """

    group: str
    plugin: str
    target: str
    hosts: tuple[str, ...]
    home: str
    fixed: bool
    seconds: float


def shares(wanted_by):
    """From each host to its share, a list of C(gateway), C(group), its digest, and C(jobs), from target to names of plugins.

    The longest comes first.

    wanted_by: from host to what it is asked for and has: C(gateways), the entries of C(gateways.wanted); C(plugins), C(targets), and all
    else that decides what is built; C(known), for each gateway the jobs that a receipt of the host vouches for; C(built), what its records
    say of earlier builds.
    """
    wanted = _Wanted(wanted_by)
    return wanted.shares_of(wanted_by, _place(wanted.jobs, wanted.ready))


def taken_over(wanted_by, before, lost):
    """The shares in which the others take over what was that of hosts that are lost. before: what C(shares) gave."""
    wanted = _Wanted(wanted_by)
    theirs = {
        (share["group"], target, plugin)
        for host in lost
        for share in before.get(host) or []
        for target, plugins in share["jobs"].items()
        for plugin in plugins
    }
    jobs = []
    for job in wanted.jobs:
        hosts = tuple(host for host in job.hosts if host not in lost)
        if hosts and (job.group, job.target, job.plugin) in theirs:
            jobs.append(job._replace(hosts=hosts, home=job.home if job.home in hosts else "", fixed=False))
    ready = {host: wanted.ready[host] | {share["group"] for share in before.get(host) or []} for host in wanted_by}
    return wanted.shares_of([host for host in wanted_by if host not in lost], _place(jobs, ready))


class _Wanted:
    """What all hosts are asked for. jobs: each once; ready: from host to the groups for which it has built something."""

    def __init__(self, wanted_by):
        self._entries, self._plugins = {}, {}
        self.ready = collections.defaultdict(set)
        # From group, target and plugin to hosts: those that are asked, those that a receipt vouches for, those with a record, and it.
        # In the order of the names of hosts, and of what the user lists; among equals the first one counts.
        asked, vouched, records = (collections.defaultdict(dict) for _kind in range(3))
        for host in sorted(wanted_by):
            wish = dict(wanted_by[host])
            gateways, known, built = (wish.pop(name, None) or [] for name in ("gateways", "known", "built"))
            of_host = {(one["folder"], one["target"], one["plugin"]): one for one in built}
            for number, entry in enumerate(gateways):
                group, folder = requests.digest([entry, wish]), folder_of(entry)
                sure = (known[number] if number < len(known) else None) or {}
                self._entries[group], self._plugins[group] = entry, [plugin["name"] for plugin in wish["plugins"]]
                if sure or any(one == folder for one, _target, _plugin in of_host):
                    self.ready[host].add(group)
                for key in ((group, target, plugin) for target in wish["targets"] for plugin in self._plugins[group]):
                    asked[key][host] = True
                    if key[2] in (sure.get(key[1]) or ()):
                        vouched[key][host] = True
                    if folder and (folder, *key[1:]) in of_host:
                        records[key][host] = of_host[(folder, *key[1:])]
        times = _Times([one for wish in wanted_by.values() for one in wish.get("built") or []])
        self.jobs = [self._job(key, tuple(asked[key]), vouched.get(key), records.get(key) or {}, times) for key in asked]

    def _job(self, key, hosts, vouched, records, times):
        group, target, plugin = key
        entry = self._entries[group]
        seconds = times.of(folder_of(entry), target, plugin)
        job = Job(group, plugin, target, hosts, "", False, seconds)
        if entry.get("problem"):
            # There is nothing to do but to say so, once.
            return job._replace(home=hosts[0], fixed=True)
        # The newest, as the others may be of a time when another host built it.
        having = vouched or records
        home = max(having, key=lambda host: records.get(host, {}).get("built", ""), default="")
        return job._replace(home=home, fixed=bool(vouched))

    def shares_of(self, hosts, placed):
        """What C(_place) gave, as shares."""
        found = {host: collections.defaultdict(list) for host in hosts}
        for job, host in placed.items():
            found[host][job.group].append(job)
        return {
            host: [self._share(group, groups[group]) for group in sorted(groups, key=_longest(groups))] for host, groups in found.items()
        }

    def _share(self, group, jobs):
        names = collections.defaultdict(set)
        for job in jobs:
            names[job.target].add(job.plugin)
        # In the order in which the user names the plugins.
        in_order = {target: [name for name in self._plugins[group] if name in names[target]] for target in sorted(names)}
        return {"group": group, "gateway": self._entries[group], "jobs": in_order}


class _Times:
    """How long builds may take, by the newest that are like them: of that gateway, plugin and target; of that plugin; or of any."""

    def __init__(self, records):
        exact, plugins = {}, collections.defaultdict(list)
        for one in sorted(records, key=lambda record: (record["built"], record["seconds"])):
            # None takes no time, or a host would get any number of them.
            exact[one["folder"], one["target"], one["plugin"]] = max(one["seconds"], 0.1)
        for (_folder, _target, plugin), seconds in exact.items():
            plugins[plugin].append(seconds)
        self._exact, self._any = exact, _mean(exact.values()) or 1.0
        self._plugins = {plugin: _mean(values) for plugin, values in plugins.items()}

    def of(self, folder, target, plugin):
        return self._exact.get((folder, target, plugin)) or self._plugins.get(plugin) or self._any


def folder_of(entry):
    """The folder of an entry's artifacts, as far as it is known before its checkout is; empty where it is not."""
    profile = (entry.get("facts") or {}).get("profile") or {}
    return str(entry.get("name") or profile.get("label") or release_version(str(entry.get("version") or ""), ()))


def _place(jobs, ready):
    """From each job to its host."""
    plan = _Plan(jobs, ready)
    new = collections.defaultdict(list)
    for job in jobs:
        if job.home:
            plan.put(job, job.home)
        else:
            new[job.group].append(job)
    # A gateway stays on one host, as each needs a checkout and a gateway of its own, until others would be done sooner with a part of it.
    for group in sorted(new, key=_longest(new)):
        first, seconds = new[group][0], sum(job.seconds for job in new[group])
        host = min(first.hosts, key=lambda one: plan.load_with(one, first, seconds))
        for job in new[group]:
            plan.put(job, host)
    while plan.improve():
        pass
    return plan.places


class _Plan:
    """Who does what, and how long each has to work. A move makes the larger of two loads smaller, so there is an end of them."""

    def __init__(self, jobs, ready):
        self.places = {}
        self._ready = ready
        self._set_up = _SET_UP * (_mean([job.seconds for job in jobs]) or 1.0)
        self._load = {host: 0.0 for job in jobs for host in job.hosts}
        self._of = {host: collections.defaultdict(list) for host in self._load}

    def put(self, job, host):
        if job in self.places:
            old = self.places[job]
            self._of[old][job.group].remove(job)
            self._load[old] -= job.seconds + (0 if self._of[old][job.group] else self._for_set_up(old, job))
        self._load[host] = self.load_with(host, job, job.seconds)
        self._of[host][job.group].append(job)
        self.places[job] = host

    def load_with(self, host, job, seconds):
        return self._load[host] + seconds + (0 if self._of[host][job.group] else self._for_set_up(host, job))

    def _for_set_up(self, host, job):
        return 0 if job.group in self._ready.get(host, ()) else self._set_up

    def improve(self):
        """Move one job away from a host that has much to do; whether there was one."""
        for host in sorted(self._load, key=lambda one: (-self._load[one], one)):
            moves = [move for jobs in self._of[host].values() for move in self._moves(host, jobs)]
            if moves:
                _after, job, place = min(moves, key=lambda move: move[0])
                self.put(job, place)
                return True
        return False

    def _moves(self, host, jobs):
        """For each other host the longest job that it may take."""
        longest_first = sorted((job for job in jobs if not job.fixed), key=lambda job: -job.seconds)
        for place in sorted({other for job in longest_first for other in job.hosts} - {host}):
            for job in longest_first:
                after = self.load_with(place, job, job.seconds)
                if place in job.hosts and after * (_WORTH_A_MOVE if job.home else 1) < self._load[host] - 1e-9:
                    yield after, job, place
                    break


def _longest(groups):
    """A key for C(sorted): the groups with the most seconds first. Hosts go on in step, so what takes long is then done side by side."""
    return lambda group: -sum(job.seconds for job in groups[group])


def _mean(values):
    values = list(values)
    return sum(values) / len(values) if values else 0.0
