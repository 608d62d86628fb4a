# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the matrix takes from the machine: C compilers, emulators, binutils."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import shutil
import subprocess
import typing as t

from ansible_collections.goplugins.tyk.tests.matrix.darwin import TARGETS, write_sdk
from ansible_collections.goplugins.tyk.tests.matrix.table import File

# C compilers of the machine: the command, and the packages of Debian that bring all that Go needs of it.
_COMPILERS = {
    ("linux/amd64", "gcc"): ("gcc", "gcc libc6-dev"),
    ("linux/amd64", "clang"): ("clang", "clang libclang-rt-dev"),
    ("linux/arm64", "gcc"): ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"),
    ("linux/s390x", "gcc"): ("s390x-linux-gnu-gcc", "gcc-s390x-linux-gnu libc6-dev-s390x-cross"),
}
_FOR_DARWIN = {"clang-16": "clang-16", "ld64.lld-16": "lld-16"}
# What zig calls the platform, with the glibc to link against.
_ZIG_TARGETS = {
    "linux/amd64": "x86_64-linux-gnu.2.17",
    "linux/arm64": "aarch64-linux-gnu.2.17",
    "linux/s390x": "s390x-linux-gnu",
    "freebsd/amd64": "x86_64-freebsd",
}
# For arm64 Go before 1.24 links with GNU gold and nothing else (golang/go#22040); zig's linker does not have the fault that this avoids.
_LIKE_GOLD = """#!/bin/sh
case " $* " in *" -Wl,--version "*) echo 'GNU gold'; exit ;; esac
for word do
    shift
    [ "$word" = -fuse-ld=gold ] || set -- "$@" "$word"
done
exec {zig} cc -target {target} "$@"
"""
# The words that let the gateway of a platform run here, and the package that they are in. What is not in it is judged, not loaded.
_RUNNERS = {
    "linux/amd64": ((), ""),
    "linux/arm64": (("qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"), "qemu-user-static"),
    "linux/s390x": (("qemu-s390x-static", "-L", "/usr/s390x-linux-gnu"), "qemu-user-static"),
}


def runner(platform: str) -> tuple[str, ...] | None:
    """What the gateway's own command line follows; None for a platform whose programs cannot run here."""
    return _RUNNERS[platform][0] if platform in _RUNNERS else None


def compilers(folder: pathlib.Path) -> dict[tuple[str, str], dict[str, str]]:
    """What the environment of go says of the C compiler, by platform and name of the compiler. folder: for scripts."""
    found = {key: {"CC": command} for key, (command, _packages) in _COMPILERS.items()}
    zig = find_zig()
    if zig:
        found.update({(platform, "zig"): {"CC": f"'{zig}' cc -target {target}"} for platform, target in _ZIG_TARGETS.items()})
        found["linux/amd64", "zig-musl"] = {"CC": f"'{zig}' cc -target x86_64-linux-musl"}
        script = folder / "zig-like-gold"
        script.write_text(_LIKE_GOLD.format(zig=f"'{zig}'", target=_ZIG_TARGETS["linux/arm64"]))
        script.chmod(0o755)
        found["linux/arm64", "zig"] = {"CC": f"'{script}'"}
        sdk = write_sdk(folder / "darwin", pathlib.Path(zig).parent / "lib" / "libc")
        # Debug information for macOS needs dsymutil and Apple's strip.
        found.update({(platform, "clang"): {"CC": cc, "GOFLAGS": "-ldflags=-w"} for platform, cc in sdk.items()})
    return found


def lacking(files: t.Iterable[File]) -> str:
    """What to install before these files can be built and run, empty where nothing is missing."""
    missing: dict[str, str] = {}
    for platform, cc in sorted({(file.platform, file.cc) for file in files}):
        if (cc.startswith("zig") or platform in TARGETS) and not find_zig():
            return "This machine lacks zig.\nInstall with: scripts/setup matrix"
        if platform in TARGETS:
            missing.update({command: package for command, package in _FOR_DARWIN.items() if not shutil.which(command)})
        elif not cc.startswith("zig") and not _compiles(_COMPILERS[platform, cc][0], "-fsanitize=memory" if cc == "clang" else "-pthread"):
            missing[_COMPILERS[platform, cc][0]] = _COMPILERS[platform, cc][1]
        words, package = _RUNNERS.get(platform, ((), ""))
        if words and not shutil.which(words[0]):
            missing[words[0]] = package
    for command in {file.after.split()[0] for file in files if file.after}:
        if not shutil.which(command):
            missing[command] = "binutils" if command == "strip" else "coreutils"
    if not missing:
        return ""
    packages = " ".join(dict.fromkeys(word for packages in missing.values() for word in packages.split()))
    install = f"apt-get install --no-install-recommends {packages}"
    return f"This machine lacks {', '.join(missing)}, or what belongs to it.\nInstall with: {install}"


def with_zig(path: str) -> str:
    """A PATH on which cures find zig, if there is one."""
    zig = find_zig()
    return f"{path}{os.pathsep}{pathlib.Path(zig).parent}" if zig else path


def find_zig() -> str:
    found = importlib.util.find_spec("ziglang")
    return str(pathlib.Path(found.origin).parent / "zig") if found and found.origin else ""


def _compiles(compiler: str, flag: str) -> bool:
    """Whether a whole program can be compiled and linked: with headers, libraries and the runtime of a sanitizer."""
    program = "#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n"
    command = [compiler, flag, "-x", "c", "-", "-o", "/dev/null"]
    try:
        return subprocess.run(command, input=program, check=False, capture_output=True, text=True).returncode == 0
    except FileNotFoundError:
        return False
