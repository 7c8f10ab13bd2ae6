// Package spec holds the rules by which unbusy changes an OCI runtime
// specification, and the edit that applies them without losing a byte of what
// it does not understand.
//
// The rules are pure: [Decide] takes a parsed specification and what is known
// of the host (mount areas, the mount table, where the bind sources lead) and
// returns decisions, each with its reason. [Document.Edit] turns decisions into
// the new text, and [File] puts that text in the old one's place atomically.
//
// Do not use this package to validate specifications or to generate them: it
// looks at the binds and at what decides their propagation, and is deliberately
// blind to the rest.
package spec
