// Package server passes HTTP requests on, and runs the hooks of Go plugins on their way.
package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sort"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-multierror"
	"github.com/pmylund/go-cache"

	"github.com/TykTechnologies/tyk/apidef"
	"github.com/TykTechnologies/tyk/log"
)

// Config is read from the environment: TYK_GW_LISTEN, TYK_GW_TIMEOUT, TYK_GW_SESSIONLIFETIME.
type Config struct {
	Listen          string        `default:"127.0.0.1:8080"`
	Timeout         time.Duration `default:"30s"`
	SessionLifetime time.Duration `default:"60s"`
}

// Serve serves the APIs until the context ends. It names all definitions that cannot be served, and then serves none.
func Serve(ctx context.Context, config Config, paths []string) error {
	definitions, err := read(paths)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", config.Listen)
	if err != nil {
		return err
	}
	// The target has its time, and after it there must be some left to say that it was too slow.
	answering := 2 * config.Timeout
	server := &http.Server{Handler: newRouter(config, definitions), ReadTimeout: config.Timeout, WriteTimeout: answering}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		graceful, cancel := context.WithTimeout(context.Background(), answering)
		defer cancel()
		stopped <- server.Shutdown(graceful)
	}()
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Get().Infof("%d APIs are served", len(definitions))
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// read gives the definitions, those with the longest listen path first: that is how a request finds its API.
func read(paths []string) ([]*apidef.APIDefinition, error) {
	var problems *multierror.Error
	var definitions []*apidef.APIDefinition
	listening := map[string]string{}
	for _, path := range paths {
		definition, err := apidef.Load(path)
		if err != nil {
			problems = multierror.Append(problems, err)
			continue
		}
		if other, taken := listening[definition.Proxy.ListenPath]; taken {
			problems = multierror.Append(problems, fmt.Errorf("%s: %s listens on %s already", path, other, definition.Proxy.ListenPath))
		}
		listening[definition.Proxy.ListenPath] = path
		definitions = append(definitions, definition)
	}
	sort.SliceStable(definitions, func(i, j int) bool {
		return len(definitions[i].Proxy.ListenPath) > len(definitions[j].Proxy.ListenPath)
	})
	return definitions, problems.ErrorOrNil()
}

func newRouter(config Config, definitions []*apidef.APIDefinition) http.Handler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = config.Timeout
	sessions := cache.New(config.SessionLifetime, config.SessionLifetime)
	router := mux.NewRouter()
	for _, definition := range definitions {
		router.PathPrefix(definition.Proxy.ListenPath).Handler(newAPI(definition, loadHooks(definition), sessions, transport))
	}
	return router
}
