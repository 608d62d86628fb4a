package server

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/uuid"
	"github.com/gorilla/mux"

	"github.com/TykTechnologies/tyk/apidef"
	"github.com/TykTechnologies/tyk/internal/build"
	"github.com/TykTechnologies/tyk/log"
)

// What Tyk says (gateway/api.go, apidef/api_definitions.go).
const (
	saidNoOwner    = "Attempted administrative access with invalid or missing key!"
	saidNotFound   = "API not found"
	saidMalformed  = "Request malformed"
	saidOtherID    = "Request APIID does not match that in Definition! For Update operations these must match."
	saidNoClassic  = "this API endpoint only supports Tyk Classic APIs; please use the appropriate Tyk OAS API endpoint"
	saidNoOAS      = "the supplied API definition is in OAS format, please use the Tyk classic format for this API"
	saidGetClassic = "the requested API definition is in Tyk classic format, please use old api endpoint"
	saidNotWritten = "file object creation failed, write error"
	saidNotReady   = "A successful API reload did not happen"
	saidNoMethod   = "Method not supported"
)

// status is the answer to what names no API, modified is that to what changes one.
type status struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

type modified struct {
	Key    string `json:"key"`
	Status string `json:"status"`
	Action string `json:"action"`
}

// health is the answer of /hello and /ready. This gateway has no other service that could fail, as Redis in Tyk.
type health struct {
	Status      string   `json:"status"`
	Version     string   `json:"version"`
	Description string   `json:"description"`
	Details     struct{} `json:"details"`
}

func writeJSON(w http.ResponseWriter, code int, value interface{}) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	// Whoever asked may be gone: then nobody is left to be told.
	_ = json.NewEncoder(w).Encode(value)
}

func failed(w http.ResponseWriter, code int, message string) {
	writeJSON(w, code, status{"error", message})
}

func isControl(path string) bool {
	return path == "/hello" || path == "/ready" || strings.HasPrefix(path, "/tyk/")
}

// control is the control API. As in Tyk a definition that it writes is served after the next reload; unlike Tyk it does not check a
// document against a schema, does not add servers to it, and does not delete.
func (g *gateway) control() http.Handler {
	noMethod := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { failed(w, http.StatusMethodNotAllowed, saidNoMethod) })
	api := mux.NewRouter()
	api.MethodNotAllowedHandler = noMethod
	api.HandleFunc("/reload", g.handleReload).Methods(http.MethodGet)
	api.HandleFunc("/apis", g.handleList).Methods(http.MethodGet)
	for prefix, isOAS := range map[string]bool{"/apis": false, "/apis/oas": true} {
		api.HandleFunc(prefix, g.handleAdd(isOAS)).Methods(http.MethodPost)
	}
	api.HandleFunc("/apis/oas/{id}", g.handleGet(true)).Methods(http.MethodGet)
	api.HandleFunc("/apis/oas/{id}", g.handleUpdate(true)).Methods(http.MethodPut)
	api.HandleFunc("/apis/{id}", g.handleGet(false)).Methods(http.MethodGet)
	// Tyk too takes the id from the definition alone.
	api.HandleFunc("/apis/{id}", g.handleAdd(false)).Methods(http.MethodPost)
	api.HandleFunc("/apis/{id}", g.handleUpdate(false)).Methods(http.MethodPut)

	all := mux.NewRouter()
	all.MethodNotAllowedHandler = noMethod
	all.HandleFunc("/hello", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, health{Status: "pass", Version: build.Version, Description: "Tyk GW"})
	}).Methods(http.MethodGet)
	all.HandleFunc("/ready", g.handleReady).Methods(http.MethodGet)
	all.PathPrefix("/tyk/").Handler(g.owner(http.StripPrefix("/tyk", noSlash(api))))
	return all
}

// owner lets a request pass that has the secret. In Tyk the secret may be empty; here nobody has an empty one.
func (g *gateway) owner(next http.Handler) http.Handler {
	secret := []byte(g.config.Secret)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(secret) == 0 || subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Tyk-Authorization")), secret) == 0 {
			log.Get().Warning(saidNoOwner)
			failed(w, http.StatusForbidden, saidNoOwner)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func noSlash(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = strings.TrimRight(r.URL.Path, "/")
		next.ServeHTTP(w, r)
	})
}

func (g *gateway) handleReady(w http.ResponseWriter, _ *http.Request) {
	if !g.isReady.Load() {
		failed(w, http.StatusServiceUnavailable, saidNotReady)
		return
	}
	writeJSON(w, http.StatusOK, health{Status: "pass", Version: build.Version, Description: "Tyk GW Ready"})
}

func (g *gateway) handleReload(w http.ResponseWriter, r *http.Request) {
	done := g.reload()
	log.Get().Info("Reload URL Structure - Scheduled")
	if r.URL.Query().Get("block") == "true" {
		// However long it takes. Where the deadline cannot be moved it stays.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		select {
		case <-done:
		case <-g.stopping:
			panic(http.ErrAbortHandler)
		}
	}
	writeJSON(w, http.StatusOK, status{Status: "ok"})
}

func (g *gateway) handleList(w http.ResponseWriter, _ *http.Request) {
	definitions := []json.RawMessage{}
	for _, one := range g.served.Load().apis {
		definitions = append(definitions, one.classic)
	}
	writeJSON(w, http.StatusOK, definitions)
}

func (g *gateway) handleGet(isOAS bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		one := g.served.Load().apis[mux.Vars(r)["id"]]
		switch {
		case one == nil:
			failed(w, http.StatusNotFound, saidNotFound)
		case !isOAS:
			writeJSON(w, http.StatusOK, one.classic)
		case !one.IsOAS:
			failed(w, http.StatusBadRequest, saidGetClassic)
		default:
			writeJSON(w, http.StatusOK, one.oas)
		}
	}
}

// handleAdd writes a definition, new or not.
func (g *gateway) handleAdd(isOAS bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		given, err := readGiven(r, isOAS)
		if err != nil {
			failed(w, http.StatusBadRequest, err.Error())
			return
		}
		g.write(w, given, "added")
	}
}

// handleUpdate writes the definition of an API that is served.
func (g *gateway) handleUpdate(isOAS bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := mux.Vars(r)["id"]
		one := g.served.Load().apis[id]
		switch {
		case one == nil:
			failed(w, http.StatusNotFound, saidNotFound)
			return
		case isOAS && !one.IsOAS:
			failed(w, http.StatusBadRequest, saidNoOAS)
			return
		case !isOAS && one.IsOAS:
			failed(w, http.StatusBadRequest, saidNoClassic)
			return
		}
		given, err := readGiven(r, isOAS)
		if err == nil && given.id != id {
			err = errors.New(saidOtherID)
		}
		if err != nil {
			failed(w, http.StatusBadRequest, err.Error())
			return
		}
		g.write(w, given, "modified")
	}
}

// given is a definition that came with a request. files are what is to be written, by what comes after the id in their names.
type given struct {
	id    string
	files map[string]interface{}
}

func readGiven(r *http.Request, isOAS bool) (*given, error) {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, err
	}
	if isOAS {
		return readDocument(data)
	}
	definition, err := apidef.Parse(data, true)
	var fields map[string]interface{}
	if err != nil || json.Unmarshal(data, &fields) != nil || fields == nil {
		log.Get().Error("Couldn't decode new API Definition object: ", err)
		return nil, errors.New(saidMalformed)
	}
	id, err := idOr(definition.APIID)
	fields["api_id"], fields["is_oas"] = id, false
	return &given{id, map[string]interface{}{"": fields}}, err
}

// idOr gives the id, or a new one where there is none. It becomes the name of a file.
func idOr(id string) (string, error) {
	if id == "" {
		made, err := uuid.NewV4()
		return strings.ReplaceAll(made.String(), "-", ""), err
	}
	if id != filepath.Base(id) {
		return "", errors.New(saidMalformed)
	}
	return id, nil
}

// write writes the files of a definition. They need not be whole all the time: only a reload reads them.
func (g *gateway) write(w http.ResponseWriter, given *given, action string) {
	for _, suffix := range []string{"", "-oas"} {
		value, has := given.files[suffix]
		if !has {
			continue
		}
		text, err := json.MarshalIndent(value, "", "  ")
		if err == nil && g.config.AppPath == "" {
			err = errors.New("there is no app_path")
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(g.config.AppPath, given.id+suffix+".json"), text, 0o644)
		}
		if err != nil {
			log.Get().Error("Failed to create file! - ", err)
			failed(w, http.StatusInternalServerError, saidNotWritten)
			return
		}
	}
	writeJSON(w, http.StatusOK, modified{given.id, "ok", action})
}
