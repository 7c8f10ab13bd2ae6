package roots

import "strings"

// kubeletRoot is the kubelet's directory, --root-dir.
var kubeletRoot = layout{Kubelet, KubeletDirectory, "kubelet", []string{
	// A pod's volumes, subpaths and block devices (kubernetes
	// pkg/kubelet/kubelet_getters.go).
	"pods/*",
	// A CSI driver's staging mount, below the hash of its volume handle, or
	// below pv/<name> before 1.24 (kubernetes pkg/volume/csi/csi_attacher.go,
	// makeDeviceMountPath), and raw block volumes (csi_block.go).
	"plugins/kubernetes.io/csi/*/*",
	"plugins/kubernetes.io/csi/volumeDevices/publish/*",
	"plugins/kubernetes.io/csi/volumeDevices/staging/*",
	// In-tree volumes that are mounted once for all pods: rbd, local-volume
	// and those of clouds (kubernetes pkg/volume/util, MountsInGlobalPDPath),
	// flexVolume, and the two with a layout of their own.
	"plugins/kubernetes.io/*/mounts/*",
	"plugins/kubernetes.io/flexvolume/*/mounts/*",
	"plugins/kubernetes.io/iscsi/*/*",
	"plugins/kubernetes.io/fc/*",
}}

// kubeletEnvFiles hold words for the kubelet's command line, in
// KUBELET_KUBEADM_ARGS and KUBELET_EXTRA_ARGS (kubeadm's drop-in for systemd
// names all three).
var kubeletEnvFiles = [...]string{
	"/var/lib/kubelet/kubeadm-flags.env",
	"/etc/default/kubelet",
	"/etc/sysconfig/kubelet",
}

// kubelet looks at the default directory and the files from which services
// take the command line. The kubelet's own configuration file has no setting
// for the directory.
func (f *finder) kubelet() {
	f.learn(&kubeletRoot, "/var/lib/kubelet", defaultSource)
	for _, path := range kubeletEnvFiles {
		data, _ := f.file(path)
		for line := range strings.Lines(string(data)) {
			f.kubeletWords(line, source{byFile, path})
		}
	}
}

// kubeletWords reads a line of an environment file. Words cannot be quoted
// inside the value: systemd splits it at spaces.
func (f *finder) kubeletWords(line string, src source) {
	name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
	name = strings.TrimPrefix(name, "export ")
	if !ok || strings.HasPrefix(name, "#") {
		return
	}
	words := process{args: strings.Fields(strings.Trim(value, `"'`))}
	root, _ := words.flag("--root-dir")
	f.learn(&kubeletRoot, root, src.key(name))
}

// kubeletDaemon reads the command line of a running kubelet.
func (f *finder) kubeletDaemon(p process) {
	root, name := p.flag("--root-dir")
	f.learn(&kubeletRoot, root, p.source(name))
}
