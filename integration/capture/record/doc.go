// Package record notes what an engine asked of its runtime: the specification
// as the engine wrote it, and all that the rules of pkg/spec have to know of the
// host at that moment.
//
// Engines are given a copy of the program integration/capture/recorder as their
// runtime. It makes the note and becomes the runtime that it stands for.
package record
