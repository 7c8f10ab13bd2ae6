package host

import (
	"os"
	"path/filepath"
)

// pauseName is the name of the image of infra containers.
const pauseName = "unbusy.test/pause:1"

// pauseImage makes an image that infra containers end at once with: CRI-O gives
// a process that ignores SIGTERM, as one does that sleeps as the first of its
// process namespace, all the time that its caller has (cri-o server/utils.go,
// stopTimeoutFromContext).
func (h *Host) pauseImage(storage *Podman) string {
	h.t.Helper()
	layer, err := busyboxLayer()
	archive := filepath.Join(h.Dir("crio"), "layer.tar")
	if err == nil {
		err = os.WriteFile(archive, layer, 0o644)
	}
	if err != nil {
		h.t.Fatalf("make an image: %v", err)
	}
	command := storage.Command("import", "--change", "STOPSIGNAL=SIGKILL", "--change", `CMD ["sleep","1000000"]`,
		"--change", "ENV PATH=/bin", archive, pauseName)
	// As for every image, what podman learns about layers it keeps below /var/lib.
	script := `mount -t tmpfs tmpfs /var/lib; exec "$@"`
	if _, err := h.Exec(nil, "unshare", append([]string{"--mount", "sh", "-ec", script, "sh"}, command...)...); err != nil {
		h.t.Fatalf("make an image: %v", err)
	}
	return pauseName
}
