package roots

// microk8s looks for MicroK8s, which keeps everything inside its snap
// (microk8s microk8s-resources/default-args/{containerd,kubelet}).
func (f *finder) microk8s() {
	const common = "/var/snap/microk8s/common"
	f.learn(&containerdRoot, common+"/var/lib/containerd", defaultSource)
	f.learn(&containerdState, common+"/run/containerd", defaultSource)
	f.learn(&kubeletRoot, common+"/var/lib/kubelet", defaultSource)
}
