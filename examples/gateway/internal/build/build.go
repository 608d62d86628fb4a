// Package build tells which gateway this is. A release sets the values with -ldflags=-X.
package build

var (
	// Version is the release, as v5.99.0.
	Version = "v5.99.0-dev"

	// BuiltBy is who or what built it.
	BuiltBy = "dev"

	// BuildDate is when.
	BuildDate string

	// Commit is the source's commit.
	Commit string
)
