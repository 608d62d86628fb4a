# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options and notes of the modules that start Go."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  profile:
    description:
      - How the gateway was built, RV(goplugins.tyk.tyk_gateway_info#module:profile) as it is.
      - In check mode it may be empty, where the gateway's checkout is not there yet.
    type: dict
    required: true
  goroot:
    description:
      - Folder of the Go toolchain, RV(goplugins.tyk.go_toolchain#module:goroot).
      - It must be the release that O(profile) names.
    type: path
    required: true
  min_free_mb:
    description:
      - Megabytes that must be free where the result goes; with less the task fails before it changes anything. Before C(go) builds, they
        must also be free in its caches, E(GOMODCACHE) and E(GOCACHE), and where it links, E(GOTMPDIR) or E(TMPDIR).
    type: int
    default: 512
notes:
  - The host decides where modules come from and what vouches for them. E(GOPROXY), E(GOSUMDB), E(GOPRIVATE), E(GOMODCACHE), E(GOCACHE),
    E(GOCACHEPROG) and the like come from the environment of the task, then from C(go env). Everything else that would change a build
    (E(GOFLAGS), E(GOEXPERIMENT), E(CGO_CFLAGS), E(CC) and so on) is kept out of it.
  - When nothing changed, C(go) is not started.
  - No command may take longer than an hour, and no lock of another run is waited for longer.
    E(GOPLUGINS_TIMEOUT) in the environment of the task is another number of seconds.
"""

    COMPILING = r"""
options:
  cc:
    description:
      - The C compiler, with its arguments. Plugins need cgo, and so a compiler for their target.
      - Without it, V(gcc) for the host's own CPU on Linux, V(cc) on FreeBSD and macOS,
        and for another CPU the cross compiler by the name that Debian gives it, such as V(aarch64-linux-gnu-gcc).
      - In check mode it may still have to be installed.
    type: str
"""

    SEEN = r"""
options:
  progress:
    description:
      - Whether a line on stderr says now and then how far a build is, with host, target, time, and the packages that C(go) has begun and is
        to compile.
      - There is none in check mode, with C(async) or C(no_log), for a build that ends within O(progress_interval), where the output is for
        programs, such as that of the callbacks V(json) and V(minimal), and over connections other than those of ssh, local, docker, podman
        and kubectl.
    type: bool
    default: true
  progress_interval:
    description:
      - Seconds before the first line; V(0) for none. The pauses grow from line to line, up to half a minute.
      - Each line is one more command on the host.
    type: float
    default: 5.0
  progress_token:
    description: The action plugin sets it, to find what the module writes for it. Not for use in playbooks.
    type: str
    default: ''
"""
