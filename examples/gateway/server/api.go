package server

import (
	"net/http"

	"github.com/gofrs/uuid"
	"github.com/justinas/alice"
	"github.com/pmylund/go-cache"
	"github.com/rs/cors"

	"github.com/TykTechnologies/tyk/apidef"
	"github.com/TykTechnologies/tyk/ctx"
	"github.com/TykTechnologies/tyk/log"
)

// RequestID is the header that names a request to the target.
const RequestID = "X-Request-Id"

// newAPI is the way of a request, in Tyk's order: pre hooks, authentication, post_key_auth hooks, the check of the session, the
// hook of the endpoint, post hooks, the target, response hooks. Where no key is asked for there are no post_key_auth hooks either.
func newAPI(definition *apidef.APIDefinition, loaded hooks, sessions *cache.Cache, transport http.RoundTripper) http.Handler {
	chain := alice.New(identify, define(definition), rereadable)
	if definition.CORS.Enable {
		chain = chain.Append(allow(definition.CORS))
	}
	chain = chain.Append(loaded.pre...)
	if !definition.UseKeylessAccess {
		if len(loaded.auth) == 0 {
			chain = chain.Append(known(sessions))
		}
		chain = chain.Append(loaded.auth...)
		chain = chain.Append(loaded.postKeyAuth...)
		chain = chain.Append(checked(sessions))
	}
	if len(loaded.endpoints) > 0 {
		chain = chain.Append(atEndpoints(definition.Proxy.ListenPath, loaded.endpoints))
	}
	chain = chain.Append(loaded.post...)
	return chain.Then(newProxy(definition.Proxy, loaded.response, transport))
}

func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := uuid.NewV4()
		if err != nil {
			log.Get().WithError(err).Error("no request id")
			fail(w, http.StatusInternalServerError, "")
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

func allow(config apidef.CORSConfig) alice.Constructor {
	return cors.New(cors.Options{
		AllowedOrigins:   config.AllowedOrigins,
		AllowedMethods:   config.AllowedMethods,
		AllowedHeaders:   config.AllowedHeaders,
		ExposedHeaders:   config.ExposedHeaders,
		AllowCredentials: config.AllowCredentials,
		MaxAge:           config.MaxAge,
	}).Handler
}
