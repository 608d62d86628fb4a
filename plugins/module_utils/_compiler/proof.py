# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof of a C compiler: it makes a shared library as cgo needs them, and that library is what was wanted.

With a Go toolchain the proof is a plugin that cgo makes, else a library of the same C that cgo's runtime is made of. Nothing that was
compiled is executed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import scratch_folder
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.versions import dotted, newest_glibc
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

# Part of every key: another way of proving asks every compiler again.
_FORMAT = 1

# What runtime/cgo, net and os/user want of a C library (src/runtime/cgo, src/net/cgo_unix.go, src/os/user/cgo_lookup_unix.go).
_C = """\
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/socket.h>

static void *work(void *given) { return given; }

int goplugins_proof(void)
{
    pthread_t thread;
    sigset_t all;
    struct addrinfo *found = NULL;

    sigfillset(&all);
    if (pthread_create(&thread, NULL, work, NULL) != 0) {
        fprintf(stderr, "%s\\n", strerror(errno));
        abort();
    }
    return getaddrinfo("localhost", NULL, NULL, &found) + (getpwuid(0) == NULL);
}
"""
_GO = """\
package main

// #include <stdlib.h>
import "C"

// Free gives memory of C back.
func Free() { C.free(nil) }

func main() {}
"""


class Proof(t.NamedTuple):
    """version: the first line that the compiler says of itself. libc: C(glibc 2.36), C(musl), C(freebsd) or C(darwin).

    newest: the newest version of glibc's symbols that the proof needs, as V(2.34), empty elsewhere. by: C(cgo) or C(C).
    """

    version: str
    libc: str
    newest: str
    by: str


def key(cc: str, target: Platform, goroot: str) -> str:
    """What a proof holds for: this very program, for this target and Go. Raises GoPluginsError if the program is not there."""
    words = shlex.split(cc)
    path = shutil.which(words[0]) if words else None
    if path is None:
        raise GoPluginsError(f"there is no {words[0] if words else cc!r}")
    status = os.stat(os.path.realpath(path))
    stamp = [os.path.realpath(path), status.st_size, status.st_mtime_ns, status.st_ino]
    text = json.dumps([_FORMAT, words, stamp, str(target), goroot])
    return hashlib.sha256(text.encode()).hexdigest()


def prove(cc: str, target: Platform, goroot: str) -> Proof:
    """Compile, link and look at the result. Raises GoPluginsError with the compiler's words where it cannot be used for the target."""
    words = shlex.split(cc)
    what = f"the C compiler {cc!r} does not compile for {target}"
    with scratch_folder("goplugins-cc-") as folder:
        library = os.path.join(folder, "proof.so")
        if goroot:
            _by_cgo(cc, target, goroot, folder, library, what)
        else:
            _by_c(words, target, folder, library, what)
        with open_binary(library) as binary:
            if str(binary.header_platform) != str(target):
                raise GoPluginsError(f"{what}: what it makes is for {binary.header_platform}")
            libraries = binary.libraries()
        defined = _run([*words, "-E", "-dM", "-include", "stdlib.h", "-x", "c", os.devnull], folder, os.environ).stdout
    version = _command.run([*words, "--version"]).stdout.splitlines()
    return Proof(
        version=version[0] if version else "",
        libc=_libc(defined, target),
        newest=dotted(newest_glibc(libraries.versions)),
        by="cgo" if goroot else "C",
    )


def _libc(defined: str, target: Platform) -> str:
    """The C library by what its headers define."""
    if target.goos != "linux":
        return target.goos
    found = dict(re.findall(r"(?m)^#define (__GLIBC__|__GLIBC_MINOR__) (\d+)$", defined))
    if len(found) == 2:
        return f"glibc {found['__GLIBC__']}.{found['__GLIBC_MINOR__']}"
    return "musl"


def _by_c(words: t.Sequence[str], target: Platform, folder: str, library: str, what: str) -> None:
    source = os.path.join(folder, "proof.c")
    with open(source, "w", encoding="ascii") as file:
        file.write(_C)
    libraries = [] if target.goos == "freebsd" else ["-lresolv"]
    argv = [*words, "-O2", "-g", "-fPIC", "-pthread", "-shared", "-o", library, source, *libraries]
    _command.check(what, _run(argv, folder, os.environ))


def _by_cgo(cc: str, target: Platform, goroot: str, folder: str, library: str, what: str) -> None:
    for name, text in (("go.mod", "module proof\n"), ("proof.go", _GO)):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "CGO_")) or name == "GOCACHE"}
    own = {"GOOS": target.goos, "GOARCH": target.goarch, "CC": cc, "CGO_ENABLED": "1"}
    fixed = {"GOENV": "off", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "", "GOPROXY": "off"}
    argv = [os.path.join(goroot, "bin", "go"), "build", "-trimpath", "-buildvcs=false", "-buildmode=plugin", "-o", library, "."]
    _command.check(what, _run(argv, folder, {**kept, **own, **fixed}))


def _run(argv: t.Sequence[str], folder: str, environment: t.Mapping[str, str]) -> _command.Completed:
    """Run a compiler in the folder of the proof. Its temporary files are below that, and go with it if all of this is killed."""
    # Not in it: Go ignores a go.mod in the folder for temporary files.
    temporary = os.path.join(folder, "tmp")
    os.makedirs(temporary, exist_ok=True)
    return _command.run(argv, cwd=folder, env={**environment, "TMPDIR": temporary})
