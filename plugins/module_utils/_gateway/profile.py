# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The build profile: everything about a gateway that a plugin's build must repeat, as one value.

It is made once, from the gateway's binary or from its checkout, and handed along as a JSON object.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.cpu import CPU_SETTINGS

if t.TYPE_CHECKING:
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BuildInfo

TYK = "github.com/TykTechnologies/tyk"
# The first release of Tyk with -trimpath, which takes the building machine's folders out of the packages.
_FIRST_RELEASE = (5, 1, 0, 0)

_RELEASE_TAG = re.compile(r"v(\d+)\.(\d+)\.(\d+)(-rc\d+)?$")
_RELEASE_BRANCH = re.compile(r"release-(\d+\.\d+\.\d+)$")


# Fields that are flags of "go build" without a value.
_SWITCHES = ("trimpath", "race", "msan", "asan", "cover")
# What two builds of one gateway must agree in; cpu is compared besides.
_COMPARED = (
    *("go_version", "module", "commit", "tags", "goexperiment", "gofips140", "gcflags", "asmflags", "pgo"),
    *_SWITCHES,
)


class Profile(t.NamedTuple):
    """How a gateway was built.

    module: the gateway's module path. version: release as Tyk's file names use it (v5.3.6), empty where unknown.
    commit: 40 hexadecimal digits, empty where unknown. commit_time: UTC, yyyymmddhhmmss, as in Go's pseudo-versions.
    modified: empty for a clean checkout, else a digest of the local modifications.
    go_directive: the "go" line of its go.mod. go_version: the release to build with, without "go".
    tags, race, msan, asan, cover, trimpath, gcflags, asmflags: the flags of "go build".
    pgo: the name of the file by which Go optimized the gateway (go build -pgo), empty without one.
    goexperiment, gofips140: the variables, empty for the default.
    cpu: GOAMD64, GOARM64 and so on; empty for the defaults of the Go release.
    source: "binary" or "checkout". assumed: the names of those of the values above of which the source is not sure.
    """

    module: str
    version: str
    commit: str
    commit_time: str
    modified: str
    go_directive: str
    go_version: str
    tags: tuple[str, ...]
    trimpath: bool
    race: bool
    msan: bool
    asan: bool
    cover: bool
    gcflags: str
    asmflags: str
    pgo: str
    goexperiment: str
    gofips140: str
    cpu: dict[str, str]
    source: str
    assumed: tuple[str, ...]

    @property
    def pseudo_version(self) -> str:
        """A version of the gateway's module that names the very commit (https://go.dev/ref/mod#pseudo-versions)."""
        return f"v0.0.0-{self.commit_time}-{self.commit[:12]}"

    @property
    def source_state(self) -> str:
        """The gateway's source as an input of builds: its commit, and what was changed since."""
        return f"{self.commit} {self.modified}".rstrip()

    @property
    def label(self) -> str:
        """What artifacts and folders are named after: the release, or the commit where there is none."""
        return self.version or f"v0.0.0-{self.commit[:12]}"

    def as_dict(self) -> dict[str, t.Any]:
        """The profile as the JSON object that modules return and take."""
        value = self._asdict()
        value["tags"] = list(self.tags)
        value["assumed"] = list(self.assumed)
        value["label"] = self.label
        return value

    def differences(self, expected: t.Mapping[str, t.Any]) -> list[tuple[str, t.Any, t.Any]]:
        """(name, what is expected, what this is), where another profile says otherwise. expected: as C(as_dict) gives it, or a part of it.

        Only what the build depends on is compared. A commit that either does not know is no difference, nor is a CPU level: an empty
        C(cpu) stands for the defaults of the Go release.
        """
        own = {**self.as_dict(), **self.cpu}
        cpu = expected.get("cpu")
        others = {**own, **expected, **(cpu if isinstance(cpu, dict) else {})}
        rows = [(name, _in_any_order(others[name]), _in_any_order(own[name])) for name in (*_COMPARED, *self.cpu)]
        return [(name, other, value) for name, other, value in rows if other != value and not (name == "commit" and "" in (other, value))]


def from_dict(value: t.Mapping[str, t.Any]) -> Profile:
    """The profile that C(as_dict) gave. Raises GoPluginsError where a key is missing or of another type."""
    types: dict[str, type] = {"tags": list, "assumed": list, "cpu": dict, **dict.fromkeys(_SWITCHES, bool)}
    values: dict[str, t.Any] = {}
    for name in Profile._fields:
        wanted = types.get(name, str)
        if not isinstance(value.get(name), wanted):
            raise GoPluginsError(
                f"profile: {name} is missing or not a {wanted.__name__}: {value.get(name)!r}",
                "pass RV(profile) of goplugins.tyk.tyk_gateway_info as it is",
            )
        values[name] = tuple(value[name]) if wanted is list else value[name]
    return Profile(**values)


def release_version(requested: str, tags: t.Sequence[str]) -> str:
    """The release that a checkout is: v5.3.6 from that tag, from release-5.3.6, or from tags at the commit; else empty.

    The gateway drops "-rcN" from its own version when it looks for plugin files (goplugin/storage.go, GetPluginFileNameToLoad).
    """
    for name in (requested, *sorted(tags, key=_release_order, reverse=True)):
        tag = _RELEASE_TAG.match(name)
        if tag:
            return name[: -len(tag.group(4))] if tag.group(4) else name
        release = _RELEASE_BRANCH.match(name)
        if release:
            return f"v{release.group(1)}"
    return ""


def refuse_too_old(module: str, version: str) -> None:
    """Raises GoPluginsError for releases of Tyk that were not built from Go modules with -trimpath: no later build can be equal to them."""
    if module == TYK and version and _release_order(version) < _FIRST_RELEASE:
        raise GoPluginsError(
            f"Tyk {version} was built without -trimpath and without Go modules: its packages carry the folders of the machine that built "
            "it, and no plugin that is built elsewhere can match them",
            "upgrade the gateway to v5.1.0 or later, or use the plugin compiler image of that very release",
        )


def from_build_info(info: BuildInfo, version: str = "") -> Profile:
    """The profile of a gateway as far as its build info has it; what is not there is empty. Never fails."""
    settings = info.settings
    switches = {name: settings.get(f"-{name}") == "true" for name in _SWITCHES}
    return Profile(
        module=info.main.path if info.main else "",
        version=release_version(version, (info.main.version,) if info.main else ()),
        commit=settings.get("vcs.revision", ""),
        commit_time=re.sub(r"\D", "", settings.get("vcs.time", ""))[:14],
        modified="binary" if settings.get("vcs.modified") == "true" else "",
        go_directive="",
        go_version=re.sub(r"^go", "", info.go_version),
        tags=tuple(filter(None, settings.get("-tags", "").split(","))),
        **switches,
        gcflags=settings.get("-gcflags", ""),
        asmflags=settings.get("-asmflags", ""),
        pgo=os.path.basename(settings.get("-pgo", "")),
        goexperiment=settings.get("GOEXPERIMENT", "") or ",".join(info.experiments),
        gofips140=settings.get("GOFIPS140", ""),
        cpu={name: settings[name] for name in CPU_SETTINGS if name in settings},
        source="binary",
        assumed=() if settings.get("vcs.revision") else ("commit",),
    )


def from_binary(path: str, info: BuildInfo, version: str = "") -> Profile:
    """The profile of a gateway from its own build info. Raises GoPluginsError where that is not enough to build plugins by."""
    if info.main is None:
        raise GoPluginsError(f"{path} names no main module: it was built without Go modules and no plugin can be built for it")
    if not info.settings:
        raise GoPluginsError(
            f"{path} was built with {info.go_version}, which records no build settings (Go 1.18 and later do)",
            "name the gateway by tyk_gateway_version instead of tyk_gateway_binary",
        )
    return from_build_info(info, version)


def _in_any_order(value: t.Any) -> t.Any:
    return sorted(map(str, value)) if isinstance(value, (list, tuple)) else value


def _release_order(tag: str) -> tuple[int, int, int, int]:
    """Newest release last, a release after its candidates."""
    match = _RELEASE_TAG.match(tag)
    if not match:
        return (-1, 0, 0, 0)
    return (int(match.group(1)), int(match.group(2)), int(match.group(3)), 0 if match.group(4) else 1)
