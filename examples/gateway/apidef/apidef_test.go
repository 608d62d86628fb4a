package apidef

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const whole = `{
	"api_id": "one", "org_id": "default", "name": "One", "active": true, "unknown": {"to": "us"},
	"proxy": {"listen_path": "/one/", "target_url": "http://127.0.0.1:1/base", "strip_listen_path": true},
	"use_go_plugin_auth": true,
	"CORS": {"enable": true, "max_age": 24},
	"custom_middleware": {
		"driver": "goplugin",
		"pre": [{"name": "A", "path": "a.so"}, {"name": "B", "path": "b.so", "disabled": true}],
		"auth_check": {"name": "C", "path": "c.so"}
	},
	"config_data": {"region": "eu", "list": [1, {"deep": true}]}
}`

func place(t *testing.T, name string, text string) string {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestADefinitionIsReadAndWhatIsUnknownIsLeftOut(t *testing.T) {
	got, err := Load(place(t, "one.json", whole))
	if err != nil {
		t.Fatal(err)
	}
	want := &APIDefinition{
		APIID: "one", OrgID: "default", Name: "One", Active: true, UseGoPluginAuth: true,
		Proxy: ProxyConfig{ListenPath: "/one/", TargetURL: "http://127.0.0.1:1/base", StripListenPath: true},
		CORS:  CORSConfig{Enable: true, MaxAge: 24},
		CustomMiddleware: MiddlewareSection{
			Driver:    GoPluginDriver,
			Pre:       []MiddlewareDefinition{{Name: "A", Path: "a.so"}, {Name: "B", Path: "b.so", Disabled: true}},
			AuthCheck: MiddlewareDefinition{Name: "C", Path: "c.so"},
		},
		ConfigData: map[string]interface{}{"region": "eu", "list": []interface{}{1.0, map[string]interface{}{"deep": true}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestYAML(t *testing.T) {
	got, err := Load(place(t, "one.yaml", "api_id: one\nproxy:\n  listen_path: /\n  target_url: https://a\nconfig_data:\n  region: eu\n"))
	if err != nil || got.ConfigData["region"] != "eu" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestWhatCannotBeServedIsRefused(t *testing.T) {
	for problem, change := range map[string][2]string{
		"api_id is needed":                               {`"api_id": "one"`, `"api_id": ""`},
		`proxy.listen_path is "one/", it must begin`:     {`"/one/"`, `"one/"`},
		`proxy.target_url is "127.0.0.1", it must be`:    {`"http://127.0.0.1:1/base"`, `"127.0.0.1"`},
		`proxy.target_url is "ftp://a", it must be`:      {`"http://127.0.0.1:1/base"`, `"ftp://a"`},
		"proxy.target_url: parse":                        {`"http://127.0.0.1:1/base"`, `"http://a b"`},
		`driver is "otto", this gateway runs "goplugin"`: {`"goplugin"`, `"otto"`},
		`driver is "", this gateway runs "goplugin"`:     {`"goplugin"`, `""`},
		"invalid character":                              {`{`, `{,`},
		"expected type 'string', got":                    {`"One"`, `{}`},
	} {
		path := place(t, "one.json", strings.Replace(whole, change[0], change[1], 1))
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), problem) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: got %v", problem, err)
		}
	}
	if _, err := Load("nowhere.json"); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}
