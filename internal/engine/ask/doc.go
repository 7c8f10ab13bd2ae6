// Package ask asks container engines what they know about a container: whether
// it runs, is stopped, or is no more.
//
// It is for a person who waits. Everything has a deadline, and what is not
// answered by the engine whose directory it is, is an error: nobody may conclude
// from silence that a container is gone. Do not use the package where a
// container's engine waits for us, as it does at create and delete: it would ask
// the one who waits.
package ask
