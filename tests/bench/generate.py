# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Go programs of the size of real gateways: so many packages, functions and bytes, and a plugin that shares most of the packages."""

from __future__ import annotations

import os
import pathlib
import subprocess
import typing as t

MODULE = "example.com/big"

MAIN = """package main

import (
    "fmt"
    "os"
    "plugin"

    _ "embed"

{imports}
)

//go:embed weight
var weight string

func main() {{
    if len(os.Args) != 7 {{
        fmt.Println(len(weight), {uses})
        os.Exit(64)
    }}
    loaded, err := plugin.Open(os.Args[4])
    if err == nil {{
        _, err = loaded.Lookup(os.Args[6])
    }}
    if err != nil {{
        fmt.Fprintln(os.Stderr, err)
        os.Exit(1)
    }}
    fmt.Printf("[file=%s, symbol=%s] loaded ok\\n", os.Args[4], os.Args[6])
}}
"""
PLUGIN = """package main

import (
    "net/http"

{imports}
)

var All = []func(int) int{{ {uses} }}

func AuthCheck(w http.ResponseWriter, r *http.Request) {{}}

func main() {{}}
"""
# With something to set up when the program starts, as real packages have.
PACKAGE = """package {name}

import "regexp"

var words = map[string]int{{ {words} }}

var pattern = regexp.MustCompile("^{name}-([0-9]+|[a-z]+)*$")
{body}
func All(x int) int {{ return len(words) + pattern.NumSubexp() + {called} }}
"""
FUNCTION = """
//go:noinline
func F{number}(x int) int {{
    for i := 0; i < x; i++ {{
        x ^= i * {number} + {salt}
    }}
    return x
}}
"""


class Size(t.NamedTuple):
    """packages: of the gateway; shared: of these, how many the plugin has too; functions: in each of them; weight: MB of other data.

    own: functions in each package that only the gateway has.
    """

    name: str
    packages: int
    shared: int
    functions: int
    own: int
    weight: int


def build(size: Size, folder: pathlib.Path, go: str) -> tuple[str, str]:
    """(gateway, plugin), built once; tells what it does, as it takes minutes."""
    place = folder / "-".join(str(value) for value in size)
    gateway, plugin = place / "gateway.bin", place / "plugin.so"
    if not (gateway.exists() and plugin.exists()):
        print(f"# building {size}", flush=True)
        _write(size, place)
        environment = {**os.environ, "CGO_ENABLED": "1", "GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local"}
        for flags, package, output in ([], "./gateway", gateway), (["-buildmode=plugin"], "./plugin", plugin):
            partial = f"{output}.partial"
            subprocess.run([go, "build", "-trimpath", *flags, "-o", partial, package], cwd=place, env=environment, check=True)
            os.rename(partial, output)
    return str(gateway), str(plugin)


def _write(size: Size, place: pathlib.Path) -> None:
    def words(name: str) -> str:
        return ", ".join(f'"{name}-{number}": {number}' for number in range(60))

    names = [f"p{index:04}" for index in range(size.packages)]
    for index, name in enumerate(names):
        functions = range(size.functions if index < size.shared else size.own)
        body = "".join(FUNCTION.format(number=number, salt=index) for number in functions)
        called = " + ".join(f"F{number}(x)" for number in functions)
        _put(place / name / "p.go", PACKAGE.format(name=name, words=words(name), body=body, called=called))

    def imports(chosen: list[str]) -> str:
        return "\n".join(f'    "{MODULE}/{name}"' for name in chosen)

    _put(place / "go.mod", f"module {MODULE}\n\ngo 1.21\n")
    _put(place / "gateway" / "main.go", MAIN.format(imports=imports(names), uses=", ".join(f"{name}.All(len(os.Args))" for name in names)))
    shared = names[: size.shared]
    _put(place / "plugin" / "main.go", PLUGIN.format(imports=imports(shared), uses=", ".join(f"{name}.All" for name in shared)))
    with open(place / "gateway" / "weight", "wb") as file:
        for _megabyte in range(size.weight):
            file.write(os.urandom(1_000_000))


def _put(path: pathlib.Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
