package server

import (
	"fmt"
	"net/http"

	"github.com/justinas/alice"
	"github.com/sirupsen/logrus"

	"github.com/TykTechnologies/tyk/apidef"
	"github.com/TykTechnologies/tyk/goplugin"
	"github.com/TykTechnologies/tyk/log"
)

// answerRecorder notes whether a hook answered the request itself.
type answerRecorder struct {
	http.ResponseWriter
	answered bool
}

func (w *answerRecorder) WriteHeader(status int) {
	w.answered = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *answerRecorder) Write(data []byte) (int, error) {
	w.answered = true
	return w.ResponseWriter.Write(data)
}

// middlewares loads hooks that run before a request is passed on. As in Tyk, one that cannot be loaded is logged and the gateway starts
// all the same; requests that reach it are then answered with an internal error.
func middlewares(definitions []apidef.MiddlewareDefinition) []alice.Constructor {
	var loaded []alice.Constructor
	for _, definition := range definitions {
		if !definition.Disabled {
			loaded = append(loaded, middleware(definition))
		}
	}
	return loaded
}

func middleware(definition apidef.MiddlewareDefinition) alice.Constructor {
	logger := entry(definition)
	hook, err := load(definition, goplugin.GetHandler)
	if err != nil {
		logger.WithError(err).Error("Could not load Go-plugin")
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if hook == nil {
				http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
				return
			}
			recorder := &answerRecorder{ResponseWriter: w}
			if err := guarded(func() { hook(recorder, r) }); err != nil {
				logger.WithError(err).Error("Recovered from panic while running Go-plugin middleware func")
				if !recorder.answered {
					http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
				}
				return
			}
			if !recorder.answered {
				next.ServeHTTP(w, r)
			}
		})
	}
}

type responseHook func(*http.Response) error

// responseHooks loads hooks that run on the target's response. One that cannot be loaded is logged and left out, as in Tyk.
func responseHooks(definitions []apidef.MiddlewareDefinition) []responseHook {
	var loaded []responseHook
	for _, definition := range definitions {
		if definition.Disabled {
			continue
		}
		hook, err := load(definition, goplugin.GetResponseHandler)
		if err != nil {
			entry(definition).WithError(err).Error("Could not load Go-plugin")
			continue
		}
		loaded = append(loaded, func(response *http.Response) error {
			return guarded(func() { hook(nil, response, response.Request) })
		})
	}
	return loaded
}

func load[Hook any](definition apidef.MiddlewareDefinition, get func(path string, symbol string) (Hook, error)) (Hook, error) {
	path, err := goplugin.FindFile(definition.Path)
	if err != nil {
		var none Hook
		return none, err
	}
	return get(path, definition.Name)
}

// guarded runs a hook whose panic must not take the gateway down.
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
