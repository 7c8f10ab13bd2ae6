// Package mountns reads the mount tables of mount namespaces.
//
// Do not use it where one mountpoint is asked for: the whole table is read.
package mountns
