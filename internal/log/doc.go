// Package log sends unbusy's messages to where the people who run an engine
// look: the log that the runtime's own --log option names, and the system log.
// It never writes to the standard streams, and never waits for a reader.
package log
