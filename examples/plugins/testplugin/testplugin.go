// A plugin with the hooks that most plugins begin with.
package main

import (
	"encoding/json"
	"net/http"

	"github.com/TykTechnologies/tyk/ctx"
	"github.com/TykTechnologies/tyk/log"
	"github.com/TykTechnologies/tyk/user"
)

var logger = log.Get()

// The gateway logs this when it has loaded the plugin, before any hook is called.
func init() {
	logger.Info("--- Go custom plugin init success! ---- ")
}

// AddFooBarHeader is a pre or post hook.
func AddFooBarHeader(rw http.ResponseWriter, r *http.Request) {
	r.Header.Set("Foo", "Bar")
}

// AuthCheck is an auth_check hook: it lets a request in by giving it a session, or answers it.
func AuthCheck(rw http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Authorization")
	if key != "let-me-in" {
		logger.Warning("a key was refused")
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(rw).Encode(map[string]string{"error": "Access not allowed"})
		return
	}
	ctx.SetSession(r, &user.SessionState{
		OrgID:    "default",
		Alias:    "abc-session",
		KeyID:    key,
		MetaData: map[string]interface{}{"level": "gold"},
	}, true)
}

// InjectMetadata is a post_key_auth hook: it tells the target what the session knows.
func InjectMetadata(rw http.ResponseWriter, r *http.Request) {
	if session := ctx.GetSession(r); session != nil {
		if level, ok := session.MetaData["level"].(string); ok {
			r.Header.Set("X-Level", level)
		}
	}
}

// InjectConfigData is a pre or post hook: it tells the target what the API's definition says.
func InjectConfigData(rw http.ResponseWriter, r *http.Request) {
	if definition := ctx.GetDefinition(r); definition != nil {
		if region, ok := definition.ConfigData["region"].(string); ok {
			r.Header.Set("X-Region", region)
		}
	}
}

func main() {}
