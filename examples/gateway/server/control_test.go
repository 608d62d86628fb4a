package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// started gives a gateway with a secret, an app_path with these definitions, by their names, and all that it answers. It has loaded.
func started(t *testing.T, definitions map[string]string) (*gateway, http.Handler) {
	folder := t.TempDir()
	for name, text := range definitions {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	running, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	config := Config{Secret: "s3cret", AppPath: folder, EmbeddedPanic: panicFails, Timeout: time.Second, SessionLifetime: time.Second}
	gateway := newGateway(running, config, nil)
	gateway.load()
	go gateway.reloadLoop()
	return gateway, gateway.all()
}

func api1(id string, target string) string {
	return fmt.Sprintf(`{"api_id": %q, "use_keyless": true, "more": [1], "proxy": {"listen_path": "/%s/", "target_url": %q}}`, id, id, target)
}

func owned(api http.Handler, method string, path string, body string) (int, map[string]interface{}) {
	got := call(api, method, path, body, "X-Tyk-Authorization", "s3cret")
	var fields map[string]interface{}
	// A list stays nil.
	_ = json.Unmarshal(got.Body.Bytes(), &fields)
	return got.Code, fields
}

func said(t *testing.T, api http.Handler, method string, path string, body string, code int, key string, value string) {
	t.Helper()
	if got, fields := owned(api, method, path, body); got != code || fields[key] != value {
		t.Errorf("%s %s: got %d %v, want %d %s", method, path, got, fields, code, value)
	}
}

func TestOnlyTheOwnerGetsIn(t *testing.T) {
	gateway, all := started(t, nil)
	for _, header := range [][]string{nil, {"X-Tyk-Authorization", ""}, {"X-Tyk-Authorization", "s3cre"}, {"Authorization", "s3cret"}} {
		for _, path := range []string{"/tyk/reload", "/tyk/apis", "/tyk/nothing"} {
			got := call(all, "GET", path, "", header...)
			if got.Code != http.StatusForbidden || got.Body.String() != `{"status":"error","message":"`+saidNoOwner+"\"}\n" {
				t.Errorf("%v: got %d %s", header, got.Code, got.Body)
			}
		}
	}
	gateway.config.Secret = ""
	expect(t, call(gateway.control(), "GET", "/tyk/apis", "", "X-Tyk-Authorization", ""), http.StatusForbidden, saidNoOwner)
}

func TestHelloAndReady(t *testing.T) {
	config := Config{SessionLifetime: time.Second}
	unloaded := newGateway(context.Background(), config, nil).all()
	expect(t, call(unloaded, "GET", "/hello", ""), http.StatusOK, `{"status":"pass","version":"v5.99.0-dev","description":"Tyk GW","details":{}}`)
	expect(t, call(unloaded, "GET", "/ready", ""), http.StatusServiceUnavailable, saidNotReady)
	expect(t, call(unloaded, "GET", "/one/", ""), http.StatusNotFound, "")
	expect(t, call(unloaded, "POST", "/hello", ""), http.StatusMethodNotAllowed, saidNoMethod)
	_, loaded := started(t, map[string]string{"broken.json": "{,"})
	expect(t, call(loaded, "GET", "/ready", ""), http.StatusOK, `"Tyk GW Ready"`)
}

func TestWhatIsWrittenIsServedAfterAReload(t *testing.T) {
	target := echo(t)
	gateway, all := started(t, map[string]string{"old.json": api1("old", target)})
	said(t, all, "PUT", "/tyk/apis/new", api1("new", target), http.StatusNotFound, "message", saidNotFound)
	said(t, all, "POST", "/tyk/apis/ignored", api1("new", target), http.StatusOK, "action", "added")
	said(t, all, "GET", "/tyk/apis/new", "", http.StatusNotFound, "message", saidNotFound)
	expect(t, call(all, "GET", "/new/", ""), http.StatusNotFound, "")
	said(t, all, "GET", "/tyk/reload/?block=true", "", http.StatusOK, "status", "ok")
	expect(t, call(all, "GET", "/new/", ""), http.StatusAccepted, "/new/")
	said(t, all, "PUT", "/tyk/apis/new", strings.Replace(api1("new", target), "/new/", "/newer/", 1), http.StatusOK, "action", "modified")
	if got := call(all, "GET", "/tyk/reload", "", "X-Tyk-Authorization", "s3cret").Body.String(); got != "{\"status\":\"ok\",\"message\":\"\"}\n" {
		t.Errorf("got %s", got)
	}
	<-gateway.reload()
	expect(t, call(all, "GET", "/newer/", ""), http.StatusAccepted, "/newer/")
	expect(t, call(all, "GET", "/old/", ""), http.StatusAccepted, "/old/")
	if _, fields := owned(all, "GET", "/tyk/apis/new", ""); fields["more"] == nil || fields["is_oas"] != false {
		t.Errorf("got %v", fields)
	}
	list := call(all, "GET", "/tyk/apis", "", "X-Tyk-Authorization", "s3cret").Body.String()
	if strings.Count(list, `"api_id"`) != 2 || list[0] != '[' {
		t.Errorf("got %s", list)
	}
}

func TestADocumentIsWrittenWithItsDefinition(t *testing.T) {
	target := echo(t)
	gateway, all := started(t, map[string]string{"old.json": api1("old", target), "alone-oas.json": wholeDocument})
	text := strings.Replace(wholeDocument, "http://a", target, 1)
	text = strings.Replace(text, `"authentication": {"enabled": true`, `"authentication": {"enabled": false`, 1)
	text = strings.Replace(text, `"bundle": {"enabled": true`, `"bundle": {"enabled": false`, 1)
	said(t, all, "PUT", "/tyk/apis/oas/one", text, http.StatusNotFound, "message", saidNotFound)
	said(t, all, "POST", "/tyk/apis/oas", text, http.StatusOK, "key", "one")
	<-gateway.reload()
	said(t, all, "GET", "/tyk/apis/oas/one", "", http.StatusOK, "openapi", "3.0.3")
	said(t, all, "GET", "/tyk/apis/one", "", http.StatusOK, "api_id", "one")
	said(t, all, "PUT", "/tyk/apis/oas/one", text, http.StatusOK, "action", "modified")
	said(t, all, "PUT", "/tyk/apis/one", api1("one", target), http.StatusBadRequest, "message", saidNoClassic)
	said(t, all, "PUT", "/tyk/apis/oas/old", text, http.StatusBadRequest, "message", saidNoOAS)
	said(t, all, "GET", "/tyk/apis/oas/old", "", http.StatusBadRequest, "message", saidGetClassic)
	// None of its plugins is there, so the gateway looked for them.
	expect(t, call(all, "GET", "/one/", ""), http.StatusInternalServerError, "Internal Server Error")
}

func TestWhatIsNoDefinitionIsNotWritten(t *testing.T) {
	target := echo(t)
	gateway, all := started(t, map[string]string{"old.json": api1("old", target)})
	for body, message := range map[string]string{
		"{,":                     saidMalformed,
		"null":                   saidMalformed,
		`{"api_id": 1}`:          saidMalformed,
		`{"api_id": "../../up"}`: saidMalformed,
		api1("new", target):      saidOtherID,
	} {
		said(t, all, "PUT", "/tyk/apis/old", body, http.StatusBadRequest, "message", message)
	}
	said(t, all, "PUT", "/tyk/apis", api1("old", target), http.StatusMethodNotAllowed, "message", saidNoMethod)
	said(t, all, "DELETE", "/tyk/apis/old", "", http.StatusMethodNotAllowed, "message", saidNoMethod)
	gateway.config.AppPath = ""
	said(t, all, "PUT", "/tyk/apis/old", api1("old", target), http.StatusInternalServerError, "message", saidNotWritten)
	if _, fields := owned(all, "POST", "/tyk/apis", "{}"); fields["message"] != saidNotWritten {
		t.Errorf("got %v", fields)
	}
}
