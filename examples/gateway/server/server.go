// Package server passes HTTP requests on, and runs the hooks of Go plugins on their way.
package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-multierror"

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
	router := mux.NewRouter()
	var problems *multierror.Error
	for _, path := range paths {
		definition, err := apidef.Load(path)
		if err == nil {
			err = addAPI(router, config, definition)
		}
		if err != nil {
			problems = multierror.Append(problems, err)
		}
	}
	if err := problems.ErrorOrNil(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", config.Listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: router, ReadTimeout: config.Timeout, WriteTimeout: config.Timeout}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		graceful, cancel := context.WithTimeout(context.Background(), config.Timeout)
		defer cancel()
		stopped <- server.Shutdown(graceful)
	}()
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Get().Infof("%d APIs are served", len(paths))
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
