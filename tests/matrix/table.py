# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pairs of gateway and plugin, and what is different between the two.

Each file is built once, from a fresh checkout of the embedded gateway beside the example plugin, joined by a go.work; the gateway with
GOWORK=off, as a release. A row of the table is one plugin, tried in one or many gateways.
"""

from __future__ import annotations

import pathlib
import typing as t

PROFILE = pathlib.Path(__file__).parent / "profile" / "main.go"
TYK = "github.com/TykTechnologies/tyk"


class File(t.NamedTuple):
    """One file, and how its build is not the usual one.

    go: the Go release. flags: of "go build", besides those of the side. script: shell commands for the folder that holds gateway/, plugin/
    and go.work, before the build. env: variables of the build. cc: the C compiler, by a name that machine.py knows.
    after: a command to which the built file is given.
    """

    flags: str = "-trimpath"
    script: str = ""
    env: str = ""
    go: str = "1.22.7"
    platform: str = "linux/amd64"
    cc: str = "gcc"
    after: str = ""


class Row(t.NamedTuple):
    """A plugin and the gateways that it is tried in.

    causes: the codes of the findings that the verdict must have, no more and no less, without those that are only told.
    """

    plugin: str
    gateways: str
    causes: str = ""


class Pair(t.NamedTuple):
    gateway: str
    plugin: str
    causes: frozenset[str]


def pairs(rows: t.Iterable[Row]) -> list[Pair]:
    """Each pair of the rows. A name that is no file, and a pair that stands in two rows, are errors."""
    found = [Pair(gateway, row.plugin, frozenset(row.causes.split())) for row in rows for gateway in row.gateways.split()]
    unknown = {pair.gateway for pair in found} - set(GATEWAYS) | {pair.plugin for pair in found} - set(PLUGINS)
    twice = {pair[:2] for pair in found if sum(pair[:2] == other[:2] for other in found) > 1}
    if unknown or twice:
        raise ValueError(f"no such file: {sorted(unknown)}, more than once: {sorted(twice)}")
    return found


# Findings that no command cures: what they are about is the user's to write.
INCURABLE = frozenset({"symbol-missing"})

# --- What is done to a checkout -------------------------------------------------------------------------------------------------------

LOGRUS = "github.com/sirupsen/logrus"


def _using(module: str, version: str) -> str:
    """The plugin imports a module at this version."""
    imports = f"printf 'package main\\n\\nimport _ \"{module}\"\\n' > more.go"
    return f"cd plugin && go mod edit -require={module}@{version} && {imports} && go mod download {module}@{version}"


def _language(release: str) -> str:
    """For a Go release that is older than the one that the gateway's go.mod names."""
    return f"sed -i 's/^go .*/go {release}/' gateway/go.mod plugin/go.mod go.work"


_OTHER_LOGRUS = f"cd plugin && go mod edit -require={LOGRUS}@v1.9.4"
_COPY_OF_LOGRUS = f"""
    cp -r "$(cd gateway && go mod download -json {LOGRUS}@v1.9.3 | sed -n 's/.*"Dir": "\\(.*\\)".*/\\1/p')" logrus
    chmod -R u+w logrus"""
_MARK = "printf 'package logrus\\n\\nconst Mark = 1\\n' >"
_REPLACED_BY_COPY = f"{_COPY_OF_LOGRUS} && go work edit -replace={LOGRUS}=./logrus"
_REPLACED = f"{_REPLACED_BY_COPY} && {_MARK} logrus/mark.go"
_REPLACED_BY_RELEASE = f"cd gateway && go mod edit -replace={LOGRUS}={LOGRUS}@v1.9.2 && GOWORK=off go mod tidy"
_VENDORED = "go work vendor"
_OUTSIDE = f"rm go.work && cd plugin && go mod edit -replace={TYK}=../gateway && go mod tidy"
_OTHER_SOURCE = "sed -i 's/^package log/\\n&/' gateway/log/log.go"
_OVERLAY = """
    file=$(go env GOROOT)/src/strings/builder.go
    sed 's/^package strings/\\n&/' "$file" > builder.go
    printf '{"Replace": {"%s": "%s"}}' "$file" "$PWD/builder.go" > overlay.json"""
# The same profile for each file. Go takes it where it lies beside the main package that is built.
_WITH_PROFILE = f"test -e ../default.pgo || go run '{PROFILE}' ../default.pgo && cp ../default.pgo"
# A dependency that has no go.mod in any release; the folder of the gateway is that of a gateway with an older one.
_BARE = "github.com/gofrs/uuid"
_OLDER_BARE = f"""
    for version in v4.3.1 v4.4.0; do
        folder=$(cd gateway && go mod download -json {_BARE}@$version+incompatible | sed -n 's/.*"Dir": "\\(.*\\)".*/\\1/p')
        test -d "$folder" && test ! -e "$folder/go.mod"
    done
    (cd gateway && go mod edit -require={_BARE}@v4.3.1+incompatible && GOWORK=off go mod tidy)"""

# --- Files ----------------------------------------------------------------------------------------------------------------------------

_LINKED_BARE = "-trimpath '-ldflags=-s -w'"
_LINES = ("1.21.13", "1.22.7", "1.23.12", "1.24.13", "1.25.8", "1.26.8")
_OLD = _language("1.21")

# What is the same for both sides.
_BOTH: dict[str, File] = {
    "plain": File(),
    "linked-bare": File(_LINKED_BARE),
    "stripped": File(after="strip"),
    "untrimmed": File(""),
    "race": File("-trimpath -race"),
    "msan": File("-trimpath -msan", cc="clang"),
    "asan": File("-trimpath -asan"),
    "cover": File("-trimpath -cover"),
    "unoptimized": File("-trimpath '-gcflags=all=-N -l'"),
    # Symbols are found by the older of the two hash tables, or were put there by another linker.
    "hash-sysv": File("-trimpath '-ldflags=-extldflags=-Wl,--hash-style=sysv'"),
    "gold": File("-trimpath '-ldflags=-extldflags=-fuse-ld=gold'"),
    "netgo": File("-trimpath -tags=goplugin,netgo"),
    "ee-fips": File("-trimpath -tags=goplugin,ee,fips"),
    "v3": File(env="GOAMD64=v3"),
    "rangefunc": File(env="GOEXPERIMENT=rangefunc"),
    "boringcrypto": File(env="GOEXPERIMENT=boringcrypto"),
    "profile": File(script=f"{_WITH_PROFILE} gateway/"),
    "fips140-1.24.13": File(script=_OLD, env="GOFIPS140=v1.0.0", go="1.24.13"),
    "cover-1.26.8": File("-trimpath -cover", _OLD, go="1.26.8"),
    "zig": File(cc="zig"),
    "arm64": File(platform="linux/arm64"),
    "arm64-zig": File(platform="linux/arm64", cc="zig"),
    "s390x": File(platform="linux/s390x"),
    "s390x-zig": File(platform="linux/s390x", cc="zig"),
    "freebsd": File(platform="freebsd/amd64", cc="zig"),
    "darwin-amd64": File(platform="darwin/amd64", cc="clang"),
    "darwin-arm64": File(platform="darwin/arm64", cc="clang"),
    **{f"go{line}": File(script=_OLD, go=line) for line in _LINES},
}

GATEWAYS: dict[str, File] = {
    **_BOTH,
    "no-tag": File("-trimpath -tags=none"),
    "no-cgo": File(env="CGO_ENABLED=0"),
    "arm64-go1.23.12": File(script=_OLD, go="1.23.12", platform="linux/arm64"),
    "replaced": File(script=_REPLACED_BY_RELEASE),
    "logrus": File(script=f"cd gateway && go mod edit -require={LOGRUS}@v1.9.4 && GOWORK=off go mod tidy"),
    "no-go-mod": File(script=_OLDER_BARE),
    "pie": File("-trimpath -buildmode=pie"),
    "static": File("-trimpath '-ldflags=-linkmode=external -extldflags=-static'"),
    "vendored": File(script="cd gateway && GOWORK=off go mod vendor"),
}

PLUGINS: dict[str, File] = {
    **_BOTH,
    "tag": File("-trimpath -tags=goplugin"),
    "profiled": File(script=f"{_WITH_PROFILE} plugin/"),
    "musl": File(cc="zig-musl"),
    "no-go-mod": File(script=f"{_OLDER_BARE}\n{_using(_BARE, 'v4.4.0+incompatible')}"),
    "osusergo": File("-trimpath -tags=goplugin,osusergo"),
    "logrus": File(script=_OTHER_LOGRUS),
    "direct": File(script=_using("github.com/hashicorp/go-version", "v1.8.0")),
    "indirect": File(script=_using("github.com/hashicorp/errwrap", "v1.1.0")),
    "pseudo": File(script=_using("github.com/alecthomas/units", "v0.0.0-20240927000941-0f3dac36c52b")),
    "major": File(script=_using("github.com/gofrs/uuid/v5", "v5.3.0")),
    "replaced": File(script=_REPLACED),
    "replaced-by-copy": File(script=_REPLACED_BY_COPY),
    "vendored": File(script=_VENDORED),
    "vendored-edited": File(script=f"{_VENDORED} && {_MARK} vendor/{LOGRUS}/mark.go"),
    "outside": File(script=_OUTSIDE, env="GOWORK=off"),
    "source": File(script=_OTHER_SOURCE),
    "main": File(script="cd plugin && go mod edit -module=main"),
    "no-symbol": File(script="sed -i 's/AuthCheck/authCheck/' plugin/testplugin.go"),
    "overlay": File("-trimpath -overlay=../overlay.json", _OVERLAY),
    "program": File("-trimpath -buildmode=exe"),
    "c-shared": File("-trimpath -buildmode=c-shared"),
    "cut-off": File(after="truncate --size=100000"),
    # Several causes at once.
    "untrimmed-logrus": File("", _OTHER_LOGRUS),
    "race-netgo": File("-trimpath -race -tags=goplugin,netgo"),
    "netgo-logrus": File("-trimpath -tags=goplugin,netgo", _OTHER_LOGRUS),
    "go1.22.12-logrus": File(script=_OTHER_LOGRUS, go="1.22.12"),
    "go1.23.4-untrimmed": File("", go="1.23.4"),
    "source-logrus": File(script=f"{_OTHER_SOURCE} && {_OTHER_LOGRUS}"),
    # Neighbouring patch releases.
    "go1.22.6": File(script=_language("1.22"), go="1.22.6"),
    "go1.22.8": File(go="1.22.8"),
    "go1.22.12": File(go="1.22.12"),
    "go1.23.4": File(go="1.23.4"),
    **{f"go{release}-old": File(script=_OLD, go=release) for release in ("1.21.0", "1.23.4", "1.24.6", "1.25.0", "1.26.0")},
    "experiment-1.24.13": File(script=_OLD, env="GOEXPERIMENT=noswissmap", go="1.24.13"),
    "experiment-1.25.8": File(script=_OLD, env="GOEXPERIMENT=jsonv2", go="1.25.8"),
    "arm64-untrimmed": File("", platform="linux/arm64"),
    "arm64-logrus": File(script=_OTHER_LOGRUS, platform="linux/arm64"),
    "arm64-v8.2": File(script=_OLD, env="GOARM64=v8.2", go="1.23.12", platform="linux/arm64"),
    "go1.27.4": File(script=_OLD, go="1.27.4"),
    "s390x-untrimmed": File("", platform="linux/s390x"),
    "s390x-logrus": File(script=_OTHER_LOGRUS, platform="linux/s390x"),
    "freebsd-untrimmed": File("", platform="freebsd/amd64", cc="zig"),
    "darwin-amd64-untrimmed": File("", platform="darwin/amd64", cc="clang"),
    "darwin-arm64-logrus": File(script=_OTHER_LOGRUS, platform="darwin/arm64", cc="clang"),
    "freebsd-logrus": File(script=_OTHER_LOGRUS, platform="freebsd/amd64", cc="zig"),
}

# --- Pairs ----------------------------------------------------------------------------------------------------------------------------

_SAME = "plain linked-bare stripped"
_LOGRUS = "dependency-version-differs dependency-pseudo-version"

CHEAP: tuple[Row, ...] = (
    Row("plain", _SAME),
    Row("linked-bare", _SAME),
    Row("stripped", _SAME),
    Row("untrimmed", _SAME, "trimpath-differs"),
    Row("race", "plain", "race-differs"),
    Row("netgo", "plain", "tags-differ"),
    Row("ee-fips", "plain"),
    Row("tag", "plain"),
    Row("go1.22.6", "plain stripped", "go-patch-differs"),
    Row("go1.23.4", "plain", "go-layout-differs"),
    Row("logrus", "plain linked-bare", _LOGRUS),
    Row("direct", "plain stripped", "dependency-version-differs"),
    Row("indirect", "plain", "dependency-version-differs"),
    Row("pseudo", "plain", "dependency-pseudo-version"),
    Row("major", "plain"),
    Row("replaced", "plain", "dependency-replaced"),
    Row("replaced-by-copy", "plain"),
    Row("vendored", "plain"),
    Row("vendored-edited", "plain", "dependency-edited"),
    Row("outside", "plain stripped", "gateway-not-in-workspace"),
    Row("source", "plain", "gateway-source-differs"),
    Row("main", "plain", "plugin-path-collides"),
    Row("no-symbol", "plain", "symbol-missing"),
)

FULL: tuple[Row, ...] = (
    *CHEAP,
    # The gateway is the one that cannot.
    Row("plain", "no-tag", "gateway-without-plugins"),
    Row("plain", "no-cgo", "cgo-off"),
    Row("plain", "static", "gateway-without-plugins"),
    # Linked another way.
    Row("plain", "pie"),
    Row("plain", "hash-sysv gold"),
    Row("hash-sysv", "plain hash-sysv"),
    Row("gold", "plain gold"),
    Row("untrimmed", "hash-sysv gold", "trimpath-differs"),
    # Flags on one side, then on both.
    Row("plain", "untrimmed", "trimpath-differs"),
    Row("plain", "race", "race-differs"),
    Row("race", "race"),
    Row("plain", "msan", "msan-differs"),
    Row("msan", "plain", "msan-differs"),
    Row("msan", "msan"),
    Row("plain", "asan", "asan-differs"),
    Row("asan", "plain", "asan-differs"),
    Row("asan", "asan", "asan-on-both"),
    Row("plain", "cover", "cover-differs"),
    Row("cover", "plain", "cover-differs"),
    Row("cover", "cover"),
    Row("cover-1.26.8", "go1.26.8", "cover-differs"),
    Row("go1.26.8", "cover-1.26.8", "cover-differs"),
    Row("plain", "unoptimized", "gcflags-differ"),
    Row("unoptimized", "plain", "gcflags-differ"),
    Row("unoptimized", "unoptimized"),
    Row("untrimmed", "untrimmed", "build-folders-differ"),
    Row("plain", "netgo", "tags-differ"),
    Row("netgo", "netgo"),
    Row("osusergo", "plain"),
    Row("plain", "ee-fips"),
    Row("ee-fips", "ee-fips"),
    Row("plain", "v3"),
    Row("v3", "plain stripped", "cpu-level-differs"),
    Row("v3", "v3"),
    Row("plain", "rangefunc", "goexperiment-differs"),
    Row("rangefunc", "plain", "goexperiment-differs"),
    Row("rangefunc", "rangefunc"),
    Row("plain", "boringcrypto", "goexperiment-differs"),
    Row("boringcrypto", "plain", "goexperiment-differs"),
    Row("boringcrypto", "boringcrypto"),
    # Beside the gateway alone, on both sides: what is built beside it does not use it.
    Row("profile", "profile", "pgo-differs"),
    Row("profiled", "plain", "pgo-differs"),
    Row("overlay", "plain", "standard-library-differs"),
    # Dependencies that the gateway's side changed.
    Row("plain", "replaced", "dependency-replaced"),
    Row("plain", "logrus", _LOGRUS),
    Row("no-go-mod", "no-go-mod", "dependency-pseudo-version"),
    Row("plain", "vendored"),
    # Several causes at once.
    Row("untrimmed-logrus", "plain", f"trimpath-differs {_LOGRUS}"),
    Row("race-netgo", "plain", "race-differs tags-differ"),
    Row("netgo-logrus", "plain", f"tags-differ {_LOGRUS}"),
    Row("go1.22.12-logrus", "plain", f"go-patch-differs {_LOGRUS}"),
    Row("go1.23.4-untrimmed", "plain", "go-layout-differs trimpath-differs"),
    # The other source stands behind logrus, which it imports, until that is cured.
    Row("source-logrus", "plain", _LOGRUS),
    # Files that are something else.
    Row("program", "plain", "not-a-plugin"),
    Row("c-shared", "plain", "not-a-plugin"),
    Row("cut-off", "plain stripped", "not-a-go-binary"),
    # Go lines, each with each, and neighbouring patch releases.
    Row("go1.21.13", "go1.21.13"),
    Row("go1.21.13", "go1.22.7", "go-line-differs"),
    Row("go1.21.13", "go1.23.12 go1.24.13 go1.25.8 go1.26.8", "go-layout-differs"),
    Row("go1.22.7", "go1.22.7"),
    Row("go1.22.7", "go1.21.13", "go-line-differs"),
    Row("go1.22.7", "go1.23.12 go1.24.13 go1.25.8 go1.26.8", "go-layout-differs"),
    Row("go1.23.12", "go1.23.12"),
    Row("go1.23.12", "go1.24.13 go1.25.8", "go-line-differs"),
    Row("go1.23.12", "go1.21.13 go1.22.7 go1.26.8", "go-layout-differs"),
    Row("go1.24.13", "go1.24.13"),
    Row("go1.24.13", "go1.23.12 go1.25.8", "go-line-differs"),
    Row("go1.24.13", "go1.21.13 go1.22.7 go1.26.8", "go-layout-differs"),
    Row("go1.25.8", "go1.25.8"),
    Row("go1.25.8", "go1.23.12 go1.24.13", "go-line-differs"),
    Row("go1.25.8", "go1.21.13 go1.22.7 go1.26.8", "go-layout-differs"),
    Row("go1.26.8", "go1.26.8"),
    Row("go1.26.8", "go1.21.13 go1.22.7 go1.23.12 go1.24.13 go1.25.8", "go-layout-differs"),
    Row("go1.27.4", "go1.26.8", "go-layout-differs"),
    Row("go1.22.8", "plain", "go-patch-differs"),
    Row("go1.22.12", "plain", "go-patch-differs"),
    Row("go1.21.0-old", "go1.21.13", "go-patch-differs"),
    Row("go1.23.4-old", "go1.23.12", "go-patch-differs"),
    Row("go1.24.6-old", "go1.24.13", "go-patch-differs"),
    Row("go1.25.0-old", "go1.25.8", "go-patch-differs"),
    Row("go1.26.0-old", "go1.26.8", "go-patch-differs"),
    Row("fips140-1.24.13", "go1.24.13", "gofips140-differs"),
    Row("go1.24.13", "fips140-1.24.13", "gofips140-differs"),
    Row("fips140-1.24.13", "fips140-1.24.13"),
    Row("experiment-1.24.13", "go1.24.13", "goexperiment-differs"),
    Row("experiment-1.25.8", "go1.25.8", "goexperiment-differs"),
    # C compilers and platforms.
    Row("plain", "zig"),
    Row("zig", "plain zig"),
    Row("untrimmed", "zig", "trimpath-differs"),
    Row("musl", "plain", "libc-differs"),
    Row("arm64", "arm64 arm64-zig"),
    Row("arm64-zig", "arm64 arm64-zig"),
    Row("arm64-untrimmed", "arm64", "trimpath-differs"),
    Row("arm64-logrus", "arm64 arm64-zig", _LOGRUS),
    Row("arm64-v8.2", "arm64-go1.23.12", "cpu-level-differs"),
    Row("s390x", "s390x s390x-zig"),
    Row("s390x-zig", "s390x s390x-zig"),
    Row("s390x-untrimmed", "s390x", "trimpath-differs"),
    Row("s390x-logrus", "s390x", _LOGRUS),
    Row("arm64", "plain s390x", "platform-differs"),
    Row("s390x", "plain arm64", "platform-differs"),
    Row("plain", "arm64 s390x freebsd darwin-amd64", "platform-differs"),
    Row("freebsd", "plain", "platform-differs"),
    Row("freebsd", "freebsd"),
    Row("freebsd-untrimmed", "freebsd", "trimpath-differs"),
    Row("freebsd-logrus", "freebsd", _LOGRUS),
    Row("darwin-amd64", "darwin-amd64"),
    Row("darwin-amd64", "plain darwin-arm64", "platform-differs"),
    Row("darwin-arm64", "darwin-arm64"),
    Row("darwin-amd64-untrimmed", "darwin-amd64", "trimpath-differs"),
    Row("darwin-arm64-logrus", "darwin-arm64", _LOGRUS),
)
