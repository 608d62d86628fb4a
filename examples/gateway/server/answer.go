package server

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// answer notes whether a hook answered the request itself: then it has a status.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(data []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(data)
}

// Flush lets a hook, and the proxy, send what was written so far.
func (a *answer) Flush() {
	if flusher, ok := a.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}

func (a *answer) asError() error {
	return fmt.Errorf("plugin function sent error response code: %d", a.status)
}

// fail answers as Tyk's error template does; without a message it says what the status means.
func fail(w http.ResponseWriter, status int, message string) {
	if message == "" {
		message = http.StatusText(status)
	}
	// A map of strings can always be written.
	text, _ := json.MarshalIndent(map[string]string{"error": message}, "", "    ")
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// Whoever asked may be gone: then nobody is left to be told.
	_, _ = w.Write(text)
}
