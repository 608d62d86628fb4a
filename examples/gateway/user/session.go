// Package user has the session of whoever calls an API.
package user

import (
	"time"

	"github.com/TykTechnologies/tyk/internal/reflect"
)

// AccessDefinition says which versions of an API a session may call.
type AccessDefinition struct {
	APIName  string   `json:"api_name"`
	APIID    string   `json:"api_id"`
	Versions []string `json:"versions"`
}

// SessionState is what the gateway knows of a caller. The fields are those that plugins use of Tyk's.
type SessionState struct {
	Rate           float64                     `json:"rate"`
	Per            float64                     `json:"per"`
	DateCreated    time.Time                   `json:"date_created"`
	Expires        int64                       `json:"expires"`
	QuotaMax       int64                       `json:"quota_max"`
	QuotaRenews    int64                       `json:"quota_renews"`
	QuotaRemaining int64                       `json:"quota_remaining"`
	AccessRights   map[string]AccessDefinition `json:"access_rights"`
	OrgID          string                      `json:"org_id"`
	IsInactive     bool                        `json:"is_inactive"`
	ApplyPolicies  []string                    `json:"apply_policies"`
	MetaData       map[string]interface{}      `json:"meta_data"`
	Tags           []string                    `json:"tags"`
	Alias          string                      `json:"alias"`

	keyHash string
	KeyID   string `json:"-"`
}

// NewSessionState returns an empty session.
func NewSessionState() *SessionState {
	return &SessionState{}
}

// Clone returns a copy that shares nothing with s.
func (s SessionState) Clone() SessionState {
	s.AccessRights = cloneAccess(s.AccessRights)
	s.ApplyPolicies = append([]string(nil), s.ApplyPolicies...)
	s.MetaData = reflect.CloneMap(s.MetaData)
	s.Tags = append([]string(nil), s.Tags...)
	return s
}

// KeyHash returns the hash of the session's key; it panics where none was set.
func (s *SessionState) KeyHash() string {
	if s.keyHash == "" {
		panic("KeyHash cache not found. You should call `SetKeyHash` before.")
	}
	return s.keyHash
}

// SetKeyHash keeps the hash of the session's key.
func (s *SessionState) SetKeyHash(hash string) {
	s.keyHash = hash
}

// KeyHashEmpty tells whether SetKeyHash was not called yet.
func (s *SessionState) KeyHashEmpty() bool {
	return s.keyHash == ""
}

func cloneAccess(rights map[string]AccessDefinition) map[string]AccessDefinition {
	if rights == nil {
		return nil
	}
	copied := make(map[string]AccessDefinition, len(rights))
	for key, right := range rights {
		right.Versions = append([]string(nil), right.Versions...)
		copied[key] = right
	}
	return copied
}
