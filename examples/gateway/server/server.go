// Package server passes HTTP requests on, and runs the hooks of Go plugins on their way.
package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/hashicorp/go-multierror"

	"github.com/TykTechnologies/tyk/apidef"
)

// Serve serves the APIs of these files, and of the app_path, until the context ends. It names all of the files that cannot be served, and
// then serves none; what cannot be served in the app_path is logged and left out, as in Tyk.
func Serve(ctx context.Context, config Config, paths []string) error {
	if len(paths) == 0 && config.AppPath == "" {
		return errors.New("nothing to serve: name definitions, or a folder of them as app_path in the file of --conf or in TYK_GW_APPPATH")
	}
	if err := vet(paths); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", config.address())
	if err != nil {
		return err
	}
	gateway := newGateway(ctx, config, paths)
	servers := []*server{{gateway.server(gateway.all()), listener}}
	if address := config.controlAddress(); address != "" {
		control, err := net.Listen("tcp", address)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		servers = []*server{{gateway.server(gateway.apis()), listener}, {gateway.server(gateway.control()), control}}
	}
	ended := make(chan error, len(servers))
	for _, server := range servers {
		go func() { ended <- server.Serve(server.listener) }()
	}
	go func() {
		// Until this has ended there is no API, but the control API is there: as in Tyk an init function that hangs leaves it so.
		gateway.load()
		fmt.Printf("listening on http://%s\n", listener.Addr())
		gateway.reloadLoop()
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	var problems *multierror.Error
	for _, server := range servers {
		problems = multierror.Append(problems, server.stop(config))
	}
	return problems.ErrorOrNil()
}

// vet names the files that cannot be served.
func vet(paths []string) error {
	var problems *multierror.Error
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
	}
	return problems.ErrorOrNil()
}

// server is a port that is listened on.
type server struct {
	*http.Server
	listener net.Listener
}

// stop ends it when what it began is finished.
func (s *server) stop(config Config) error {
	graceful, cancel := context.WithTimeout(context.Background(), 2*config.Timeout)
	defer cancel()
	return s.Shutdown(graceful)
}

// server answers with the handler.
func (g *gateway) server(handler http.Handler) *http.Server {
	// The target has its time, and after it there must be some left to say that it was too slow.
	return &http.Server{Handler: handler, ReadTimeout: g.config.Timeout, WriteTimeout: 2 * g.config.Timeout}
}

// apis passes each request to the APIs that are served when it comes in: one that is under way when they are replaced ends with the hooks
// that it began with.
func (g *gateway) apis() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.served.Load().ServeHTTP(w, r)
	})
}

// all is both on one port; the control API comes first.
func (g *gateway) all() http.Handler {
	control, apis := g.control(), g.apis()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isControl(r.URL.Path) {
			control.ServeHTTP(w, r)
			return
		}
		apis.ServeHTTP(w, r)
	})
}
