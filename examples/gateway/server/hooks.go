package server

import (
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

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
	endpoints   []endpoint
	post        []alice.Constructor
	response    []responseHook
}

// endpoint is the hook of a single endpoint.
type endpoint struct {
	method string
	path   *regexp.Regexp
	run    alice.Constructor
}

// panicAnswer is what a client gets when a request hook panics that has not answered yet.
type panicAnswer string

const (
	// panicFails is a 500, which nobody can take for a success. Tyk up to 5.11 gives it for the hooks of endpoints alone.
	panicFails panicAnswer = "error"

	// panicIsEmpty is a 200 without a body: Tyk up to 5.11, but for the hooks of endpoints.
	panicIsEmpty panicAnswer = "empty"

	// panicCloses is a closed connection: Tyk from 5.12 on, also where the hook has begun to answer.
	panicCloses panicAnswer = "close"
)

// loader loads hooks.
type loader struct {
	middlewarePath string
	panics         panicAnswer
}

// loadHooks loads the hooks of one API. As in Tyk, one that cannot be loaded is logged and the gateway starts all the same: every request
// that should pass through that hook is then answered with an internal error, as nobody knows what the hook would have done.
// Hooks that no request would reach are not loaded.
func (l loader) loadHooks(definition *apidef.APIDefinition, section apidef.MiddlewareSection) hooks {
	loaded := hooks{
		pre:      l.loadRequestHooks(section.Pre...),
		post:     l.loadRequestHooks(section.Post...),
		response: loadResponseHooks(section.Response),
	}
	if definition.UseKeylessAccess {
		return loaded
	}
	if definition.CustomPluginAuthEnabled || definition.UseGoPluginAuth {
		loaded.auth = l.loadRequestHooks(section.AuthCheck)
	}
	loaded.postKeyAuth = l.loadRequestHooks(section.PostKeyAuth...)
	return loaded
}

// section gives the hooks that the definition says, or its bundle. A bundle must be there, unpacked where Tyk would leave it: this gateway
// fetches none.
func (l loader) section(definition *apidef.APIDefinition) (apidef.MiddlewareSection, error) {
	if bundleOf(definition) == "" {
		return definition.CustomMiddleware, nil
	}
	folder := filepath.Join(l.middlewarePath, "bundles", fmt.Sprintf("%x", md5.Sum([]byte(bundleOf(definition)))))
	var manifest struct {
		Section apidef.MiddlewareSection `json:"custom_middleware"`
	}
	text, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err == nil {
		err = json.Unmarshal(text, &manifest)
	}
	section := manifest.Section
	section.AuthCheck = below(folder, section.AuthCheck)[0]
	section.Pre, section.PostKeyAuth = below(folder, section.Pre...), below(folder, section.PostKeyAuth...)
	section.Post, section.Response = below(folder, section.Post...), below(folder, section.Response...)
	return section, err
}

// bundleOf gives the name of the bundle, or "".
func bundleOf(definition *apidef.APIDefinition) string {
	if definition.CustomMiddlewareBundleDisabled {
		return ""
	}
	return definition.CustomMiddlewareBundle
}

func below(folder string, definitions ...apidef.MiddlewareDefinition) []apidef.MiddlewareDefinition {
	var moved []apidef.MiddlewareDefinition
	for _, definition := range definitions {
		if definition.Path != "" {
			definition.Path = filepath.Join(folder, definition.Path)
		}
		moved = append(moved, definition)
	}
	return moved
}

// atEndpoint is the loader of hooks of endpoints. Tyk up to 5.11 leaves the answer to a hook that failed, and forgets these
// (gateway/middleware.go, createMiddleware).
func (l loader) atEndpoint() loader {
	if l.panics == panicIsEmpty {
		l.panics = panicFails
	}
	return l
}

// loadEndpoints loads the hooks of single endpoints, of all versions: this gateway does not look which of them a request is for.
func (l loader) loadEndpoints(definition *apidef.APIDefinition) []endpoint {
	names := make([]string, 0, len(definition.VersionData.Versions))
	for name := range definition.VersionData.Versions {
		names = append(names, name)
	}
	sort.Strings(names)
	var loaded []endpoint
	for _, name := range names {
		version := definition.VersionData.Versions[name]
		if !version.UseExtendedPaths {
			continue
		}
		for _, meta := range version.ExtendedPaths.GoPlugin {
			hooks := l.atEndpoint().loadRequestHooks(
				apidef.MiddlewareDefinition{Disabled: meta.Disabled, Name: meta.SymbolName, Path: meta.PluginPath},
			)
			path, err := pattern(meta.Path)
			if err != nil {
				log.Get().WithError(err).Error("the path of an endpoint is no pattern")
				continue
			}
			for _, hook := range hooks {
				loaded = append(loaded, endpoint{meta.Method, path, hook})
			}
		}
	}
	return loaded
}

var parameter = regexp.MustCompile(`{[^}]+}`)

// pattern makes a pattern of the path of an endpoint, which as in Tyk may stand anywhere in the path of a request.
func pattern(path string) (*regexp.Regexp, error) {
	path = parameter.ReplaceAllString(path, "([^/]+)")
	return regexp.Compile(strings.ReplaceAll(strings.ReplaceAll(path, "/*/", "/[^/]+/"), "/*", "/.*"))
}

// atEndpoints runs the first hook that fits the request, if there is one.
func atEndpoints(listenPath string, endpoints []endpoint) alice.Constructor {
	return func(next http.Handler) http.Handler {
		handlers := make([]http.Handler, len(endpoints))
		for i, endpoint := range endpoints {
			handlers[i] = endpoint.run(next)
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path := strip(listenPath, r.URL.Path)
			for i, endpoint := range endpoints {
				if endpoint.method == r.Method && endpoint.path.MatchString(path) {
					handlers[i].ServeHTTP(w, r)
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

func (l loader) loadRequestHooks(definitions ...apidef.MiddlewareDefinition) []alice.Constructor {
	var loaded []alice.Constructor
	for _, definition := range enabled(definitions) {
		hook := load(definition, goplugin.GetHandler, "plugin file not found")
		loaded = append(loaded, requestHook(hook, entry(definition), l.panics))
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
func requestHook(hook http.HandlerFunc, logger *logrus.Entry, panics panicAnswer) alice.Constructor {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if hook == nil {
				fail(w, http.StatusInternalServerError, "")
				return
			}
			rewind(r)
			answer := &answer{ResponseWriter: w}
			if thrown := guarded(func() { hook(answer, r) }); thrown != nil {
				logger.WithError(thrown).Error("Recovered from panic while running Go-plugin middleware func")
				panics.send(answer)
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

func (p panicAnswer) send(w *answer) {
	if p == panicCloses {
		panic(http.ErrAbortHandler)
	}
	if w.status == 0 && p == panicFails {
		fail(w, http.StatusInternalServerError, "")
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
