package server

import (
	"crypto/md5"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/justinas/alice"

	"github.com/TykTechnologies/tyk/apidef"
)

func TestWhatCannotBeServedIsLeftOut(t *testing.T) {
	target := echo(t)
	_, all := started(t, map[string]string{
		"a.json":      api1("one", target),
		"b.json":      api1("one", target),
		"broken.json": "{,",
		"c.json":      `{"api_id": "c", "proxy": {"listen_path": "/one/", "target_url": "http://a"}}`,
		"root.json":   `{"api_id": "root", "use_keyless": true, "proxy": {"listen_path": "/", "target_url": "` + target + `"}}`,
		"bundle.json": `{"api_id": "d", "custom_middleware_bundle": "b.zip", "proxy": {"listen_path": "/d/", "target_url": "http://a"}}`,
		"other.yaml":  api1("yaml", target),
		"gone.json":   `{"api_id": "e", "is_oas": true, "proxy": {"listen_path": "/e/", "target_url": "http://a"}}`,
	})
	if _, fields := owned(all, "GET", "/tyk/apis/one", ""); fields["api_id"] != "one" {
		t.Errorf("got %v", fields)
	}
	for _, id := range []string{"c", "d", "e", "yaml"} {
		said(t, all, "GET", "/tyk/apis/"+id, "", http.StatusNotFound, "message", saidNotFound)
	}
	// The longest listen path comes first, whatever the order of the files; the control API comes before all.
	expect(t, call(all, "GET", "/one/two", ""), http.StatusAccepted, "/one/two")
	expect(t, call(all, "GET", "/two", ""), http.StatusAccepted, "/two")
	expect(t, call(all, "GET", "/hello", ""), http.StatusOK, "Tyk GW")
}

func TestAnAPIKeepsItsHooksWhenNothingOfItChanged(t *testing.T) {
	hook := []apidef.MiddlewareDefinition{{Name: "Hook", Path: "hook.so"}}
	off := []apidef.MiddlewareDefinition{{Name: "Hook", Path: "hook.so", Disabled: true}}
	for name, c := range map[string]struct {
		definition apidef.APIDefinition
		other      byte
		want       bool
	}{
		"plain":            {apidef.APIDefinition{}, 0, false},
		"another text":     {apidef.APIDefinition{}, 1, true},
		"pre":              {apidef.APIDefinition{CustomMiddleware: apidef.MiddlewareSection{Pre: hook}}, 0, true},
		"response":         {apidef.APIDefinition{CustomMiddleware: apidef.MiddlewareSection{Response: hook}}, 0, true},
		"disabled":         {apidef.APIDefinition{CustomMiddleware: apidef.MiddlewareSection{Post: off}}, 0, false},
		"bundle":           {apidef.APIDefinition{CustomMiddlewareBundle: "b.zip"}, 0, true},
		"bundle, disabled": {apidef.APIDefinition{CustomMiddlewareBundle: "b.zip", CustomMiddlewareBundleDisabled: true}, 0, false},
		"endpoint":         {apidef.APIDefinition{VersionData: versions("GET", "/a")}, 0, false},
	} {
		old, one := &api{APIDefinition: &c.definition}, &api{APIDefinition: &c.definition}
		one.checksum[0] = c.other
		if got := changed(old, one); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func versions(method string, path string) apidef.VersionData {
	plugin := []apidef.GoPluginMeta{{Method: method, Path: path, PluginPath: "nowhere.so", SymbolName: "Hook"}}
	return apidef.VersionData{Versions: map[string]apidef.VersionInfo{
		"used":   {UseExtendedPaths: true, ExtendedPaths: apidef.ExtendedPathsSet{GoPlugin: plugin}},
		"unused": {ExtendedPaths: apidef.ExtendedPathsSet{GoPlugin: plugin}},
	}}
}

func TestTheHookOfAnEndpointRunsThereAlone(t *testing.T) {
	var loaded hooks
	for _, path := range []string{"/users/{id}/name", "/users/*"} {
		found, err := pattern(path)
		if err != nil {
			t.Fatal(err)
		}
		loaded.endpoints = append(loaded.endpoints, endpoint{"GET", found, trace(path)})
	}
	loaded.post = []alice.Constructor{trace("+post")}
	api := newAPI(open(echo(t)), loaded, store(), http.DefaultTransport)
	for _, c := range [][3]string{
		{"GET", "/one/users/7/name", "/users/{id}/name+post"},
		{"GET", "/one/deep/users/7", "/users/*+post"},
		{"POST", "/one/users/7", "+post"},
		{"GET", "/one/user", "+post"},
	} {
		if got := call(api, c[0], c[1], "").Header().Get("Trace"); got != c[2] {
			t.Errorf("%s %s: got %q", c[0], c[1], got)
		}
	}
	definition := open("http://target.invalid")
	definition.VersionData = versions("GET", "/users")
	if got := (loader{}).loadEndpoints(definition); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	definition.VersionData = versions("GET", "/(")
	if got := (loader{}).loadEndpoints(definition); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestABundleIsReadWhereTykLeavesIt(t *testing.T) {
	folder := t.TempDir()
	definition := &apidef.APIDefinition{CustomMiddlewareBundle: "b.zip"}
	if _, err := (loader{middlewarePath: folder}).section(definition); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
	place := filepath.Join(folder, "bundles", fmt.Sprintf("%x", md5.Sum([]byte("b.zip"))))
	if err := os.MkdirAll(place, 0o700); err != nil {
		t.Fatal(err)
	}
	manifest := `{"custom_middleware": {"driver": "goplugin", "pre": [{"name": "Hook", "path": "hook.so"}, {"name": "Hook"}]}}`
	if err := os.WriteFile(filepath.Join(place, "manifest.json"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := loader{middlewarePath: folder}.section(definition)
	if err != nil || len(got.Pre) != 2 || got.Pre[0].Path != filepath.Join(place, "hook.so") || got.Pre[1].Path != "" || got.AuthCheck.Path != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWhatAClientGetsWhenAHookPanics(t *testing.T) {
	panics := func(http.ResponseWriter, *http.Request) { panic("no database") }
	answers := func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "mine", http.StatusTeapot)
		panic("after the answer")
	}
	try := func(hook http.HandlerFunc, mode panicAnswer) (status int, body string, thrown interface{}) {
		defer func() { thrown = recover() }()
		loaded := hooks{pre: []alice.Constructor{requestHook(hook, silent(), mode)}}
		got := call(newAPI(open(echo(t)), loaded, store(), http.DefaultTransport), "GET", "/one/", "")
		return got.Code, got.Body.String(), nil
	}
	for mode, want := range map[panicAnswer]int{panicFails: http.StatusInternalServerError, panicIsEmpty: http.StatusOK} {
		status, body, thrown := try(panics, mode)
		if status != want || thrown != nil || (body == "") != (mode == panicIsEmpty) {
			t.Errorf("%s: got %d %q %v", mode, status, body, thrown)
		}
		if status, _, _ := try(answers, mode); status != http.StatusTeapot {
			t.Errorf("%s: got %d", mode, status)
		}
	}
	for _, hook := range []http.HandlerFunc{panics, answers} {
		if _, _, thrown := try(hook, panicCloses); thrown != http.ErrAbortHandler {
			t.Errorf("got %v", thrown)
		}
	}
}

func TestAHookOfAnEndpointThatPanicsFailsTheRequestWhereOthersAnswerNothing(t *testing.T) {
	for mode, want := range map[panicAnswer]panicAnswer{panicFails: panicFails, panicIsEmpty: panicFails, panicCloses: panicCloses} {
		if got := (loader{panics: mode}).atEndpoint().panics; got != want {
			t.Errorf("%s: got %s", mode, got)
		}
	}
}
