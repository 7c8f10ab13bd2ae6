// Package install puts unbusy into a container engine's configuration, and takes
// it out again.
//
// What is to change is planned first, as whole files, by a package for each
// engine below this one. A plan is shown or carried out; carried out, the
// engine's own check of its configuration has the last word, and everything is
// as it was before if that says no.
package install
