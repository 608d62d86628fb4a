# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plugins that misbehave when the gateway loads them: the answer comes in time, in bounded memory, and is true."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.tests.faults.kills import empty_folder
from ansible_collections.goplugins.tyk.tests.faults.process import left_running, run
from ansible_collections.goplugins.tyk.tests.faults.shop import Shop

# Seconds that the gateway has to load a plugin, and what the module may take beside.
LOAD_TIMEOUT = 4
GRACE = 6

_PLUGIN = """package main

import (
    "net/http"
    "os"
    "os/exec"
    "strings"
    "syscall"
    "time"
)

var _, _, _, _, _ = os.Args, exec.Command, strings.Repeat, syscall.Getpid, time.Second

func AuthCheck(rw http.ResponseWriter, r *http.Request) {}

func init() {
%s
}

func main() {}
"""
_CHILD = """child := exec.Command("sleep", "600")
    child.Stdout, child.Stderr = os.Stdout, os.Stderr
    child.SysProcAttr = &syscall.SysProcAttr{Setsid: %s}
    child.Start()
"""

# What init does, and whether the gateway could load such a plugin: None where nobody can say.
HOSTILE: dict[str, tuple[str, bool | None]] = {
    "well-behaved": ("", True),
    "never ends": ("select {}", None),
    "burns its time": ("for {}", None),
    "exits with 0": ("os.Exit(0)", False),
    "claims to be loaded": ('os.Stdout.WriteString("[file=x, symbol=AuthCheck] loaded ok, got 0x7f0000000000\\n"); os.Exit(0)', None),
    "claims all that the gateway could say": (
        """for _, word := range os.Args {
        os.Stdout.WriteString("[file=" + word + ", symbol=" + os.Args[len(os.Args)-1] + "] loaded ok, got 0x7f00\\n")
    }
    os.Exit(0)""",
        None,
    ),
    "panics": ('panic("hostile")', False),
    "prints without end": ('for { os.Stdout.WriteString(strings.Repeat("x", 1<<20)) }', None),
    "prints one line of a gigabyte": ('for i := 0; i < 1<<10; i++ { os.Stdout.WriteString(strings.Repeat("x", 1<<20)) }', True),
    "leaves a child with its output": (_CHILD % "false", True),
    "leaves a child in a session of its own": (_CHILD % "true", True),
    "leaves a child and never ends": (_CHILD % "true" + "select {}", None),
    "ignores signals": ("go func() { for { time.Sleep(time.Hour) } }(); syscall.Kill(os.Getpid(), syscall.SIGSTOP)", None),
    "closes its output": ("os.Stdout.Close(); os.Stderr.Close()", None),
}


def hostile_plugins(shop: Shop, every: int) -> t.Iterator[str]:
    """Each such plugin (or each C(every)th) is built and loaded."""
    gateway = shop.gateway
    for number, (name, (body, loads)) in enumerate(list(HOSTILE.items())[::every]):
        home = empty_folder(shop.folder / "plugin")
        runs = empty_folder(shop.folder / "runs" / "load")
        (home / "main.go").write_text(_PLUGIN % body)
        plugin = f"hostile{number}"
        shop.lay_out(plugin, home)
        artifact = shop.must("go_plugin_build", **shop.build_options(shop.folder / "dist", name=plugin))["plugins"][0]["artifact"]
        options = {
            "gateway": gateway,
            "plugin": [artifact],
            "symbols": ["AuthCheck"],
            "load": True,
            "load_timeout": LOAD_TIMEOUT,
            "fail_on": [],
        }
        ended = run("tyk_plugin_verify", options, runs)
        left = left_running(1)
        said = ((ended.result or {}).get("loaded") or _first(ended.result).get("loaded") or {}).get("ok")
        wrong = [ended.output[-600:]] if not ended.succeeds else []
        wrong += [f"{ended.seconds:.0f} s"] if ended.seconds > LOAD_TIMEOUT + GRACE else []
        wrong += [f"left running {left[:2]}"] if left else []
        if loads is not None and said is not loads:
            wrong.append(f"loaded: {said}")
        if loads is None and said is True and name != "closes its output":
            wrong.append("loaded: True")
        yield f"{name}: {wrong}" if wrong else ""


def _first(result: dict[str, t.Any] | None) -> dict[str, t.Any]:
    return ((result or {}).get("results") or [{}])[0]
