// A plugin with the hooks that most plugins begin with.
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

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

// MakeOutboundCall is a pre or post hook: it asks the service that the API's definition names, and tells the target what came of it.
func MakeOutboundCall(rw http.ResponseWriter, r *http.Request) {
	definition := ctx.GetDefinition(r)
	if definition == nil {
		return
	}
	service, ok := definition.ConfigData["service"].(string)
	if !ok {
		return
	}
	// A service that does not answer must not hold the request up.
	limited, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	status, err := ask(limited, service)
	if err != nil {
		logger.WithError(err).Error("the service cannot be asked")
		status = "unknown"
	}
	r.Header.Set("X-Service", status)
}

func ask(limited context.Context, service string) (string, error) {
	request, err := http.NewRequestWithContext(limited, http.MethodGet, service, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	return response.Status, response.Body.Close()
}

func main() {}
