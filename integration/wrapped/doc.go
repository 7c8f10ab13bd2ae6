// Package wrapped tests unbusy-runtime in front of the real runtimes, without an
// engine: each container is started by the runtime alone and through
// unbusy-runtime, and what the caller sees is compared.
package wrapped
