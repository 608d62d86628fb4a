package server

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/justinas/alice"
	"github.com/sirupsen/logrus"

	"github.com/TykTechnologies/tyk/apidef"
	"github.com/TykTechnologies/tyk/goplugin"
	"github.com/TykTechnologies/tyk/log"
)

// hooks are the hooks of one API, loaded.
type hooks struct {
	pre         []alice.Constructor
	auth        []alice.Constructor
	postKeyAuth []alice.Constructor
	post        []alice.Constructor
	response    []responseHook
}

// loadHooks loads the hooks of one API. As in Tyk, one that cannot be loaded is logged and the gateway starts all the same: every request
// that should pass through that hook is then answered with an internal error, as nobody knows what the hook would have done.
// Hooks that no request would reach are not loaded.
func loadHooks(definition *apidef.APIDefinition) hooks {
	section := definition.CustomMiddleware
	loaded := hooks{
		pre:      loadRequestHooks(section.Pre...),
		post:     loadRequestHooks(section.Post...),
		response: loadResponseHooks(section.Response),
	}
	if definition.UseKeylessAccess {
		return loaded
	}
	if definition.CustomPluginAuthEnabled || definition.UseGoPluginAuth {
		loaded.auth = loadRequestHooks(section.AuthCheck)
	}
	loaded.postKeyAuth = loadRequestHooks(section.PostKeyAuth...)
	return loaded
}

func loadRequestHooks(definitions ...apidef.MiddlewareDefinition) []alice.Constructor {
	var loaded []alice.Constructor
	for _, definition := range enabled(definitions) {
		hook := load(definition, goplugin.GetHandler, "plugin file not found")
		loaded = append(loaded, requestHook(hook, entry(definition)))
	}
	return loaded
}

func loadResponseHooks(definitions []apidef.MiddlewareDefinition) []responseHook {
	var loaded []responseHook
	for _, definition := range enabled(definitions) {
		hook := load(definition, goplugin.GetResponseHandler, "Could not load Go-plugin. File was not found")
		if hook != nil {
			entry(definition).Infof("Loaded Go response plugin: %s", definition.Name)
		}
		loaded = append(loaded, newResponseHook(hook, entry(definition)))
	}
	return loaded
}

func enabled(definitions []apidef.MiddlewareDefinition) []apidef.MiddlewareDefinition {
	var kept []apidef.MiddlewareDefinition
	for _, definition := range definitions {
		if !definition.Disabled && definition.Path != "" && definition.Name != "" {
			kept = append(kept, definition)
		}
	}
	return kept
}

// load gives the hook, or nil after it has logged why there is none.
func load[Hook any](definition apidef.MiddlewareDefinition, get func(path string, symbol string) (Hook, error), missing string) Hook {
	var hook Hook
	logger := entry(definition)
	path, err := goplugin.FindFile(definition.Path)
	if err != nil {
		logger.WithError(err).Error(missing)
		return hook
	}
	// The init functions of the plugin run here, and may panic.
	if thrown := guarded(func() { hook, err = get(path, definition.Name) }); thrown != nil {
		logger.WithError(thrown).Error("Recovered from panic while loading Go-plugin")
	} else if err != nil {
		logger.WithError(err).Error("Could not load Go-plugin")
	}
	return hook
}

// requestHook runs a hook, and what comes next unless the hook answers the request itself. A hook of nil could not be loaded.
func requestHook(hook http.HandlerFunc, logger *logrus.Entry) alice.Constructor {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if hook == nil {
				fail(w, http.StatusInternalServerError, "")
				return
			}
			rewind(r)
			answer := &answer{ResponseWriter: w}
			if thrown := guarded(func() { hook(answer, r) }); thrown != nil {
				// Tyk logs the same and then sends an empty 200; nobody should take that for a success.
				logger.WithError(thrown).Error("Recovered from panic while running Go-plugin middleware func")
				if answer.status == 0 {
					fail(w, http.StatusInternalServerError, "")
				}
				return
			}
			if answer.status == 0 {
				next.ServeHTTP(w, r)
				return
			}
			if answer.status == http.StatusForbidden {
				logger.Error("Authentication error in Go-plugin middleware func")
			}
			if answer.status >= http.StatusBadRequest {
				logger.WithError(answer.asError()).Error("Failed to process request with Go-plugin middleware func")
			}
		})
	}
}

// responseHook runs a hook on the target's response. After an error the client does not get that response. (Tyk sends the status of the
// error, or the hook's own answer, and then the target's body.)
type responseHook func(w *answer, response *http.Response) error

// errHook is the error of every response hook; what went wrong was logged.
var errHook = errors.New("a response hook failed or answered")

// newResponseHook gives a response hook that can be run. A hook of nil could not be loaded.
func newResponseHook(hook func(http.ResponseWriter, *http.Response, *http.Request), logger *logrus.Entry) responseHook {
	return func(w *answer, response *http.Response) error {
		if hook == nil {
			return errHook
		}
		// The hook gets the request as the target got it.
		if thrown := guarded(func() { hook(w, response, response.Request) }); thrown != nil {
			logger.WithError(thrown).Error("Recovered from panic while running Go-plugin middleware func")
			return errHook
		}
		if w.status >= http.StatusBadRequest {
			logger.WithError(w.asError()).Error("Returned error code while processing response with Go-plugin middleware func")
		}
		if w.status != 0 {
			return errHook
		}
		return nil
	}
}

// guarded runs what must not take the gateway down.
func guarded(run func()) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("%v", thrown)
		}
	}()
	run()
	return nil
}

func entry(definition apidef.MiddlewareDefinition) *logrus.Entry {
	return log.Get().WithFields(logrus.Fields{"mwPath": definition.Path, "mwSymbolName": definition.Name})
}
