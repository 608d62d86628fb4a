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

// SessionState is what the gateway knows of a caller. The fields are those that plugins use of Tyk's; this gateway itself
// heeds Expires and IsInactive, it counts neither rates nor quotas.
type SessionState struct {
	Allowance               float64                     `json:"allowance"`
	Rate                    float64                     `json:"rate"`
	Per                     float64                     `json:"per"`
	ThrottleInterval        float64                     `json:"throttle_interval"`
	ThrottleRetryLimit      int                         `json:"throttle_retry_limit"`
	DateCreated             time.Time                   `json:"date_created"`
	Expires                 int64                       `json:"expires"`
	QuotaMax                int64                       `json:"quota_max"`
	QuotaRenews             int64                       `json:"quota_renews"`
	QuotaRemaining          int64                       `json:"quota_remaining"`
	QuotaRenewalRate        int64                       `json:"quota_renewal_rate"`
	AccessRights            map[string]AccessDefinition `json:"access_rights"`
	OrgID                   string                      `json:"org_id"`
	OauthClientID           string                      `json:"oauth_client_id"`
	Certificate             string                      `json:"certificate"`
	IsInactive              bool                        `json:"is_inactive"`
	ApplyPolicies           []string                    `json:"apply_policies"`
	DataExpires             int64                       `json:"data_expires"`
	EnableDetailedRecording bool                        `json:"enable_detailed_recording"`
	MetaData                map[string]interface{}      `json:"meta_data"`
	Tags                    []string                    `json:"tags"`
	Alias                   string                      `json:"alias"`
	LastUpdated             string                      `json:"last_updated"`
	SessionLifetime         int64                       `json:"session_lifetime"`

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
	s.ApplyPolicies = cloneSlice(s.ApplyPolicies)
	s.MetaData = reflect.CloneMap(s.MetaData)
	s.Tags = cloneSlice(s.Tags)
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

// PolicyIDs returns the policies of the session.
func (s *SessionState) PolicyIDs() []string {
	return s.ApplyPolicies
}

// SetPolicies gives the session these policies and no others.
func (s *SessionState) SetPolicies(ids ...string) {
	s.ApplyPolicies = ids
}

func cloneSlice(list []string) []string {
	if list == nil {
		return nil
	}
	return append([]string{}, list...)
}

func cloneAccess(rights map[string]AccessDefinition) map[string]AccessDefinition {
	if rights == nil {
		return nil
	}
	copied := make(map[string]AccessDefinition, len(rights))
	for key, right := range rights {
		right.Versions = cloneSlice(right.Versions)
		copied[key] = right
	}
	return copied
}
