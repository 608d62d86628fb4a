# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a new plugin. Pure: values in, texts out; the Go code is as gofmt writes it.

The gateway is not in go.mod: the one that the plugin is built for stands in for any version there, and Go would ask a proxy for that one.
The Go module has a folder of its own, so that artifacts and notes beside it are no part of the plugin's source.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import PACKAGES
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import TYK

# Text that YAML takes for text without quotes (https://yaml.org/spec/1.2.2/#733-plain-style), and not for a truth value or null.
_PLAIN = re.compile(r"(?!(?:y|yes|n|no|true|false|on|off|null)$)[A-Za-z/~][A-Za-z0-9_./@+-]*(?::[A-Za-z0-9_./@+-]+)*", re.IGNORECASE)


class Plugin(t.NamedTuple):
    """What a new plugin is to be.

    name: of the plugin and of its Go module's folder. module: its module path. hooks: kinds of hook. go_version: for go.mod, as 1.22.6.
    gateway: variables of the playbooks, from name to value, that name the gateway in plugins.yml.
    """

    name: str
    module: str
    hooks: tuple[str, ...]
    go_version: str
    gateway: t.Mapping[str, t.Any]


class _Hook(t.NamedTuple):
    """symbol: the Go function. code, test: its text, and that of its test, with the packages that each imports."""

    symbol: str
    code: str
    code_imports: tuple[str, ...]
    test: str
    test_imports: tuple[str, ...]


def files(plugin: Plugin) -> dict[str, str]:
    """From path in the new folder to text."""
    return {
        ".gitignore": "# Made by builds, and by go work init\n/dist/\n/go.work\n/go.work.sum\n",
        "README.md": _readme(plugin),
        f"{plugin.name}/go.mod": f"module {plugin.module}\n\ngo {plugin.go_version}\n",
        f"{plugin.name}/hooks.go": _code(plugin),
        f"{plugin.name}/hooks_test.go": _test(plugin),
        "plugins.yml": _variables(plugin),
    }


def symbols(hooks: t.Iterable[str]) -> dict[str, str]:
    """From Go function to kind of hook."""
    return {_HOOKS[kind].symbol: kind for kind in hooks}


def _code(plugin: Plugin) -> str:
    hooks = [_HOOKS[kind] for kind in plugin.hooks]
    imports = _imports(["net/http"] if set(plugin.hooks) != {"analytics"} else [], *(hook.code_imports for hook in hooks))
    name = f'// The hooks leave this name where they were.\nconst name = "{plugin.name}"\n'
    about = f"// {plugin.name} is a plugin for Tyk Gateway. The gateway calls its exported functions where an API definition names them.\n"
    return _with_tabs([f"{about}package main\n", imports, name, *(hook.code for hook in hooks), "func main() {}\n"])


def _test(plugin: Plugin) -> str:
    hooks = [_HOOKS[kind] for kind in plugin.hooks]
    return _with_tabs(["package main\n", _imports(["testing"], *(hook.test_imports for hook in hooks)), *(hook.test for hook in hooks)])


def _with_tabs(parts: t.Iterable[str]) -> str:
    """The parts of a Go file, which in this one are indented as Python is, as gofmt indents them."""
    return re.sub(r"^(?: {4})+", lambda spaces: "\t" * (len(spaces[0]) // 4), "\n".join(parts), flags=re.MULTILINE)


def _imports(*needed: t.Iterable[str]) -> str:
    """The import declaration: the standard library first, in order."""
    paths = sorted({path for some in needed for path in some})
    groups = [[path for path in paths if ("." in path.split("/")[0]) == foreign] for foreign in (False, True)]
    blocks = ["".join(f'\t"{path}"\n' for path in group) for group in groups if group]
    return "import (\n" + "\n".join(blocks) + ")\n"


def _variables(plugin: Plugin) -> str:
    gateway = "".join(f"{name}: {_scalar(value)}\n" for name, value in plugin.gateway.items())
    hooks = "".join(f"      {symbol}: {kind}\n" for symbol, kind in symbols(plugin.hooks).items())
    return f"""\
---
# For the playbooks of goplugins.tyk, started in this folder: ansible-playbook goplugins.tyk.build_plugins -e @plugins.yml
{gateway}tyk_plugins:
  - name: {_scalar(plugin.name)}
    source: {_scalar(plugin.name)}
    # Each change of the source gets a module path of its own, so that a gateway that runs takes it by a reload.
    id: auto
    hooks:
{hooks}"""


def _scalar(value: t.Any) -> str:
    """A value in YAML, in one line."""
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else json.dumps(value)


def _readme(plugin: Plugin) -> str:
    rows = "".join(f"| `{symbol}` | {kind} |\n" for symbol, kind in symbols(plugin.hooks).items())
    return f"""\
# {plugin.name}

A Go plugin for Tyk Gateway.

| function in `{plugin.name}/hooks.go` | hook |
|---|---|
{rows}
`plugins.yml` says which gateway it is for, and of which kind each hook is.

## Build it

```console
$ ansible-playbook goplugins.tyk.build_plugins -e @plugins.yml
```

builds the plugin with the gateway's exact Go, lets that gateway load it, and copies it to `dist`.

## Test it

The tests call the hooks without a gateway, but compile them with its packages. A build leaves its source below `~/tyk-plugins`, or
`tyk_workspace_root`:

```console
$ go work init ./{plugin.name} ~/tyk-plugins/gateways/{_folder(plugin)}/src
$ go test ./{plugin.name}
```

`go.work` stays out of git. It has the gateway, and `go.mod` does not: so packages and versions are those of the gateway that you build for.
"""


def _folder(plugin: Plugin) -> str:
    """The folder in which builds keep the gateway's source, named after the version that is asked for, or the commit of the binary."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", str(plugin.gateway.get("tyk_gateway_version") or "")) or "*"


_CTX, _USER, _APIDEF = (f"{TYK}/{package}" for package in ("ctx", "user", "apidef"))

_PLAIN_CODE = """\
// {symbol} {when}. It may change the request, or answer it by writing to rw.
func {symbol}(rw http.ResponseWriter, r *http.Request) {{
    r.Header.Set("X-{symbol}", name)
}}
"""

_PLAIN_TEST = """\
func Test{symbol}(t *testing.T) {{
    r := httptest.NewRequest(http.MethodGet, "/", nil)
    {symbol}(httptest.NewRecorder(), r)
    if got := r.Header.Get("X-{symbol}"); got != name {{
        t.Errorf("X-{symbol} is %q, want %q", got, name)
    }}
}}
"""


def _plain(symbol: str, when: str) -> _Hook:
    return _Hook(
        symbol,
        _PLAIN_CODE.format(symbol=symbol, when=when),
        (),
        _PLAIN_TEST.format(symbol=symbol),
        ("net/http", "net/http/httptest"),
    )


_AUTH_CHECK = """\
// AuthCheck decides who gets in. It lets a request in by giving it a session, and answers it otherwise. This one compares the Authorization
// header with the key in the API definition, "config_data": {"key": "..."}; without one nobody gets in.
func AuthCheck(rw http.ResponseWriter, r *http.Request) {
    definition := ctx.GetDefinition(r)
    key := r.Header.Get("Authorization")
    if definition == nil || !accepts(definition, key) {
        http.Error(rw, "access not allowed", http.StatusForbidden)
        return
    }
    setSession(r, &user.SessionState{KeyID: key, Alias: name, OrgID: definition.OrgID})
}

func accepts(definition *apidef.APIDefinition, key string) bool {
    want, _ := definition.ConfigData["key"].(string)
    return want != "" && subtle.ConstantTimeCompare([]byte(key), []byte(want)) == 1
}

// Tests replace it: ctx.SetSession needs the configuration of a gateway that runs.
var setSession = func(r *http.Request, session *user.SessionState) {
    ctx.SetSession(r, session, true)
}
"""

_AUTH_CHECK_TEST = """\
func TestAuthCheck(t *testing.T) {
    was := setSession
    defer func() { setSession = was }()
    definition := &apidef.APIDefinition{ConfigData: map[string]interface{}{"key": "let-me-in"}}
    tests := []struct {
        about      string
        definition *apidef.APIDefinition
        key        string
        status     int
    }{
        {"the key", definition, "let-me-in", http.StatusOK},
        {"another key", definition, "let-me", http.StatusForbidden},
        {"no key", definition, "", http.StatusForbidden},
        {"a definition without a key", &apidef.APIDefinition{}, "", http.StatusForbidden},
        {"no definition", nil, "let-me-in", http.StatusForbidden},
    }
    for _, test := range tests {
        t.Run(test.about, func(t *testing.T) {
            var session *user.SessionState
            setSession = func(_ *http.Request, given *user.SessionState) { session = given }
            r := httptest.NewRequest(http.MethodGet, "/", nil)
            r.Header.Set("Authorization", test.key)
            if test.definition != nil {
                ctx.SetDefinition(r, test.definition)
            }
            rw := httptest.NewRecorder()
            AuthCheck(rw, r)
            if rw.Code != test.status {
                t.Errorf("the status is %d, want %d", rw.Code, test.status)
            }
            if (session != nil) != (test.status == http.StatusOK) {
                t.Errorf("the session is %v", session)
            }
        })
    }
}
"""

_POST_KEY_AUTH = """\
// PostKeyAuth runs after authentication. This one says in a header whose session the gateway found.
func PostKeyAuth(rw http.ResponseWriter, r *http.Request) {
    if session := ctx.GetSession(r); session != nil {
        r.Header.Set("X-Alias", session.Alias)
    }
}
"""

_POST_KEY_AUTH_TEST = """\
func TestPostKeyAuth(t *testing.T) {
    r := httptest.NewRequest(http.MethodGet, "/", nil)
    PostKeyAuth(httptest.NewRecorder(), r)
    if got := r.Header.Get("X-Alias"); got != "" {
        t.Errorf("without a session X-Alias is %q", got)
    }
    r = r.WithContext(context.WithValue(r.Context(), ctx.SessionData, &user.SessionState{Alias: "alice"}))
    PostKeyAuth(httptest.NewRecorder(), r)
    if got := r.Header.Get("X-Alias"); got != "alice" {
        t.Errorf("X-Alias is %q, want alice", got)
    }
}
"""

_RESPONSE = """\
// Response runs when the target has answered. It may change the response.
func Response(rw http.ResponseWriter, res *http.Response, req *http.Request) {
    res.Header.Set("X-Response", name)
}
"""

_RESPONSE_TEST = """\
func TestResponse(t *testing.T) {
    res := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}}
    Response(httptest.NewRecorder(), res, httptest.NewRequest(http.MethodGet, "/", nil))
    if got := res.Header.Get("X-Response"); got != name {
        t.Errorf("X-Response is %q, want %q", got, name)
    }
}
"""

_ANALYTICS = """\
// Analytics runs before the gateway stores the record of a request. It may change the record.
func Analytics(record *analytics.AnalyticsRecord) {
    record.Tags = append(record.Tags, name)
}
"""

_ANALYTICS_TEST = """\
func TestAnalytics(t *testing.T) {
    record := &analytics.AnalyticsRecord{Tags: []string{"before"}}
    Analytics(record)
    if len(record.Tags) != 2 || record.Tags[1] != name {
        t.Errorf("the tags are %q, want %q as the second", record.Tags, name)
    }
}
"""

_HTTP_TEST = ("net/http", "net/http/httptest")
_HOOKS = {
    "pre": _plain("Pre", "runs before authentication"),
    "auth_check": _Hook(
        "AuthCheck", _AUTH_CHECK, ("crypto/subtle", _APIDEF, _CTX, _USER), _AUTH_CHECK_TEST, (*_HTTP_TEST, _APIDEF, _CTX, _USER)
    ),
    "post_key_auth": _Hook("PostKeyAuth", _POST_KEY_AUTH, (_CTX,), _POST_KEY_AUTH_TEST, ("context", *_HTTP_TEST, _CTX, _USER)),
    "post": _plain("Post", "runs last, before the gateway asks the target"),
    "response": _Hook("Response", _RESPONSE, (), _RESPONSE_TEST, _HTTP_TEST),
    "analytics": _Hook("Analytics", _ANALYTICS, (PACKAGES["analytics"],), _ANALYTICS_TEST, (PACKAGES["analytics"],)),
}
