// Package capture has real engines write specifications, and keeps them.
//
// TestCapture, which hack/capture runs, puts them into pkg/spec/testdata, each
// with the mount table and the mount areas of that moment; pkg/spec is tested on
// them ever after. TestUnbusyInEachEngine, part of the full matrix, captures
// them anew and has each container really run under unbusy-runtime.
package capture
