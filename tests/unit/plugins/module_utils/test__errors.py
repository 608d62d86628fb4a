# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error, what becomes an error, command lines to paste, and text without secrets and control characters."""

from __future__ import annotations

import errno
import os
import shlex
import string
import subprocess
import time
import urllib.parse

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import (
    GoPluginsError,
    command_line,
    from_exception,
    from_system,
    mask_credentials,
    quoted,
    secrets_in,
    shortened,
    shown,
    visible,
)
from hypothesis import given
from hypothesis import strategies as st

# --- Secrets ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://user:secret@host/x.git", "https://***@host/x.git"),
        ("https://token@host", "https://***@host"),
        ("fatal: unable to access 'https://u:p@h/': no", "fatal: unable to access 'https://***@h/': no"),
        ("a ssh://git@h/x b http://u:p@h2/y", "a ssh://***@h/x b http://***@h2/y"),
        ("https://user:p@ss@host/x", "https://***@host/x"),
        ("https://u:p/a ss@host, direct", "https://***@host, direct"),
        ("https://u:p?a#b@host/x", "https://***@host/x"),
        ("https://u:p@a/b@host/x", "https://***@host/x"),
        ("https://to/ken@host", "https://***@host"),
        ("https://u:12/34@host/x", "https://***@host/x"),
        ("https://u:p@v2.proxy/x/@v/list", "https://***@v2.proxy/x/@v/list"),
        ("https://u:p'q\"r@host/", "https://***@host/"),
        ("https://u:cut o", "https://u:*** o"),
        ('parse "https://u:p/a ss@h": invalid port ":p" after host', 'parse "https://***@h": invalid port ":***" after host'),
        ("GOPROXY=https://u:p@q|https://z:w@r,direct", "GOPROXY=https://***@q|https://***@r,direct"),
        ("user:PASSWORD@host:path", "***@host:path"),
        ("clone user:P/A:S@S@host:path failed", "clone ***@host:path failed"),
        ("https://h/x?token=abc&X-Amz-Signature=zz#access_token=q", "https://h/x?token=***&X-Amz-Signature=***#access_token=***"),
        ("https://h/x?abcdef", "https://h/x?***"),
        ("https://h/a?x=https%3A%2F%2Fu%3Ap%40h2 and b", "https://h/a?x=*** and b"),
        ("form: url=https%3A%2F%2Fu%3Ap%40h2%2Fx", "form: url=https%3A%2F%2F***%40h2%2Fx"),
        ("> Authorization: Bearer abc.def\n> Accept: x", "> Authorization: ***\n> Accept: x"),
        ('{"password": "x y", "b": 1}', '{"password": "*** y", "b": 1}'),
        ("run --api-key=abc now", "run --api-key=*** now"),
    ],
)
def test_secrets_are_masked(text, masked):
    assert mask_credentials(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "https://host/path@v1.0.0",
        "git@github.com:x/y.git",
        "go: github.com/a/b@v1.2.3: reading https://proxy.example.com/a/b/@v/v1.2.3.mod: 404",
        "http://localhost:8080/m/@v/list?go-get=1",
        "http://proxy/m/@latest",
        "https://[::1]:8080/x",
        "https://host:8080: connection refused",
        "https://host: no such host",
        "reading https://a.example,direct: 404",
        "image tykio/tyk:v5.3.6@sha256:0123",
        "file:///srv/a:b/c@d",
        "is it https://host/x?",
        "https://pkg.go.dev/cmd/go#hdr-Modules",
        "./a.go:3:5: undefined: token",
        "ldflags=-s -w",
    ],
)
def test_what_is_no_secret_stays(text):
    assert mask_credentials(text) == text
    assert secrets_in(text) == []


SECRETS = st.text(alphabet=string.ascii_letters + string.digits, min_size=8, max_size=20).map(lambda text: f"S3{text}")
# What stands in a password beside its letters, raw or encoded.
JOINTS = st.sampled_from(["", "/", " ", "@", ":", "?", "#", "&", "=", "%", "'", '"', "!", "$", ",", "|", ";", "+", "~", "\\", "é"])
PASSWORDS = st.tuples(SECRETS, JOINTS, SECRETS)
HOSTS = st.sampled_from(["host", "git.example.com", "10.0.0.1", "[::1]", "host:8443", "v2.example.com", "latest.example.com:1"])
PATHS = st.sampled_from(["", "/", "/x.git", "/m/@v/list", "/a/b?go-get=1", ":path/x", "/m@v1.2.3"])
AROUND = st.sampled_from(
    ["{}", "x {} y", "'{}'", '"{}",', "A={}|direct", "({})", "go: m@v1.0.0: {}: 404", "\n{}\n", "<{}>", "off,{},direct"],
)
USERS = st.sampled_from(["u", "first.last", "oauth2", "x-access-token", "a%40b", ""])


SCHEME = st.sampled_from(["https", "http", "git+ssh", "HTTPS", "socks5"])


@given(SCHEME, USERS, PASSWORDS, st.booleans(), HOSTS, PATHS, AROUND)
def test_no_password_of_a_url_survives(scheme, user, password, encoded, host, path, around):
    first, joint, second = password
    word = urllib.parse.quote(f"{first}{joint}{second}", safe="") if encoded else f"{first}{joint}{second}"
    masked = mask_credentials(around.format(f"{scheme}://{user}:{word}@{host}{path}"))
    assert first not in masked and second not in masked


@given(SCHEME, SECRETS, HOSTS, PATHS, AROUND)
def test_no_token_of_a_url_survives(scheme, token, host, path, around):
    assert token not in mask_credentials(around.format(f"{scheme}://{token}@{host}{path}"))


@given(
    st.sampled_from(["token", "access_token", "X-Amz-Signature", "sig", "k", "any%20thing", ""]), SECRETS, st.sampled_from("?&#;"), AROUND
)
def test_no_parameter_of_a_url_survives(name, secret, sign, around):
    assert secret not in mask_credentials(around.format(f"https://h.example/x?a=b{sign}{name}={secret}"))


@given(SECRETS, st.sampled_from(["user", "first.last", "git"]), st.sampled_from(["host:path", "git.example.com:a/b.git", "h"]), AROUND)
def test_no_password_of_an_ssh_address_survives(secret, user, place, around):
    assert secret not in mask_credentials(around.format(f"{user}:{secret}@{place}"))


@given(USERS, PASSWORDS, HOSTS)
def test_a_module_knows_the_secrets_that_it_was_given(user, password, host):
    word = "".join(password)
    found = secrets_in(f"https://{user}:{word}@{host}/x")
    assert word in found and urllib.parse.quote(word, safe="") in found
    # A program that reads the URL otherwise shows a piece of it.
    assert password[1] not in ("/", " ", "@", "?", "#") or {password[0], password[2]} <= set(found)


def test_what_is_masked_ends_soon():
    """The texts come from programs and files that may want to keep us busy."""
    started = time.monotonic()
    busy = ("a://" * 99_999, "a.a." * 99_999, "x:y@" * 99_999, "https://u:" + "a" * 999_999, "token=" * 99_999, "%3a%2f%2f" * 99_999)
    for text in busy:
        mask_credentials(text)
    assert time.monotonic() - started < 30


# --- Command lines ------------------------------------------------------------------------------------------------------------------

HOSTILE = st.one_of(
    st.text(),
    st.sampled_from(
        [
            "-rf",
            "--",
            "x;touch PWN;#",
            "$(touch PWN)",
            "`touch PWN`",
            "a\ntouch PWN",
            "'; touch PWN #",
            "\x1b]0;x\x07",
            "|touch PWN",
            "\udcff",
            "~",
            "*",
        ]
    ),
)


@given(st.lists(HOSTILE, max_size=3))
def test_each_word_of_others_stays_one_word(words):
    line = command_line("ls -ld", *words)
    assert line.splitlines() == [line] and line.isprintable()
    ours, theirs = shlex.split(line)[:2], shlex.split(line)[2:]
    assert ours == ["ls", "-ld"] and len(theirs) == len(words)
    assert not any(word.startswith("-") for word in theirs)
    for word, given_word in zip(theirs, words):
        shown_word = visible(given_word, kept="")
        assert word in (shown_word, f"./{shown_word}") or f"./{word}" == shown_word


def test_no_command_runs_what_a_word_says(tmp_path):
    hostile = ["x;touch PWN;#", "$(touch PWN)", "`touch PWN`", "a\ntouch PWN\n", "'; touch PWN; '", '"; touch PWN; "', "&& touch PWN"]
    hostile += ["-x|touch PWN", "\\'; touch PWN", "\udcff;touch PWN", "${IFS}touch${IFS}PWN", "-rf"]
    lines = "\n".join(command_line("echo", word) for word in hostile)
    done = subprocess.run(["/bin/sh", "-c", lines], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == len(hostile)
    assert not list(tmp_path.iterdir())


def test_an_option_of_ours_stays_one():
    assert quoted("-tags=a b", option=True) == "'-tags=a b'"
    assert quoted("-rf") == "./-rf"


# --- Text ---------------------------------------------------------------------------------------------------------------------------


def test_what_a_terminal_obeys_is_shown_and_not_sent():
    assert visible("a\x1b[2J\r\x9b\u202e\udcff\U000e0001é\n\tb") == "a\\x1b[2J\\x0d\\x9b\\u202e\\xff\\U000e0001é\n\tb"
    assert visible("a\nb", kept="") == r"a\x0ab"


LEAVES = st.one_of(st.text(), st.binary(), st.integers(), st.none())


@given(st.recursive(LEAVES, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner))))
def test_every_result_is_valid_and_visible(value):
    def texts(value):
        if isinstance(value, dict):
            for key, item in value.items():
                yield from (*texts(key), *texts(item))
        elif isinstance(value, list):
            for item in value:
                yield from texts(item)
        elif isinstance(value, str):
            yield value
        else:
            assert not isinstance(value, bytes)

    for text in texts(shown(value)):
        text.encode("utf-8")
        assert all(character.isprintable() or character in "\n\t" for character in text)


def test_no_text_is_endless():
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("a" * 100 + "b" * 100, 64) == "aa\n[... 196 characters left out ...]\nbb"
    assert len(shown("x" * 5_000_000)) <= 100_000


@given(st.recursive(LEAVES, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner))))
def test_what_was_shown_stays_as_it_is(value):
    """A record is written so, and compared with what a module returns of it."""
    assert shown(shown(value)) == shown(value)


@pytest.mark.parametrize(
    "text",
    [
        "https://u:p/a ss@host",
        "https://u:cut",
        "user:PASS@host:path",
        "https://h/x?a=b&c#d=e",
        "Authorization: x",
        "token=x",
        "z" * 200_000,
    ],
)
def test_what_was_masked_stays_masked_alike(text):
    assert shown(shown(text)) == shown(text) and shown(text) != text


# --- The error ----------------------------------------------------------------------------------------------------------------------


def test_the_result_names_the_fix_and_masks_every_detail():
    error = GoPluginsError(
        "cannot read https://u:pw123@h",
        "git ls-remote https://u:pw123@h",
        cmd=["git", "https://u:pw123@h"],
        rc=128,
        stderr="https://u:pw123@h",
    )
    result = error.as_result()
    assert result == {
        "msg": "cannot read https://***@h\nFix: git ls-remote https://***@h",
        "cmd": ["git", "https://***@h"],
        "rc": 128,
        "stderr": "https://***@h",
    }


def test_without_a_fix_the_message_stands_alone():
    assert GoPluginsError("no").as_result() == {"msg": "no"}


def test_as_one_of_several_failures_the_fix_is_a_list_of_lines():
    error = GoPluginsError("cannot read https://u:pw123@h", "git fetch https://u:pw123@h\nor choose another", rc=1)
    assert error.as_failure() == {"message": "cannot read https://***@h", "fix": ["git fetch https://***@h", "or choose another"]}
    assert GoPluginsError("no").as_failure() == {"message": "no", "fix": []}


@pytest.mark.parametrize(
    ("make", "message", "fix"),
    [
        (lambda folder: os.makedirs(folder / "file" / "x"), "{0}/file/x cannot exist, as {0}/file is not a folder", "ls -ld {0}/file"),
        (lambda folder: os.makedirs(folder / "file"), "{0}/file is not a folder", "ls -ld {0}/file"),
        (lambda folder: os.open(folder, os.O_WRONLY), "{0} is a folder, where a file belongs", "ls -ld {0}"),
        (lambda folder: os.open(folder / "no" / "where", os.O_RDONLY), "{0}/no/where: No such file or directory", "ls -ld {0}"),
        (lambda folder: os.open(os.fsencode(folder / "nowhere"), os.O_RDONLY), "{0}/nowhere: No such file or directory", "ls -ld {0}"),
    ],
)
def test_what_the_system_refused_is_named_with_what_shows_why(tmp_path, make, message, fix):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError) as caught:
        make(tmp_path)
    error = from_system(caught.value)
    assert (error.message, error.fix) == (message.format(tmp_path), fix.format(tmp_path))


def test_a_copy_to_a_full_disk_names_the_disk_that_is_full():
    error = OSError(errno.ENOSPC, "No space left on device", "/source", None, "/dev/destination")
    assert from_system(error, "/tmp").as_result()["msg"] == "/dev/destination: No space left on device\nFix: df -h /dev"


def test_what_is_to_be_seen_of_a_path_is_safe_to_paste(tmp_path):
    place = tmp_path / "x;touch PWN;#\n\x1b"
    place.mkdir()
    error = from_system(OSError(errno.EACCES, "Permission denied", str(place)))
    assert shlex.split(error.fix) == ["ls", "-ld", f"{tmp_path}/x;touch PWN;#\\x0a\\x1b"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "too little memory"),
        (RecursionError("maximum recursion depth exceeded"), "nested too deeply"),
        (UnicodeEncodeError("utf-8", "a\udcff", 1, 2, "surrogates not allowed"), "is no text that can be written as UTF-8"),
        (UnicodeDecodeError("utf-8", b"a\xff", 1, 2, "invalid start byte"), "is not UTF-8: byte 1 is wrong"),
        (ValueError("embedded null byte"), "holds a null byte"),
        (ZeroDivisionError("division by zero"), "an error of the module itself: ZeroDivisionError: division by zero"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/dev/x\0y"), "No such file"),
    ],
)
def test_whatever_is_raised_is_a_message(error, message):
    result = from_exception(error).as_result()
    assert message in result["msg"] and "\nFix: " in result["msg"]
    assert ("exception" in result) == isinstance(error, ZeroDivisionError)


def test_an_error_of_ours_stays_as_it_is():
    error = GoPluginsError("no")
    assert from_exception(error) is error
    assert from_exception(OSError(errno.ENOSPC, "No space left on device"), "/dev").fix == "df -h /dev"
