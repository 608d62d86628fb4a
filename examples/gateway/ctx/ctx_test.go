package ctx

import (
	"net/http/httptest"
	"testing"

	"github.com/TykTechnologies/tyk/apidef"
	"github.com/TykTechnologies/tyk/user"
)

func TestSession(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	if GetSession(r) != nil || GetAuthToken(r) != "" || GetDefinition(r) != nil {
		t.Error("a new request has a session, a key or a definition")
	}
	session := &user.SessionState{KeyID: "key"}
	SetSession(r, session, false)
	if GetSession(r) != session || GetAuthToken(r) != "key" || session.KeyHashEmpty() || r.Context().Value(UpdateSession) != nil {
		t.Error("the session is not what was set")
	}
	next := &user.SessionState{}
	SetSession(r, next, true)
	if GetSession(r) != next || next.KeyID != "key" || next.KeyHash() != session.KeyHash() || r.Context().Value(UpdateSession) != true {
		t.Error("the next session does not take the key over")
	}
}

func TestANilSessionPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it does not")
		}
	}()
	SetSession(httptest.NewRequest("GET", "/", nil), nil, false)
}

func TestDefinition(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	definition := &apidef.APIDefinition{APIID: "one"}
	SetDefinition(r, definition)
	if GetDefinition(r) != definition {
		t.Error("the definition is not what was set")
	}
}
