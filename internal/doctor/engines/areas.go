package engines

import "github.com/unbusy/unbusy/internal/doctor"

// Areas are the areas of container engines and of what they run, in the order
// in which they are reported.
func Areas() []doctor.Area {
	return []doctor.Area{
		{Name: "docker", Examine: examineDocker},
		{Name: "containerd", Examine: examineContainerd},
		{Name: "cri-o", Examine: examineCRIO},
		{Name: "podman", Examine: examinePodman},
		{Name: "containers", Examine: examineContainers},
	}
}
