// Package containerd puts containerd-shim-unbusy-v2 into containerd's
// configuration, and takes it out again.
//
// What is in force is what containerd itself says (containerd config dump), not
// what this package makes of the files: which of them wins, and what is the
// default, differs from version to version. The files are changed in place, and
// afterwards containerd has to say the same as before but for what was meant to
// change.
package containerd
