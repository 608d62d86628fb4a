package server

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"github.com/gofrs/uuid"
	"github.com/gorilla/mux"
	"github.com/justinas/alice"
	"github.com/pmylund/go-cache"
	"github.com/rs/cors"

	"github.com/TykTechnologies/tyk/apidef"
	"github.com/TykTechnologies/tyk/ctx"
	"github.com/TykTechnologies/tyk/log"
	"github.com/TykTechnologies/tyk/user"
)

// RequestID is the header that names a request to the target.
const RequestID = "X-Request-Id"

// addAPI puts an API on the router: pre hooks, authentication, post_key_auth hooks, post hooks, the target, response hooks.
func addAPI(router *mux.Router, config Config, definition *apidef.APIDefinition) error {
	target, err := url.Parse(definition.Proxy.TargetURL)
	if err != nil {
		return fmt.Errorf("%s: proxy.target_url: %w", definition.APIID, err)
	}
	hooks := definition.CustomMiddleware
	if hooks.Driver != "" && hooks.Driver != apidef.GoPluginDriver {
		return fmt.Errorf("%s: custom_middleware.driver is %q, this gateway runs %q only", definition.APIID, hooks.Driver, apidef.GoPluginDriver)
	}
	sessions := cache.New(config.SessionLifetime, config.SessionLifetime)
	chain := alice.New(identify, define(definition))
	if definition.EnableCORS {
		chain = chain.Append(cors.Default().Handler)
	}
	chain = chain.Append(middlewares(hooks.Pre)...)
	if hooks.AuthCheck.Name != "" {
		chain = chain.Append(middlewares([]apidef.MiddlewareDefinition{hooks.AuthCheck})...)
		chain = chain.Append(remember(sessions))
	} else if !definition.UseKeylessAccess {
		chain = chain.Append(known(sessions))
	}
	chain = chain.Append(middlewares(hooks.PostKeyAuth)...)
	chain = chain.Append(middlewares(hooks.Post)...)
	router.PathPrefix(definition.Proxy.ListenPath).Handler(chain.Then(proxy(definition, target, responseHooks(hooks.Response))))
	return nil
}

func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := uuid.NewV4()
		if err != nil {
			log.Get().WithError(err).Error("no request id")
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
		r.Header.Set(RequestID, id.String())
		next.ServeHTTP(w, r)
	})
}

func define(definition *apidef.APIDefinition) alice.Constructor {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx.SetDefinition(r, definition)
			next.ServeHTTP(w, r)
		})
	}
}

// remember lets a request pass that the auth hook gave a session, and keeps the session where the hook asked for that.
func remember(sessions *cache.Cache) alice.Constructor {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session := ctx.GetSession(r)
			if session == nil {
				http.Error(w, "Access to this API has been disallowed", http.StatusForbidden)
				return
			}
			if update, _ := r.Context().Value(ctx.UpdateSession).(bool); update {
				sessions.SetDefault(session.KeyID, session.Clone())
			}
			next.ServeHTTP(w, r)
		})
	}
}

// known lets a request pass whose key has a session.
func known(sessions *cache.Cache) alice.Constructor {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			found, ok := sessions.Get(r.Header.Get("Authorization"))
			session, isSession := found.(user.SessionState)
			if !ok || !isSession {
				http.Error(w, "Authorization field missing", http.StatusUnauthorized)
				return
			}
			session = session.Clone()
			ctx.SetSession(r, &session, false)
			next.ServeHTTP(w, r)
		})
	}
}

func proxy(definition *apidef.APIDefinition, target *url.URL, hooks []responseHook) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) {
			if definition.Proxy.StripListenPath {
				request.Out.URL.Path = "/" + strings.TrimPrefix(strings.TrimPrefix(request.In.URL.Path, definition.Proxy.ListenPath), "/")
			}
			request.SetURL(target)
		},
		ModifyResponse: func(response *http.Response) error {
			for _, hook := range hooks {
				if err := hook(response); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
