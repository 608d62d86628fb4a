// Package header names the headers that the plugin sets.
package header

const (
	API      = "X-Api-Name"
	SignedBy = "X-Signed-By"
)
