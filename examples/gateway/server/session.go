package server

import (
	"net/http"
	"time"

	"github.com/justinas/alice"
	"github.com/pmylund/go-cache"

	"github.com/TykTechnologies/tyk/ctx"
	"github.com/TykTechnologies/tyk/user"
)

// known lets a request pass whose key has a session: one that an auth hook of any API asked to be kept.
func known(sessions *cache.Cache) alice.Constructor {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key := r.Header.Get("Authorization")
			if key == "" {
				fail(w, http.StatusUnauthorized, "Authorization field missing")
				return
			}
			found, _ := sessions.Get(key)
			session, isSession := found.(user.SessionState)
			if !isSession {
				fail(w, http.StatusForbidden, "Access to this API has been disallowed")
				return
			}
			session = session.Clone()
			ctx.SetSession(r, &session, false)
			next.ServeHTTP(w, r)
		})
	}
}

// checked lets a request pass whose session is valid, and keeps the session where a hook asked for that.
func checked(sessions *cache.Cache) alice.Constructor {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session := ctx.GetSession(r)
			switch {
			case session == nil:
				fail(w, http.StatusBadRequest, "Session state is missing or unset! Please make sure that auth headers are properly applied")
			case session.IsInactive:
				fail(w, http.StatusForbidden, "Key is inactive, please renew")
			case session.Expires > 0 && time.Now().After(time.Unix(session.Expires, 0)):
				fail(w, http.StatusUnauthorized, "Key has expired, please renew")
			default:
				if update, _ := r.Context().Value(ctx.UpdateSession).(bool); update {
					sessions.SetDefault(session.KeyID, session.Clone())
				}
				next.ServeHTTP(w, r)
			}
		})
	}
}
