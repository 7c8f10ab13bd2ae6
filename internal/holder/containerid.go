package holder

import "strings"

// idLength is how many hexadecimal digits the ids of containers have in Docker,
// containers/storage, CRI and nerdctl. In ctr they are any word, which nothing
// tells from other names.
const idLength = 64

// containerID is the container whose cgroup has that name, empty if it is none's.
// Engines name it
//
//	<id>                         cgroupfs: Docker, kubelet
//	<prefix>-<id>                cgroupfs: crio-, libpod-
//	<prefix>-<id>.scope          systemd: docker-, cri-containerd-, crio-, libpod-, nerdctl-
//	libpod-payload-<id>          podman --cgroups=split
//
// and the monitor that stays outside of the container has "conmon" in the prefix.
func containerID(name string) string {
	name = strings.TrimSuffix(name, ".scope")
	prefix, id := "", name
	if dash := strings.LastIndexByte(name, '-'); dash >= 0 {
		prefix, id = name[:dash], name[dash+1:]
	}
	if !isID(id) || prefix == "conmon" || strings.HasSuffix(prefix, "-conmon") {
		return ""
	}
	return id
}

func isID(text string) bool {
	return len(text) == idLength && isHex(text)
}

func isHex(text string) bool {
	for _, r := range text {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return false
		}
	}
	return text != ""
}
