// Package crio puts unbusy into CRI-O's configuration, by a drop-in file, and
// takes it out again.
//
// The annotation by which a container asks to be left alone needs nothing: CRI-O
// hands all of a pod's annotations to the runtime, and refuses to start if
// allowed_annotations has one that it does not know itself (pkg/config/config.go,
// validateAllowedAndGenerateDisallowedAnnotations).
package crio
