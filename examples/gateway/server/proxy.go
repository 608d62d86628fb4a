package server

import (
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"github.com/TykTechnologies/tyk/apidef"
	"github.com/TykTechnologies/tyk/log"
)

// newProxy passes requests on to the target, and its responses through the response hooks.
func newProxy(config apidef.ProxyConfig, hooks []responseHook, transport http.RoundTripper) http.Handler {
	// Already vetted when the definition was read.
	target, _ := url.Parse(config.TargetURL)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rewind(r)
		answer := &answer{ResponseWriter: w}
		proxy := httputil.ReverseProxy{
			Transport: transport,
			Rewrite: func(request *httputil.ProxyRequest) {
				if config.StripListenPath {
					request.Out.URL.Path = strip(config.ListenPath, request.In.URL.Path)
					request.Out.URL.RawPath = strip(config.ListenPath, request.In.URL.RawPath)
				}
				request.SetURL(target)
			},
			ModifyResponse: func(response *http.Response) error {
				for _, hook := range hooks {
					if err := hook(answer, response); err != nil {
						return err
					}
				}
				return nil
			},
			ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) {
				// A response hook may have answered by itself.
				if answer.status == 0 {
					refuse(answer, err)
				}
			},
		}
		proxy.ServeHTTP(answer, r)
	})
}

// refuse answers in the place of the target.
func refuse(w http.ResponseWriter, err error) {
	var network net.Error
	switch {
	case errors.Is(err, errHook):
		fail(w, http.StatusInternalServerError, "")
	case errors.As(err, &network) && network.Timeout():
		log.Get().WithError(err).Error("the target is too slow")
		fail(w, http.StatusGatewayTimeout, "Upstream service reached hard timeout.")
	default:
		log.Get().WithError(err).Error("the target does not answer")
		fail(w, http.StatusInternalServerError, "There was a problem proxying the request")
	}
}

func strip(listenPath string, path string) string {
	if path == "" {
		return ""
	}
	return "/" + strings.TrimPrefix(strings.TrimPrefix(path, listenPath), "/")
}
