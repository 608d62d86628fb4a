# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostile plugin sources: each is built or refused with a reason, in bounded time and memory, and nothing that it names is run."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import typing as t

from ansible_collections.goplugins.tyk.tests.faults.kills import empty_folder
from ansible_collections.goplugins.tyk.tests.faults.process import left_running, run
from ansible_collections.goplugins.tyk.tests.faults.shop import Shop

# Seconds for a workspace or a build of such a source, on a busy machine.
LIMIT = 90
MAIN = 'package main\n\nimport "net/http"\n\nfunc AuthCheck(rw http.ResponseWriter, r *http.Request) {}\n\nfunc main() {}\n'
GOMOD = "module example.com/hostile\n\ngo 1.22\n"


def _files(**texts: str | bytes) -> t.Callable[[pathlib.Path], None]:
    """A source of files. A name's double underscore stands for a dot, as in main__go."""

    def make(folder: pathlib.Path) -> None:
        for name, text in {"go__mod": GOMOD, "main__go": MAIN, **texts}.items():
            (folder / name.replace("__", ".")).write_bytes(text.encode() if isinstance(text, str) else text)

    return make


def _then(change: t.Callable[[pathlib.Path], object]) -> t.Callable[[pathlib.Path], None]:
    def make(folder: pathlib.Path) -> None:
        _files()(folder)
        change(folder)

    return make


def _write(path: pathlib.Path, text: str) -> None:
    path.write_text(text)


def _sparse(path: pathlib.Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def _git_with_programs(folder: pathlib.Path) -> None:
    """A repository whose settings name programs."""
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    canary = f"touch {folder.parent / 'PWN'}"
    for key in (
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "diff.external",
        "filter.x.process",
        "filter.x.clean",
        "filter.x.smudge",
    ):
        subprocess.run(["git", "-C", str(folder), "config", key, canary], check=True)
    (folder / ".gitattributes").write_text("* filter=x diff=x\n")
    hook = folder / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\n{canary}\n")
    hook.chmod(0o755)


HOSTILE: dict[str, t.Callable[[pathlib.Path], None]] = {
    "comments before package": _files(main__go="/**/" * 20_000 + MAIN),
    "unclosed comment": _files(main__go="/*" * 500_000),
    "long line": _files(main__go="package main // " + "x" * 20_000_000),
    "many imports": _files(main__go="package main\nimport (\n" + "".join(f'_ "example.com/x{n}"\n' for n in range(50_000)) + ")\n"),
    "deep parentheses": _files(main__go="package main\nvar x = " + "(" * 1_000_000),
    "no text": _files(main__go=b"\xff\xfe" * 1000),
    "NUL in go.mod": _files(go__mod=b"module example.com/\0x\n"),
    "huge go.mod": _files(go__mod=GOMOD + "".join(f"require example.com/m{n} v1.0.{n}\n" for n in range(60_000))),
    "go.mod that names a shell command": _files(go__mod="module example.com/$(touch${IFS}PWN)\n\ngo 1.22\n"),
    "replace with an absolute path": _files(go__mod=GOMOD + "replace example.com/x => /sbin\nrequire example.com/x v1.0.0\n"),
    "replace that leaves the source": _files(go__mod=GOMOD + "replace example.com/x => ../../../../etc\nrequire example.com/x v1.0.0\n"),
    "escape sequences in go.mod": _files(go__mod="module example.com/\x1b]0;PWN\x07\x1b[31m\n"),
    "toolchain of its own": _files(go__mod=GOMOD + "toolchain go1.99.0-custom\n"),
    "Go of tomorrow": _files(go__mod="module example.com/hostile\n\ngo 9.99\n"),
    "cgo flags that run a program": _files(main__go='package main\n\n// #cgo CFLAGS: -fplugin=./PWN.so\nimport "C"\n\nfunc main() {}\n'),
    "cgo with pkg-config": _files(
        main__go='package main\n\n// #cgo pkg-config: --define-variable=x=`touch${IFS}PWN`\nimport "C"\n\nfunc main() {}\n'
    ),
    "go:generate": _files(gen__go="package main\n\n//go:generate touch PWN\n"),
    "file name that is a command": _then(lambda folder: (folder / "x;touch PWN;#.go").write_text("package main\n")),
    "file name with an escape sequence": _then(lambda folder: (folder / "x\x1b[31m.go").write_text("package main\n")),
    "file name that is an option": _then(lambda folder: (folder / "-toolexec=touch.go").write_text("package main\n")),
    "file name that is no text": _then(lambda folder: os.mkdir(os.fsencode(folder) + b"/\xff\xfe")),
    "newline in a name": _then(lambda folder: (folder / "a\nb.go").write_text("package main\n")),
    "link to a secret": _then(lambda folder: (folder / "secret.go").symlink_to("/etc/shadow")),
    "link to itself": _then(lambda folder: (folder / "loop.go").symlink_to("loop.go")),
    "link to the folder above": _then(lambda folder: (folder / "up").symlink_to("..")),
    "link into .git": _then(
        lambda folder: (
            (folder / ".git").mkdir(),
            (folder / ".git" / "config").write_text("[x]\n"),
            (folder / "c.go").symlink_to(".git/config"),
        )
    ),
    "FIFO": _then(lambda folder: os.mkfifo(folder / "pipe.go")),
    "device": _then(lambda folder: os.mknod(folder / "zero.go", 0o600 | 0o020000, os.makedev(1, 5))),
    "sparse giant": _then(lambda folder: _sparse(folder / "giant.bin")),
    "deep folders": _then(lambda folder: os.makedirs(folder / "/".join(["d"] * 300))),
    "many files": _then(lambda folder: [(folder / f"f{n}.txt").touch() for n in range(20_000)]),
    "git settings that name programs": _then(_git_with_programs),
    "vendor without modules.txt": _then(
        lambda folder: ((folder / "vendor" / "x").mkdir(parents=True), (folder / "vendor" / "x" / "x.go").write_text("package x\n"))
    ),
    "go.work that uses the root": _files(go__work="go 1.22\n\nuse /\n"),
    "no files": lambda folder: None,
    "only a test": lambda folder: _write(folder / "x_test.go", "package main\n"),
}


def hostile_sources(shop: Shop, every: int) -> t.Iterator[str]:
    """Each hostile source (or each C(every)th) through workspace and build."""
    runs = shop.folder / "runs" / "hostile"
    for name, make in list(HOSTILE.items())[::every]:
        home = empty_folder(shop.folder / "hostile")
        empty_folder(runs)
        source = home / "source"
        source.mkdir()
        make(source)
        options = {**shop.workspace_options(home / "workspaces", name="hostile", source=source)}
        laid_out = run("go_workspace", options, runs, timeout=LIMIT, GOPROXY="off", GOFLAGS="-mod=mod")
        ended = [laid_out]
        if laid_out.succeeds:
            built = {**shop.build_options(home / "dist", name="hostile"), "workspaces": str(home / "workspaces")}
            ended.append(run("go_plugin_build", built, runs, timeout=LIMIT, GOPROXY="off"))
        wrong = [one.output[-600:] or f"killed after {one.seconds:.0f} s" for one in ended if not (one.succeeds or one.explains)]
        wrong += [f"{one.memory // 1_000_000} MB" for one in ended if not one.answers and one.memory]
        wrong += [f"left running {left_running(1)}"] if left_running(1) else []
        wrong += [f"something was run: {path}" for path in home.rglob("PWN")]
        wrong += ["an escape sequence in the result" for one in ended if _escapes(one.result)]
        yield f"{name}: {wrong}" if wrong else ""
    shutil.rmtree(shop.folder / "hostile", ignore_errors=True)


def _escapes(value: t.Any) -> bool:
    return "\x1b" in json.dumps(value, ensure_ascii=False).replace("\\u001b", "\x1b")
