// Package config reads unbusy's own configuration file.
//
// Everything in the file is optional and so is the file. A file that cannot be
// read or understood never stands in the way of a container: Load then returns
// the defaults together with the error, and it is for the caller to decide
// what to make of it.
package config
