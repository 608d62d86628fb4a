// Package fold writes text in plain letters.
package fold

import "github.com/mozillazg/go-unidecode"

// Plain returns the text in ASCII.
func Plain(text string) string {
	return unidecode.Unidecode(text)
}
