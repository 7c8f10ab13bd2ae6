package holder

import "strings"

// podUID is the uid of the pod whose cgroup the kubelet gave that name:
//
//	pod<uid>                                     cgroupfs
//	kubepods[-burstable|-besteffort]-pod<uid>.slice   systemd, and more in front
//	                                             if the kubelet has a cgroup root
//
// For systemd the dashes of the uid are underscores, since a dash in the name of a
// slice means one further up (pkg/kubelet/cm of Kubernetes).
func podUID(name string) string {
	uid, slice := strings.CutSuffix(name, ".slice")
	if slice {
		kubepods := strings.Index(uid, "kubepods-")
		pod := strings.LastIndex(uid, "-pod")
		if kubepods < 0 || pod < kubepods {
			return ""
		}
		uid = strings.ReplaceAll(uid[pod+len("-pod"):], "_", "-")
	} else {
		var ok bool
		if uid, ok = strings.CutPrefix(uid, "pod"); !ok {
			return ""
		}
	}
	if !isUID(uid) {
		return ""
	}
	return uid
}

// isUID reports whether it is a uid of a pod: a UUID, or for a pod from a file on
// the node the hash of that.
func isUID(text string) bool {
	if len(text) == 32 {
		return isHex(text)
	}
	groups := strings.Split(text, "-")
	if len(groups) != 5 {
		return false
	}
	for i, length := range []int{8, 4, 4, 4, 12} {
		if len(groups[i]) != length || !isHex(groups[i]) {
			return false
		}
	}
	return true
}

// podmanPod is the id of podman's pod whose cgroup has that name:
// libpod_pod_<id>, in a slice machine-libpod_pod_<id>.slice, or the bare id below
// podman's own cgroup.
func podmanPod(name string, inPodman bool) string {
	if inPodman && isID(name) {
		return name
	}
	const mark = "libpod_pod_"
	at := strings.LastIndex(name, mark)
	if at < 0 {
		return ""
	}
	id := strings.TrimSuffix(name[at+len(mark):], ".slice")
	if !isID(id) {
		return ""
	}
	return id
}
