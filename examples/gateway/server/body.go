package server

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// maxBody is how much of a request is kept in memory.
const maxBody = 10 << 20

// body is a request's body that each hook, and at last the target, can read from its beginning.
type body struct{ bytes.Reader }

func (*body) Close() error { return nil }

// rereadable makes the body of a request one that can be read again.
func rereadable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			fail(w, http.StatusRequestEntityTooLarge, "")
			return
		}
		if err != nil {
			fail(w, http.StatusBadRequest, "")
			return
		}
		again := &body{}
		again.Reset(data)
		r.Body = again
		next.ServeHTTP(w, r)
	})
}

// rewind makes the next one read the body from its beginning. A body that a hook put in its place is left as it is.
func rewind(r *http.Request) {
	if again, ok := r.Body.(*body); ok {
		// The beginning is always there.
		_, _ = again.Seek(0, io.SeekStart)
	}
}
