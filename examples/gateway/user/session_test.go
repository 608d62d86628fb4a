package user

import (
	"reflect"
	"testing"
)

func TestACloneSharesNothing(t *testing.T) {
	session := SessionState{
		AccessRights: map[string]AccessDefinition{"one": {Versions: []string{"a"}}},
		MetaData:     map[string]interface{}{"list": []interface{}{map[string]interface{}{"deep": 1}}},
		Tags:         []string{"a"},
	}
	session.SetPolicies("a")
	clone := session.Clone()
	if !reflect.DeepEqual(clone, session) {
		t.Errorf("got %+v", clone)
	}
	clone.AccessRights["one"].Versions[0] = "b"
	clone.MetaData["list"].([]interface{})[0].(map[string]interface{})["deep"] = 2
	clone.Tags[0] = "b"
	clone.PolicyIDs()[0] = "b"
	if session.AccessRights["one"].Versions[0] != "a" || session.Tags[0] != "a" || session.PolicyIDs()[0] != "a" {
		t.Errorf("the session changed: %+v", session)
	}
	if deep := session.MetaData["list"].([]interface{})[0].(map[string]interface{})["deep"]; deep != 1 {
		t.Errorf("the metadata changed: %v", deep)
	}
}

func TestACloneOfNothingIsNothing(t *testing.T) {
	if got := NewSessionState().Clone(); !reflect.DeepEqual(got, SessionState{}) {
		t.Errorf("got %+v", got)
	}
}

func TestKeyHash(t *testing.T) {
	session := NewSessionState()
	if !session.KeyHashEmpty() {
		t.Error("a new session has a hash")
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a hash that was never set is given")
			}
		}()
		session.KeyHash()
	}()
	session.SetKeyHash("abc")
	if session.KeyHashEmpty() || session.KeyHash() != "abc" {
		t.Error("the hash is not what was set")
	}
}
