// Package toolbox builds the third-party programs that tests, linters and the
// demo run, from Go modules of pinned versions, and keeps them in a cache
// outside the repository.
//
// A set is a directory below integration/tools whose go.mod pins versions and
// names programs by tool directives. Each has a go.mod of its own, so that what
// containerd, runc or a linter depends on decides nothing about unbusy's
// dependencies, nor about each other's.
//
// Nothing here is for programs of this repository: `go build` knows better when
// those are out of date.
package toolbox
