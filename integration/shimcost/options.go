package main

import "time"

// options are what is measured and how often.
type options struct {
	ours           string // path of the shim
	pairs, most    int    // of containers that are timed
	pods, mostPods int    // pairs of pods that are timed
	namespaces     []int  // others on the machine, one situation each
	results        string // directory, none if empty
	containers     int    // of each kind, for memory
	execs          int    // in each of these
	memoryPods     int    // of each kind, for memory
	settle         time.Duration
}
