package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/justinas/alice"
	"github.com/pmylund/go-cache"
	"github.com/sirupsen/logrus"

	"github.com/TykTechnologies/tyk/apidef"
	"github.com/TykTechnologies/tyk/ctx"
	"github.com/TykTechnologies/tyk/user"
)

// echo is a target that answers with what it got.
func echo(t *testing.T) string {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Trace", r.Header.Get("Trace"))
		w.Header().Set("Named", r.Header.Get(RequestID))
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, r.URL.RequestURI()+" "+string(body))
	}))
	t.Cleanup(target.Close)
	return target.URL
}

func silent() *logrus.Entry {
	logger := logrus.New()
	logger.Out = io.Discard
	return logger.WithField("", "")
}

// trace is a hook that notes that it ran.
func trace(name string) alice.Constructor {
	return requestHook(func(_ http.ResponseWriter, r *http.Request) {
		r.Header.Set("Trace", r.Header.Get("Trace")+name)
	}, silent(), panicFails)
}

func runs(hook http.HandlerFunc) []alice.Constructor {
	return []alice.Constructor{requestHook(hook, silent(), panicFails)}
}

func letsIn(session user.SessionState) []alice.Constructor {
	return runs(func(_ http.ResponseWriter, r *http.Request) {
		given := session
		ctx.SetSession(r, &given, true)
	})
}

func call(api http.Handler, method string, path string, body string, header ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	api.ServeHTTP(recorder, request)
	return recorder
}

func expect(t *testing.T, got *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if got.Code != status || !strings.Contains(got.Body.String(), body) {
		t.Errorf("got %d %s, want %d %s", got.Code, got.Body, status, body)
	}
}

func store() *cache.Cache {
	return cache.New(time.Minute, time.Minute)
}

func open(target string) *apidef.APIDefinition {
	return &apidef.APIDefinition{
		APIID: "one", UseKeylessAccess: true, Proxy: apidef.ProxyConfig{ListenPath: "/one/", TargetURL: target, StripListenPath: true},
	}
}

func closed(target string) *apidef.APIDefinition {
	definition := open(target)
	definition.UseKeylessAccess = false
	return definition
}

func TestHooksRunInTyksOrder(t *testing.T) {
	loaded := hooks{
		pre:         []alice.Constructor{trace("a"), trace("b")},
		auth:        append(letsIn(user.SessionState{KeyID: "key"}), trace("c")),
		postKeyAuth: []alice.Constructor{trace("d")},
		post:        []alice.Constructor{trace("e")},
		response: []responseHook{
			newResponseHook(func(_ http.ResponseWriter, response *http.Response, r *http.Request) {
				response.Header.Add("Trace", ctx.GetSession(r).KeyID+"f"+r.URL.Path)
			}, silent()),
			newResponseHook(func(w http.ResponseWriter, _ *http.Response, r *http.Request) {
				w.Header().Add("Trace", ctx.GetDefinition(r).APIID+"g")
			}, silent()),
		},
	}
	got := call(newAPI(closed(echo(t)), loaded, store(), http.DefaultTransport), "POST", "/one/two%2Fthree?x=y", "text")
	expect(t, got, http.StatusAccepted, "/two%2Fthree?x=y text")
	if trace := strings.Join(got.Header().Values("Trace"), " "); trace != "oneg abcde keyf/two/three" {
		t.Errorf("got %s", trace)
	}
	if got.Header().Get("Named") == "" {
		t.Error("the request has no name")
	}
}

func TestAKeylessAPIAsksForNothing(t *testing.T) {
	loaded := hooks{post: []alice.Constructor{trace("post")}}
	definition := open(echo(t))
	definition.Proxy.StripListenPath = false
	got := call(newAPI(definition, loaded, store(), http.DefaultTransport), "GET", "/one/two", "")
	expect(t, got, http.StatusAccepted, "/one/two")
}

func TestEveryHookAndTheTargetReadTheWholeBody(t *testing.T) {
	var seen []string
	reads := requestHook(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, string(body))
	}, silent(), panicFails)
	replaces := requestHook(func(_ http.ResponseWriter, r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader("other"))
		r.ContentLength = 5
	}, silent(), panicFails)
	got := call(newAPI(open(echo(t)), hooks{pre: []alice.Constructor{reads, reads}}, store(), http.DefaultTransport), "POST", "/one/", "text")
	expect(t, got, http.StatusAccepted, "/ text")
	if strings.Join(seen, " ") != "text text" {
		t.Errorf("the hooks read %v", seen)
	}
	got = call(newAPI(open(echo(t)), hooks{pre: []alice.Constructor{replaces}}, store(), http.DefaultTransport), "POST", "/one/", "text")
	expect(t, got, http.StatusAccepted, "/ other")
	got = call(newAPI(open(echo(t)), hooks{}, store(), http.DefaultTransport), "POST", "/one/", strings.Repeat("x", maxBody+1))
	expect(t, got, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
}

func TestAHookThatAnswersEndsTheRequest(t *testing.T) {
	for status, hook := range map[int]http.HandlerFunc{
		http.StatusOK:        func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "mine") },
		http.StatusForbidden: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "mine", http.StatusForbidden) },
		http.StatusInternalServerError: func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "mine", http.StatusInternalServerError)
			panic("after the answer")
		},
	} {
		loaded := hooks{pre: runs(hook), post: runs(func(http.ResponseWriter, *http.Request) { t.Error("a later hook ran") })}
		expect(t, call(newAPI(open(echo(t)), loaded, store(), http.DefaultTransport), "GET", "/one/", ""), status, "mine")
	}
}

func TestAHookThatPanicsOrIsMissingFailsTheRequest(t *testing.T) {
	panics := func(http.ResponseWriter, *http.Request) { panic("no database") }
	panicsLater := func(http.ResponseWriter, *http.Response, *http.Request) { panic("no database") }
	for name, loaded := range map[string]hooks{
		"panics":             {pre: runs(panics)},
		"missing":            {post: runs(nil)},
		"response, panics":   {response: []responseHook{newResponseHook(panicsLater, silent())}},
		"response, missing":  {response: []responseHook{newResponseHook(nil, silent())}},
		"of two, one is bad": {response: []responseHook{newResponseHook(nil, silent()), newResponseHook(panicsLater, silent())}},
	} {
		got := call(newAPI(open(echo(t)), loaded, store(), http.DefaultTransport), "GET", "/one/", "")
		if want := "{\n    \"error\": \"Internal Server Error\"\n}"; got.Code != http.StatusInternalServerError || got.Body.String() != want {
			t.Errorf("%s: got %d %s", name, got.Code, got.Body)
		}
	}
}

func TestAResponseHookMayAnswerInPlaceOfTheTarget(t *testing.T) {
	answers := func(w http.ResponseWriter, _ *http.Response, _ *http.Request) {
		http.Error(w, "mine", http.StatusTeapot)
	}
	loaded := hooks{response: []responseHook{newResponseHook(answers, silent())}}
	got := call(newAPI(open(echo(t)), loaded, store(), http.DefaultTransport), "GET", "/one/", "")
	if got.Code != http.StatusTeapot || got.Body.String() != "mine\n" {
		t.Errorf("got %d %s", got.Code, got.Body)
	}
}

func TestSessions(t *testing.T) {
	target := echo(t)
	past, future := time.Now().Add(-time.Hour).Unix(), time.Now().Add(time.Hour).Unix()
	for _, c := range []struct {
		auth   []alice.Constructor
		status int
		body   string
	}{
		{[]alice.Constructor{trace("no session")}, http.StatusBadRequest, "Session state is missing or unset!"},
		{letsIn(user.SessionState{IsInactive: true}), http.StatusForbidden, "Key is inactive"},
		{letsIn(user.SessionState{Expires: past}), http.StatusUnauthorized, "Key has expired"},
		{letsIn(user.SessionState{Expires: future}), http.StatusAccepted, "/"},
	} {
		expect(t, call(newAPI(closed(target), hooks{auth: c.auth}, store(), http.DefaultTransport), "GET", "/one/", ""), c.status, c.body)
	}
}

func TestAKeyThatAHookLetInIsKnownToOtherAPIs(t *testing.T) {
	sessions, target := store(), echo(t)
	withHook := newAPI(closed(target), hooks{auth: letsIn(user.SessionState{KeyID: "key", Alias: "kept"})}, sessions, http.DefaultTransport)
	var alias string
	look := runs(func(_ http.ResponseWriter, r *http.Request) { alias = ctx.GetSession(r).Alias })
	without := newAPI(closed(target), hooks{postKeyAuth: look}, sessions, http.DefaultTransport)
	expect(t, call(without, "GET", "/one/", ""), http.StatusUnauthorized, "Authorization field missing")
	expect(t, call(without, "GET", "/one/", "", "Authorization", "key"), http.StatusForbidden, "Access to this API has been disallowed")
	expect(t, call(withHook, "GET", "/one/", ""), http.StatusAccepted, "/")
	expect(t, call(without, "GET", "/one/", "", "Authorization", "key"), http.StatusAccepted, "/")
	if alias != "kept" {
		t.Errorf("got the session of %q", alias)
	}
}

func TestCORS(t *testing.T) {
	definition := open(echo(t))
	definition.CORS = apidef.CORSConfig{Enable: true, AllowedOrigins: []string{"https://a.example"}, AllowedMethods: []string{"PUT"}}
	asks := []string{"Origin", "https://a.example", "Access-Control-Request-Method", "PUT"}
	got := call(newAPI(definition, hooks{}, store(), http.DefaultTransport), "OPTIONS", "/one/", "", asks...)
	if got.Header().Get("Access-Control-Allow-Origin") != "https://a.example" {
		t.Errorf("got %v", got.Header())
	}
}

type fails struct{ err error }

func (f fails) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

type slow struct{ error }

func (slow) Timeout() bool   { return true }
func (slow) Temporary() bool { return true }

func TestATargetThatDoesNotAnswer(t *testing.T) {
	for status, err := range map[int]error{
		http.StatusInternalServerError: errors.New("connection refused"),
		http.StatusGatewayTimeout:      slow{errors.New("timeout awaiting response headers")},
	} {
		got := call(newAPI(open("http://target.invalid"), hooks{}, store(), fails{err}), "GET", "/one/", "")
		expect(t, got, status, `"error": "`)
	}
}

func TestAHookThatCannotBeLoadedIsNoReasonNotToStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hook.so")
	if err := os.WriteFile(path, []byte("no plugin"), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := apidef.MiddlewareDefinition{Name: "Hook", Path: path + ".missing"}
	broken := apidef.MiddlewareDefinition{Name: "Hook", Path: path}
	off := apidef.MiddlewareDefinition{Name: "Hook", Path: path, Disabled: true}
	unnamed := apidef.MiddlewareDefinition{Path: path}
	definition := closed("http://target.invalid")
	definition.CustomMiddleware = apidef.MiddlewareSection{
		Pre:         []apidef.MiddlewareDefinition{missing, off, unnamed},
		AuthCheck:   broken,
		PostKeyAuth: []apidef.MiddlewareDefinition{broken},
		Response:    []apidef.MiddlewareDefinition{broken, missing},
	}
	count := func(loaded hooks) [5]int {
		return [5]int{len(loaded.pre), len(loaded.auth), len(loaded.postKeyAuth), len(loaded.post), len(loaded.response)}
	}
	if got := count(loader{}.loadHooks(definition, definition.CustomMiddleware)); got != [5]int{1, 0, 1, 0, 2} {
		t.Errorf("got %v", got)
	}
	definition.UseGoPluginAuth = true
	if got := count(loader{}.loadHooks(definition, definition.CustomMiddleware)); got != [5]int{1, 1, 1, 0, 2} {
		t.Errorf("with use_go_plugin_auth: got %v", got)
	}
	definition.UseKeylessAccess = true
	if got := count(loader{}.loadHooks(definition, definition.CustomMiddleware)); got != [5]int{1, 0, 0, 0, 2} {
		t.Errorf("with use_keyless: got %v", got)
	}
}

func write(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "api.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAllProblemsOfTheFilesAreNamed(t *testing.T) {
	all := write(t, "{api_id: all, proxy: {listen_path: /, target_url: 'http://a'}}")
	err := Serve(context.Background(), Config{}, []string{all, write(t, "{}"), all, "nowhere.json"})
	for _, problem := range []string{"api_id is needed", "listens on / already", "nowhere.json"} {
		if err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s is missing in %v", problem, err)
		}
	}
	if err := Serve(context.Background(), Config{}, nil); err == nil || !strings.Contains(err.Error(), "nothing to serve") {
		t.Errorf("got %v", err)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	api := write(t, "{api_id: one, use_keyless: true, proxy: {listen_path: /, target_url: 'http://a'}}")
	config := Config{Listen: "127.0.0.1:0", Timeout: time.Second, SessionLifetime: time.Second}
	ending, end := context.WithCancel(context.Background())
	end()
	if err := Serve(ending, config, []string{api}); err != nil {
		t.Error(err)
	}
	if err := Serve(context.Background(), config, []string{"nowhere.json"}); err == nil {
		t.Error("a missing definition was served")
	}
	config.Listen = "256.0.0.1:0"
	if err := Serve(context.Background(), config, []string{api}); err == nil {
		t.Error("an address that is none was listened on")
	}
}
