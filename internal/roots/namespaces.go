package roots

// Directories whose entries are namespaces, pinned by a bind mount each.
var (
	pins     = layout{Namespaces, NamespacePins, "namespaces", []string{"*"}}
	crioPins = layout{CRIO, NamespacePins, "namespaces", []string{"*"}}
)

// namespaceKinds are the names of such directories: netns is that of ip-netns,
// CNI, containerd's CRI plugin, podman and CRI-O, the others are CRI-O's
// (cri-o internal/config/nsmgr/types.go).
var namespaceKinds = [...]string{"netns", "ipcns", "utsns", "userns", "pidns"}

func (f *finder) namespaces() {
	for _, kind := range namespaceKinds {
		f.learn(&pins, "/run/"+kind, defaultSource)
	}
	// Rootless podman's (containers/common pkg/netns/netns_linux.go).
	if dir := f.runtimeDir(); dir != "" && f.rootlessUID() != "" {
		f.learn(&pins, dir+"/netns", defaultSource)
	}
}
