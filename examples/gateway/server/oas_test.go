package server

import (
	"reflect"
	"strings"
	"testing"

	"github.com/TykTechnologies/tyk/apidef"
)

const wholeDocument = `{
	"openapi": "3.0.3",
	"paths": {
		"/status": {"summary": "told", "parameters": [], "get": {"operationId": "status"}, "put": {"operationId": "unused"}},
		"/status/{id}": {"delete": {"operationId": "remove"}, "get": {}}
	},
	"x-tyk-api-gateway": {
		"info": {"id": "one", "orgId": "default", "name": "One", "state": {"active": true}},
		"upstream": {"url": "http://a"},
		"server": {
			"listenPath": {"value": "/one/", "strip": true},
			"authentication": {"enabled": true, "custom": {"enabled": true, "config": {"enabled": true, "functionName": "Check", "path": "c.so"}}}
		},
		"middleware": {
			"global": {
				"pluginConfig": {"driver": "goplugin", "bundle": {"enabled": true, "path": "b.zip"}, "data": {"enabled": true, "value": {"k": "v"}}},
				"prePlugins": [{"enabled": true, "functionName": "A", "path": "a.so"}, {"functionName": "B", "path": "b.so"}],
				"prePlugin": {"plugins": [{"enabled": true, "functionName": "Old", "path": "old.so"}]},
				"postAuthenticationPlugin": {"plugins": [{"enabled": true, "functionName": "D", "path": "d.so"}]},
				"postPlugins": [{"enabled": true, "functionName": "E", "path": "e.so"}],
				"responsePlugins": [{"enabled": true, "functionName": "F", "path": "f.so"}]
			},
			"operations": {
				"status": {"postPlugins": [{"enabled": true, "name": "G", "path": "g.so"}, {"enabled": true, "functionName": "H", "path": "h.so"}]},
				"remove": {"postPlugins": [{"enabled": false, "functionName": "I", "path": "i.so"}]},
				"nowhere": {"postPlugins": [{"enabled": true, "functionName": "J", "path": "j.so"}]}
			}
		}
	}
}`

func TestADocumentBecomesAClassicDefinition(t *testing.T) {
	given, err := readDocument([]byte(wholeDocument))
	if err != nil {
		t.Fatal(err)
	}
	hook := func(name string) apidef.MiddlewareDefinition {
		return apidef.MiddlewareDefinition{Name: name, Path: strings.ToLower(name) + ".so"}
	}
	off := hook("B")
	off.Disabled = true
	want := &apidef.APIDefinition{
		APIID: "one", OrgID: "default", Name: "One", Active: true, IsOAS: true, CustomPluginAuthEnabled: true,
		VersionData: apidef.VersionData{NotVersioned: true, Versions: map[string]apidef.VersionInfo{"": {
			UseExtendedPaths: true,
			ExtendedPaths: apidef.ExtendedPathsSet{GoPlugin: []apidef.GoPluginMeta{
				{Disabled: true, Path: "/status/{id}", Method: "DELETE", PluginPath: "i.so", SymbolName: "I"},
				{Path: "/status", Method: "GET", PluginPath: "g.so", SymbolName: "G"},
			}},
		}}},
		Proxy: apidef.ProxyConfig{ListenPath: "/one/", TargetURL: "http://a", StripListenPath: true},
		CustomMiddleware: apidef.MiddlewareSection{
			Driver: "goplugin", Pre: []apidef.MiddlewareDefinition{hook("A"), off},
			AuthCheck:   apidef.MiddlewareDefinition{Name: "Check", Path: "c.so"},
			PostKeyAuth: []apidef.MiddlewareDefinition{hook("D")}, Post: []apidef.MiddlewareDefinition{hook("E")},
			Response: []apidef.MiddlewareDefinition{hook("F")},
		},
		CustomMiddlewareBundle: "b.zip",
		ConfigData:             map[string]interface{}{"k": "v"},
	}
	if got := given.files[""]; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if given.id != "one" || given.files["-oas"].(map[string]interface{})["openapi"] != "3.0.3" {
		t.Errorf("got %v", given)
	}
}

func TestADocumentWithoutAnIDGetsOne(t *testing.T) {
	given, err := readDocument([]byte(strings.Replace(wholeDocument, `"id": "one", `, "", 1)))
	if err != nil || len(given.id) != 32 {
		t.Fatalf("got %v, %v", given, err)
	}
	info := given.files["-oas"].(map[string]interface{})["x-tyk-api-gateway"].(map[string]interface{})["info"].(map[string]interface{})
	if info["id"] != given.id || given.files[""].(*apidef.APIDefinition).APIID != given.id {
		t.Errorf("got %v", given.files)
	}
}

func TestADocumentThatIsNoneIsRefused(t *testing.T) {
	for text, problem := range map[string]string{
		"{,":                       saidMalformed,
		"null":                     "x-tyk-api-gateway",
		"{}":                       "x-tyk-api-gateway",
		`{"x-tyk-api-gateway": 1}`: saidMalformed,
		`{"x-tyk-api-gateway": {"info": {"id": "../one"}}}`: saidMalformed,
	} {
		if _, err := readDocument([]byte(text)); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: got %v", text, err)
		}
	}
}
