# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions with a mistake each, definitions without one, and files that no one would call a definition."""

from __future__ import annotations

import hashlib
import json
import pathlib

import hypothesis
import pytest
import yaml
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.bundle import Disk
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.document import MAX_BYTES
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.kinds import EFFECTS, KINDS
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.lint import Definition, lint
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.model import MAX_FINDINGS
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import Gateway, release_of
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from hypothesis import strategies as st

HERE = pathlib.Path(__file__).parent
RIGHT, MISTAKES = (yaml.safe_load((HERE / name).read_text(encoding="utf-8")) for name in ("right.yml", "mistakes.yml"))
ROOT = "/srv/tyk"


def gateway(version="v5.3.6"):
    return Gateway(release_of(version), Platform("linux", "amd64"), ROOT, "middleware")


def disk(there=(), files=None):
    """The gateway's host: the files that are there, and the text of some."""
    texts = {path: json.dumps(value).encode() for path, value in (files or {}).items()}

    def read(path):
        if path not in texts:
            raise FileNotFoundError(2, "No such file or directory", path)
        return texts[path]

    def checksum(paths):
        return hashlib.md5(b"".join(texts.get(path, b"") for path in paths)).hexdigest()

    return Disk(lambda path: path in texts or path in there, read, checksum)


def linted(case):
    """The report on a case of the tables."""
    bundle = f"{ROOT}/middleware/bundles/{hashlib.md5(case['bundle'].encode()).hexdigest()}" if "bundle" in case else ""
    files = {f"{bundle}/{name}/manifest.json": value for name, value in case.get("manifests", {}).items()}
    if "manifest" in case:
        files[f"{bundle}/manifest.json"] = case["manifest"]
    there = [path.format(bundle=bundle) for path in case.get("there", ())]
    data = case["text"].encode() if "text" in case else json.dumps(case["definition"]).encode()
    definition = Definition(case.get("path", f"{ROOT}/apps/api.json"), data)
    return bundle, lint([definition], gateway(case.get("version", "v5.3.6")), disk(there, files))


def test_there_are_thirty_of_each_and_no_name_twice():
    assert len(RIGHT) >= 30 and len(MISTAKES) >= 30
    for cases in (RIGHT, MISTAKES):
        assert len({case["name"] for case in cases}) == len(cases)


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case["name"])
def test_nothing_is_found_in_what_is_right(case):
    bundle, report = linted(case)
    assert [(finding.code, finding.where, finding.message) for finding in report.findings] == []
    found = [[plugin.hook.kind, plugin.hook.symbol, plugin.file] for plugin in report.plugins]
    assert found == [[kind, symbol, file.format(bundle=bundle)] for kind, symbol, file in case["plugins"]]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case["name"])
def test_each_mistake_is_found_and_nothing_else(case):
    _bundle, report = linted(case)
    assert [(finding.code, finding.where) for finding in report.findings] == [(case["finding"], case.get("where", ""))]
    if "plugins" in case or "bundle" not in case:
        assert [plugin.hook.symbol for plugin in report.plugins] == case.get("plugins", [])


def in_folder(**documents):
    definitions = [Definition(f"{ROOT}/apps/{name}.json", json.dumps(value).encode(), True) for name, value in documents.items()]
    return lint(definitions, gateway(), disk(["/p/a.so"]))


OAS = {
    "openapi": "3.0.3",
    "x-tyk-api-gateway": {
        "middleware": {
            "global": {
                "pluginConfig": {"driver": "goplugin"},
                "prePlugins": [{"enabled": True, "functionName": "First", "path": "/p/a.so"}],
            }
        }
    },
}


def classic(**more):
    return {
        "api_id": "a",
        "use_keyless": True,
        "custom_middleware": {"driver": "goplugin", "pre": [{"name": "First", "path": "/p/a.so"}]},
        **more,
    }


def test_in_a_folder_the_definition_beside_an_openapi_document_decides():
    report = in_folder(**{"shop": classic(is_oas=True), "shop-oas": OAS})
    assert report.findings == () and [plugin.hook.where for plugin in report.plugins] == ["custom_middleware.pre[0]"]


def test_in_a_folder_an_openapi_document_alone_is_never_loaded():
    for documents in ({"shop-oas": OAS}, {"shop": OAS}, {"shop": classic(), "shop-oas": OAS}):
        report = in_folder(**documents)
        assert [finding.code for finding in report.findings] == ["oas-document-alone"], documents
        assert len(report.plugins) == len(documents) - 1


def test_what_only_the_openapi_document_names_is_not_loaded():
    report = in_folder(**{"shop": {"api_id": "a", "is_oas": True, "use_keyless": True}, "shop-oas": OAS})
    assert [(finding.code, finding.where) for finding in report.findings] == [
        ("oas-document-differs", "x-tyk-api-gateway.middleware.global.prePlugins[0]")
    ]
    assert report.plugins == ()


def test_one_function_in_two_definitions_must_have_one_signature():
    other = {"api_id": "b", "use_keyless": True, "custom_middleware": {"response": [{"name": "First", "path": "/p/a.so"}]}}
    (finding,) = in_folder(a=classic(), b=other).findings
    assert (finding.code, finding.definition) == ("symbol-of-two-kinds", f"{ROOT}/apps/b.json")


def test_a_path_that_two_names_lead_to_is_taken_in_the_gateways_order():
    names = [f"/p/a_{version}_linux_amd64.so" for version in ("v5.3.6", "5.3.6")] + ["/p/a.so"]
    for number in range(3):
        data = json.dumps(classic()).encode()
        (plugin,) = lint([Definition("/d.json", data)], gateway(), disk(names[number:])).plugins
        assert (plugin.file, list(plugin.candidates)) == (names[number], names)


HOSTILE = {
    "nothing": (b"", "definition-not-json"),
    "not UTF-8": (b'{"api_id": "\xff\xfe", "use_keyless": true}', "definition-not-utf8"),
    "UTF-16": ('{"api_id": "x"}'.encode("utf-16"), "definition-not-utf8"),
    "deep lists": (b"[" * 100_000, "definition-too-large"),
    "deep objects": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "definition-too-large"),
    "many values": (b"[" + b"[]," * 600_000 + b"[]]", "definition-too-large"),
    "a large file": (b'{"a": "' + b"x" * MAX_BYTES + b'"}', "definition-too-large"),
    "a long number": (b'{"api_id": "x", "session_lifetime": ' + b"9" * 1_000_000 + b"}", None),
    "NaN": (b'{"api_id": "x", "session_lifetime": NaN}', "definition-not-json"),
    "a text": (b'"x"', "definition-wrong-type"),
    "null": (b"null", "definition-not-recognized"),
    "half a surrogate pair": (
        b'{"use_keyless": true, "custom_middleware": {"driver": "goplugin", "pre": [{"name": "\\ud800", "path": "/p/\\udfff.so"}]}}',
        "symbol-not-a-name",
    ),
    "control characters in a key": (b'{"api_id": "x", "\\u001b[2J\\n": {"a": 1, "a": 2}}', "definition-key-twice"),
    "a zero byte": (
        b'{"use_keyless": true, "custom_middleware": {"driver": "goplugin", "pre": [{"name": "A", "path": "a\\u0000b"}]}}',
        "named-file-missing",
    ),
    "an unclosed string": (b'{"api_id": "' + b"\\" * 99_999, "definition-not-json"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_a_message(name):
    data, code = HOSTILE[name]
    report = lint([Definition("/apps/x.json", data)], gateway(), disk())
    codes = [finding.code for finding in report.findings]
    assert (code in codes) if code else codes == [], report.findings
    for finding in report.findings:
        text = "".join([*finding[:-1], *finding.cure])
        assert text.isprintable() and len(text) < 4000
        text.encode()


def test_a_flood_of_entries_and_keys_is_bounded():
    def pre(*entries):
        return {"api_id": "a", "use_keyless": True, "custom_middleware": {"driver": "goplugin", "pre": list(entries)}}

    empty = pre(*({} for _number in range(30_000)))
    good = pre(*({"name": "First", "path": f"/p/{number}.so"} for number in range(3_000)))
    keys = pre({f"naem{number}": number for number in range(60_000)})
    for definition, most in ((empty, MAX_FINDINGS + 1), (good, 1), (keys, MAX_FINDINGS + 1)):
        report = lint([Definition("/d.json", json.dumps(definition).encode())], gateway(), disk())
        assert 0 < len(report.findings) <= most and report.plugins == ()
        assert definition is keys or report.findings[-1].code == "definition-too-large"


def test_of_a_dropped_definition_no_plugin_is_loaded():
    for more in ({"use_keyless": "yes"}, {"version_data": []}):
        report = lint([Definition("/d.json", json.dumps(classic(**more)).encode())], gateway(), disk(["/p/a.so"]))
        assert [finding.code for finding in report.findings] == ["definition-wrong-type"] and report.plugins == ()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def replaced(value, path, new):
    """The value with another one at a place."""
    if not path or not isinstance(value, (dict, list)) or not value:
        return new
    step = path[0] % len(value)
    if isinstance(value, list):
        return [*value[:step], replaced(value[step], path[1:], new), *value[step + 1 :]]
    key = list(value)[step]
    return {**value, key: replaced(value[key], path[1:], new)}


@hypothesis.given(
    st.sampled_from([case["definition"] for case in (*RIGHT, *MISTAKES) if "definition" in case]),
    st.lists(st.integers(0, 9), max_size=8),
    ANYTHING,
)
def test_whatever_stands_anywhere_is_a_message(definition, path, new):
    data = json.dumps(replaced(definition, path, new)).encode()
    for name in ("/apps/x.json", "/apps/manifest.json"):
        report = lint([Definition(name, data)], gateway(), disk(["/p/a.so"]))
        assert all(finding.code in KINDS for finding in report.findings)
        assert all(plugin.hook.path and plugin.hook.symbol for plugin in report.plugins)


def test_every_finding_of_the_table_is_in_a_test():
    told = {case["finding"] for case in MISTAKES} | {code for _data, code in HOSTILE.values()}
    in_tests_of_their_own = {"oas-document-alone", "oas-document-differs", "definition-unreadable"}
    assert set(KINDS) - told - in_tests_of_their_own == set()


def test_effects_are_known_and_words_are_whole():
    for kind in KINDS.values():
        assert kind.effect in EFFECTS
        for sentence in (kind.message, kind.meaning):
            assert sentence.endswith(".") and "  " not in sentence, kind.code


# What oas.OAS.ExtractTo of Tyk v5.3.6 made of the OpenAPI documents of both tables: classic definitions, cut to what plugins need.
EXTRACTED = json.loads((HERE / "extracted-v5.3.6.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXTRACTED)
def test_an_openapi_document_names_what_tyk_makes_of_it(name):
    case = next(case for case in (*RIGHT, *MISTAKES) if case["name"] == name)
    found = []
    for definition in (case["definition"], EXTRACTED[name]):
        _bundle, report = linted({**case, "definition": definition})
        found.append(sorted((plugin.hook.kind, plugin.hook.symbol, plugin.file, plugin.hook.endpoint) for plugin in report.plugins))
    assert found[0] == found[1]


def test_every_openapi_document_for_that_release_was_given_to_tyk():
    cases = [case for case in (*RIGHT, *MISTAKES) if "x-tyk-api-gateway" in case.get("definition", {}) and "version" not in case]
    assert sorted(case["name"] for case in cases) == sorted(EXTRACTED)
