// Package ctx carries session and API definition through a request, from the gateway to plugins and back.
package ctx

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/TykTechnologies/tyk/apidef"
	"github.com/TykTechnologies/tyk/user"
)

// Key is the type of the keys in a request's context.
type Key uint

const (
	SessionData Key = iota
	UpdateSession
	AuthToken
	Definition
)

// GetAuthToken returns the key that the request was let in with, or "".
func GetAuthToken(r *http.Request) string {
	token, _ := r.Context().Value(AuthToken).(string)
	return token
}

// GetSession returns the session of the request, or nil.
func GetSession(r *http.Request) *user.SessionState {
	session, _ := r.Context().Value(SessionData).(*user.SessionState)
	return session
}

// SetSession puts a session into the request; scheduleUpdate asks the gateway to keep it. An auth hook lets a request in this way.
func SetSession(r *http.Request, s *user.SessionState, scheduleUpdate bool, _ ...bool) {
	if s == nil {
		panic("setting a nil context SessionData")
	}
	if s.KeyID == "" {
		s.KeyID = GetAuthToken(r)
	}
	if s.KeyHashEmpty() {
		hash := sha256.Sum256([]byte(s.KeyID))
		s.SetKeyHash(hex.EncodeToString(hash[:]))
	}
	ctx := context.WithValue(r.Context(), SessionData, s)
	ctx = context.WithValue(ctx, AuthToken, s.KeyID)
	if scheduleUpdate {
		ctx = context.WithValue(ctx, UpdateSession, true)
	}
	setContext(r, ctx)
}

// GetDefinition returns the definition of the API that was called, or nil.
func GetDefinition(r *http.Request) *apidef.APIDefinition {
	definition, _ := r.Context().Value(Definition).(*apidef.APIDefinition)
	return definition
}

// SetDefinition puts the definition of an API into the request.
func SetDefinition(r *http.Request, s *apidef.APIDefinition) {
	setContext(r, context.WithValue(r.Context(), Definition, s))
}

// A hook gets a pointer to the request and returns nothing, so the request itself must change.
func setContext(r *http.Request, ctx context.Context) {
	*r = *r.WithContext(ctx)
}
