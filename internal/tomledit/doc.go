// Package tomledit changes single values of a TOML document and keeps every
// other byte of it: comments, order, indentation, line ends and keys that mean
// nothing here.
//
// It is for files that belong to somebody else. What is only read is decoded
// with go-toml, which knows everything about TOML and forgets how it was written.
package tomledit
