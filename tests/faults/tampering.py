# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of ours that somebody changed, and folders that are not ours: the first are made again, the others stay."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import typing as t

from ansible_collections.goplugins.tyk.tests.faults.kills import Trial, empty_folder, listing, trial_of
from ansible_collections.goplugins.tyk.tests.faults.process import run
from ansible_collections.goplugins.tyk.tests.faults.shop import WRITING, Shop

# Beside what they describe, or in it; a folder in which none is left is not ours any more.
RECORDS = ("*.so.json", "receipts/a*.json", "tyk.json", ".goplugins-workspace.json", ".git/goplugins.json", ".goplugins.json")
# What a record can hold that we never wrote: other values, values of other types, no JSON, no text, too much of anything.
SPOILED: dict[str, bytes] = {
    "empty": b"",
    "list": b"[1]\n",
    "no keys": b"{}",
    "null": b"null",
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "no text": b"\xff\xfe\x00{}",
    "huge number": b'{"digest": 1e999999, "inputs": [1], "symbols": 7, "record": {"a": []}}',
    "half": b'{"digest": "',
}


def tampering(shop: Shop, every: int) -> t.Iterator[str]:
    """Each record spoiled in each way (or each C(every)th), its values of another type among them; then the artifacts themselves."""
    for module in WRITING:
        trial = trial_of(shop, module)
        trial.problem_after()
        for record in sorted(path for pattern in RECORDS for path in trial.place.rglob(pattern)):
            good = record.read_bytes()
            for name, content in [*SPOILED.items(), *_other_types(good)][::every]:
                record.write_bytes(content)
                yield _put_right(trial, f"{module}, {record.name}: {name}")
            record.unlink()
            record.mkdir()
            ended = trial.run()
            yield "" if ended.answers else f"{module}, {record.name} is a folder: {ended.output[-600:]}"
            if record.is_dir():
                record.rmdir()
            if record.name != ".goplugins-workspace.json":
                record.unlink(missing_ok=True)
                yield _put_right(trial, f"{module}, {record.name} is gone")
        for artifact in [*trial.place.rglob("*.so"), *trial.place.glob("tyk"), *trial.place.glob("*.zip")]:
            whole = artifact.read_bytes()
            for name, content in {"one bit": whole[:-1] + bytes([whole[-1] ^ 1]), "half": whole[: len(whole) // 2], "empty": b""}.items():
                artifact.write_bytes(content)
                yield _put_right(trial, f"{module}, {artifact.name}: {name}")


def _other_types(good: bytes) -> list[tuple[str, bytes]]:
    """The record with one value of another type at a time."""
    record = json.loads(good)
    return [
        (f"{key} of another type", json.dumps({**record, key: 7 if isinstance(record[key], (str, list, dict)) else "x"}).encode())
        for key in record
    ]


def _put_right(trial: Trial, what: str) -> str:
    problem = trial.problem_after()
    return f"{what}: {problem}" if problem else ""


def strangers(shop: Shop) -> t.Iterator[str]:
    """Folders of other people where a module is to write or to remove: nothing of them is changed or lost."""
    place = shop.folder / "strange"
    for module in WRITING:
        for state in ("present", "absent"):
            for shape in ("folder", "link"):
                options = shop.options(module, place)
                if state == "absent" and module not in ("go_workspace", "go_toolchain", "tyk_plugin_guard"):
                    continue
                empty_folder(place)
                precious = empty_folder(shop.folder / "precious")
                (precious / "mydata").write_text("precious\n")
                (precious / ".git").mkdir()
                (precious / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
                target = own_place(shop, module, place)
                target.parent.mkdir(parents=True, exist_ok=True)
                if shape == "link":
                    target.symlink_to(precious)
                else:
                    shutil.copytree(precious, target)
                before = (listing(precious), listing(target))
                ended = run(module, {**options, **({"state": state} if state == "absent" else {})}, shop.folder / "runs" / "strange")
                after = (listing(precious), listing(target) if target.exists() else {})
                lost = [path for one, other in zip(before, after) for path in one if path not in other]
                yield f"{module}, {state}, {shape}: lost {lost}, {ended.output[-300:]}" if lost or not ended.answers else ""


def own_place(shop: Shop, module: str, place: pathlib.Path) -> pathlib.Path:
    """The folder or file that a module calls its own."""
    if module == "tyk_plugin_bundle":
        # Its name follows from what is in it.
        (name,) = (path for path in trial_of(shop, module).after if path.endswith(".zip"))
        return place / name.lstrip("/")
    return {
        "tyk_build_receipt": place / "receipts",
        "tyk_plugin_guard": place / "guard.pyz",
        "tyk_plugin_scaffold": place / "enrich",
        "tyk_plugin_image": place / "image",
        "git_checkout": place / "src",
        "go_workspace": place / "testplugin",
        "go_plugin_build": place / "testplugin_v5.99.0_linux_amd64.so",
        "tyk_gateway_build": place / "tyk",
        "go_toolchain": place / "1.22.7",
    }[module]


def own_source(shop: Shop) -> t.Iterator[str]:
    """A workspace root that leads, by a link or directly, to the user's own source: the source stays."""
    for shape in ("root is a link to the source's parent", "source is reached by a link"):
        home = empty_folder(shop.folder / "home")
        source = home / "testplugin"
        shutil.copytree(shop.repository.parents[2] / "examples" / "plugins" / "testplugin", source)
        (source / ".git").mkdir()
        (source / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        link = shop.folder / "link"
        link.unlink(missing_ok=True)
        os.symlink(home, link)
        root, given = (link, source) if shape.startswith("root") else (home, link / "testplugin")
        before = listing(source)
        ended = run("go_workspace", shop.workspace_options(root, source=given), shop.folder / "runs" / "own")
        lost = [path for path in before if listing(source).get(path) != before[path]]
        yield f"{shape}: lost {lost[:5]}, {ended.output[-300:]}" if lost or not ended.answers else ""
