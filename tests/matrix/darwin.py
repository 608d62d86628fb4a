# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in for Apple's SDK where Go programs for macOS are linked elsewhere: headers and libSystem of zig, stubs of the rest.

A stub names the symbols that Go's runtime and standard library take from a library. What is linked with it starts on a Mac.
"""

from __future__ import annotations

import pathlib
import re
import shlex

_STUB = """--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '{name}'
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ {symbols} ]
...
"""
_FRAMEWORK = "/System/Library/Frameworks/{0}.framework/Versions/A/{0}"
_SYMBOLS = {
    "CoreFoundation": """
        CFArrayAppendValue CFArrayCreateMutable CFArrayGetCount CFArrayGetValueAtIndex CFDataCreate CFDataGetBytePtr CFDataGetLength
        CFDateCreate CFDictionaryGetValueIfPresent CFEqual CFErrorCopyDescription CFErrorGetCode CFNumberGetValue CFRelease
        CFStringCreateExternalRepresentation CFStringCreateWithBytes""",
    "Security": """
        SecCertificateCopyData SecCertificateCreateWithData SecPolicyCreateSSL SecTrustCopyCertificateChain SecTrustCreateWithCertificates
        SecTrustEvaluate SecTrustEvaluateWithError SecTrustGetCertificateAtIndex SecTrustGetCertificateCount SecTrustSetVerifyDate""",
    "libresolv": "res_9_init res_9_nclose res_9_ninit res_9_nsearch res_9_search",
}
# As large as Apple's: package net compares.
_RESOLV_H = """#include <sys/types.h>
struct __res_state { char opaque[552]; };
typedef struct __res_state *res_state;
#define res_ninit res_9_ninit
#define res_nsearch res_9_nsearch
#define res_nclose res_9_nclose
int res_ninit(res_state);
int res_nsearch(res_state, const char *, int, int, unsigned char *, int);
void res_nclose(res_state);
"""
# The linker of LLVM has neither of the two.
_COMPILER = """#!/bin/sh
for word do
    shift
    case $word in -Wl,-S | -Wl,-x) ;; *) set -- "$@" "$word" ;; esac
done
exec clang-16 -target {target} -fuse-ld=lld -Wno-unused-command-line-argument -isystem {sdk} -isystem {headers} -F{sdk} -L{sdk} "$@"
"""
TARGETS = {"darwin/amd64": "x86_64-apple-macos11", "darwin/arm64": "arm64-apple-macos11"}


def write_sdk(folder: pathlib.Path, libc: pathlib.Path) -> dict[str, str]:
    """Write stubs and compilers into the folder. libc: zig's folder of that name. Returns CC by platform."""
    folder.mkdir()
    for library, symbols in _SYMBOLS.items():
        framework = not library.startswith("lib")
        place = folder / f"{library}.framework" if framework else folder
        place.mkdir(exist_ok=True)
        name = _FRAMEWORK.format(library) if framework else f"/usr/lib/{library}.9.dylib"
        text = _STUB.format(name=name, symbols=", ".join(f"_{symbol}" for symbol in symbols.split()))
        (place / f"{library}.tbd").write_text(text)
    # Kinds of arm64 that this linker does not know, and the one that it does.
    system = re.sub(r",\s*arm64e\.x1-\w+", "", (libc / "darwin" / "libSystem.tbd").read_text()).replace("arm64e-", "arm64-")
    for library in ("libSystem", "libpthread"):
        (folder / f"{library}.tbd").write_text(system)
    (folder / "resolv.h").write_text(_RESOLV_H)
    found = {}
    for platform, target in TARGETS.items():
        script = folder / target
        words = {"sdk": shlex.quote(str(folder)), "headers": shlex.quote(str(libc / "include" / "any-darwin-any"))}
        script.write_text(_COMPILER.format(target=target, **words))
        script.chmod(0o755)
        found[platform] = f"'{script}'"
    return found
