// Package taskapi compares unbusy's containerd shim with containerd's own, call
// by call and flag by flag, without a daemon: the tests start both as containerd
// does, ask both the same over the task API, and want the same answers, errors
// and events.
//
// Each situation is played on one shim after the other, in the same directories,
// under the same ids and with the same addresses. So nothing but process ids and
// times can differ for a good reason, and nothing else is made equal before the
// comparison.
package taskapi
