# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What test hosts are made of: root filesystems of this machine's distribution, and podman with settings and storage of its own."""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import time
import typing as t
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "hosts"
# What builds on test hosts compiled: the standard library once for each Go, target and C compiler, and not once for each host.
# In it is zig's cache.
GO_CACHE = CACHE / "go-build"
# What Python compiles on test hosts of the modules that Ansible sends them; see zipped.py.
PYTHON_CACHE = CACHE / "zipped"
# The user builder of every host, which is the first one there, and of all folders of Go's cache.
BUILDER = 1000

# program: the Debian package that brings it
PROGRAMS = {
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
    "netavark": "netavark",
    "podman": "podman",
    "runc": "runc",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
}
# Podman's own helpers are not on the PATH.
HELPERS = "/usr/lib/podman"

# No compiler, no git, no Go: a build host starts bare.
PACKAGES = ["ca-certificates", "dbus", "openssh-server", "python3", "python3-apt", "sudo", "systemd", "systemd-sysv"]

# The user of a host is not root; what needs root goes through sudo.
FILES = {
    "etc/sudoers.d/builder": "builder ALL=(ALL) NOPASSWD: ALL\n",
    # Every host has a key of its own, made when it first starts, of the kind that is made fastest.
    "etc/systemd/system/ssh.service.d/keys.conf": """\
[Service]
ExecStartPre=
ExecStartPre=/bin/sh -c 'test -e $KEY || exec /usr/bin/ssh-keygen -q -t ed25519 -N "" -f $KEY'
ExecStartPre=/usr/sbin/sshd -t
Environment=KEY=/etc/ssh/ssh_host_ed25519_key
""",
    # It is gone in minutes, so no package needs to survive a power cut.
    "etc/dpkg/dpkg.cfg.d/unsafe-io": "force-unsafe-io\n",
    "usr/lib/python3/dist-packages/zipped.py": (Path(__file__).parent / "zipped.py").read_text(),
    "usr/lib/python3/dist-packages/zipped.pth": "import zipped; zipped.keep('/var/cache/zipped')\n",
}

# Debian's podman chooses crun and systemd; where this machine has no systemd, or cgroups of both versions, only these work.
CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=1024:20000", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
tmp_dir = "{run}/libpod"
[network]
network_backend = "netavark"
network_config_dir = "{cache}/networks"
"""
STORAGE_CONF = """\
[storage]
driver = "overlay"
graphroot = "{cache}/storage"
runroot = "{run}/storage"
"""


def require_machine() -> None:
    """End with what this machine lacks, and the command that cures it."""
    if os.geteuid() != 0:
        sys.exit("Test hosts are containers with systemd and an own network, and only root can start them. Run: sudo make molecule")
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin:{HELPERS}"
    missing = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    if missing:
        packages = " ".join(sorted({PROGRAMS[name] for name in missing}))
        sys.exit(
            f"Test hosts need {', '.join(missing)}.\nInstall with: apt-get install --no-install-recommends {packages}\n"
            "(They are made with mmdebstrap from the repositories of a Debian or Ubuntu machine.)"
        )


def run(*argv: str) -> str:
    return subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8").stdout


def distribution() -> tuple[str, str]:
    """The code name of this machine's distribution, and the repository from which it gets its packages."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    codename = release.get("VERSION_CODENAME", "").strip('"')
    listed = run("apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages", "Component: main")
    for suite, mirror in (line.split(" ", 1) for line in listed.splitlines()):
        if suite == codename:
            return codename, mirror
    sys.exit(f"apt knows no repository with the suite '{codename}' of this machine. See: apt-get indextargets")


def root_filesystem(release: str, mirror: str) -> Path:
    """The folder that hosts of this release start from, made when it is not there yet (some 20 seconds)."""
    recipe = f"{release} {mirror} {PACKAGES} {FILES} {Path(__file__).read_text()}"
    root = CACHE / f"root-{release}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if root.exists():
        return root
    for old in CACHE.glob(f"root-{release}-*"):
        shutil.rmtree(old)
    print(f"Making a root filesystem for test hosts ({release})", flush=True)
    start = time.monotonic()
    making = CACHE / f"root-{release}-making"
    # How this machine reaches its repositories (proxies, expired snapshots) holds for the hosts too.
    settings = CACHE / f"apt-{release}.conf"
    settings.write_text(run("apt-config", "dump", "Acquire"))
    log = CACHE / f"mmdebstrap-{release}.log"
    with log.open("w") as output:
        # The lists of packages stay, so that a host can install some at once.
        options = ["--variant=minbase", "--format=directory", "--skip=cleanup/apt/lists", f"--aptopt={settings}"]
        command = ["mmdebstrap", *options, f"--include={','.join(PACKAGES)}", release, str(making), mirror]
        if subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=output).returncode:
            sys.exit(f"{log.read_text()}mmdebstrap failed: is there a suite '{release}' at {mirror}?")
    for name, text in FILES.items():
        (making / name).parent.mkdir(parents=True, exist_ok=True)
        (making / name).write_text(text)
    # So does its trust in certificates.
    trusted = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    if trusted:
        shutil.copy(trusted, making / "etc/ssl/certs/ca-certificates.crt")
    for key in (making / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (making / "etc/machine-id").write_text("")
    run("chroot", str(making), "useradd", "--uid", str(BUILDER), "--create-home", "--shell", "/bin/bash", "builder")
    making.rename(root)
    print(f"Made that of {release} in {time.monotonic() - start:.0f} s", flush=True)
    return root


def root_filesystems(releases: t.Iterable[str]) -> dict[str, str]:
    """From release to the folder that its hosts start from; the empty name stands for this machine's own release."""
    own, mirror = distribution()
    names = {release: release or own for release in releases}
    distinct = sorted(set(names.values()))
    # Side by side, as each waits for its packages half of the time.
    with concurrent.futures.ThreadPoolExecutor() as making:
        made = dict(zip(distinct, making.map(lambda name: root_filesystem(name, mirror), distinct)))
    return {release: str(made[name]) for release, name in names.items()}


def go_cache() -> str:
    """The folder of Go's cache and zig's for all hosts; their users and this machine's root write there. Both are safe for many at once."""
    for name in ("zig", *(f"{number:02x}" for number in range(256))):
        folder = GO_CACHE / name
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, BUILDER, -1)
    os.chown(GO_CACHE, BUILDER, -1)
    return str(GO_CACHE)


def python_cache() -> str:
    """The folder in which the Pythons of all hosts keep what they compile, whoever runs them."""
    PYTHON_CACHE.mkdir(parents=True, exist_ok=True)
    PYTHON_CACHE.chmod(0o1777)
    return str(PYTHON_CACHE)


def environment(releases: t.Iterable[str]) -> dict[str, str]:
    """Environment variables with which podman uses this repository's storage and settings, and playbooks find what hosts are made of."""
    require_machine()
    CACHE.mkdir(parents=True, exist_ok=True)
    # Sockets lie there, and their paths must be short.
    places = {"cache": str(CACHE), "run": f"/run/goplugins-tyk-{hashlib.sha256(str(CACHE).encode()).hexdigest()[:8]}"}
    (CACHE / "containers.conf").write_text(CONTAINERS_CONF.format(**places))
    (CACHE / "storage.conf").write_text(STORAGE_CONF.format(**places))
    return {
        "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
        "CONTAINERS_CONF": str(CACHE / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(CACHE / "storage.conf"),
        "TEST_HOST_GO_CACHE": go_cache(),
        "TEST_HOST_PYTHON_CACHE": python_cache(),
        "TEST_HOST_ROOTS": json.dumps(root_filesystems(releases)),
        "TEST_HOST_GOROOT": run("go", "env", "GOROOT").strip(),
    }
