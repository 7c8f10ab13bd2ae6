package host

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// ImageName is the name of the image that all containers are made of. It holds
// busybox with its applets and by itself sleeps, so that it will do for pod
// sandboxes, too.
const ImageName = "unbusy.test/busybox:1"

// Image makes the image known to one of containerd's namespaces and returns its
// name. It comes from this machine's busybox: no registry is asked.
func (c *Containerd) Image(namespace string) string {
	c.h.t.Helper()
	if !c.images[namespace] {
		archive := filepath.Join(c.h.dir, "image.tar")
		if err := writeImage(archive); err != nil {
			c.h.t.Fatalf("make an image: %v", err)
		}
		c.Ctr("--namespace", namespace, "images", "import", archive)
		c.images[namespace] = true
	}
	return c.image
}

// writeImage writes an image as an OCI layout in a tar archive.
func writeImage(path string) error {
	layer, err := busyboxLayer()
	if err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	archive := tar.NewWriter(out)
	put := func(name string, content []byte) error {
		return addFile(archive, tar.Header{Name: name, Mode: 0o644}, content)
	}
	blob := func(mediaType string, content []byte) (ocispec.Descriptor, error) {
		d := ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(content), Size: int64(len(content))}
		return d, put("blobs/sha256/"+d.Digest.Encoded(), content)
	}
	blobOf := func(mediaType string, v any) (ocispec.Descriptor, error) {
		content, err := json.Marshal(v)
		if err != nil {
			return ocispec.Descriptor{}, err
		}
		return blob(mediaType, content)
	}

	rootfs, err := blob(ocispec.MediaTypeImageLayer, layer)
	if err != nil {
		return err
	}
	config, err := blobOf(ocispec.MediaTypeImageConfig, ocispec.Image{
		Platform: ocispec.Platform{OS: "linux", Architecture: runtime.GOARCH},
		Config:   ocispec.ImageConfig{Cmd: []string{"sleep", "1000000"}, Env: []string{"PATH=/bin"}},
		RootFS:   ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{rootfs.Digest}},
	})
	if err != nil {
		return err
	}
	manifest, err := blobOf(ocispec.MediaTypeImageManifest, ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
		Config: config, Layers: []ocispec.Descriptor{rootfs},
	})
	if err != nil {
		return err
	}
	manifest.Annotations = map[string]string{"io.containerd.image.name": ImageName}
	index, err := json.Marshal(ocispec.Index{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex,
		Manifests: []ocispec.Descriptor{manifest},
	})
	if err != nil {
		return err
	}
	layout, err := json.Marshal(ocispec.ImageLayout{Version: ocispec.ImageLayoutVersion})
	if err != nil {
		return err
	}
	if err := put("index.json", index); err != nil {
		return err
	}
	if err := put(ocispec.ImageLayoutFile, layout); err != nil {
		return err
	}
	return archive.Close()
}

// busyboxLayer is a root file system: busybox, a link for each of its applets
// and the directories that mounts go to.
func busyboxLayer() ([]byte, error) {
	path, err := exec.LookPath("busybox")
	if err != nil {
		return nil, fmt.Errorf("images are made of busybox, Debian's busybox-static: %w", err)
	}
	if err := mustBeStatic(path); err != nil {
		return nil, err
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	applets, err := exec.Command(path, "--list").Output()
	if err != nil {
		return nil, fmt.Errorf("busybox --list: %w", err)
	}
	var layer bytes.Buffer
	archive := tar.NewWriter(&layer)
	for _, dir := range []string{"bin/", "dev/", "etc/", "proc/", "rootfs/", "sys/", "tmp/", "data/"} {
		if err := addFile(archive, tar.Header{Name: dir, Typeflag: tar.TypeDir, Mode: 0o755}, nil); err != nil {
			return nil, err
		}
	}
	if err := addFile(archive, tar.Header{Name: "bin/busybox", Mode: 0o755}, program); err != nil {
		return nil, err
	}
	for _, applet := range strings.Fields(string(applets)) {
		if applet == "busybox" {
			continue
		}
		link := tar.Header{Name: "bin/" + applet, Typeflag: tar.TypeSymlink, Linkname: "busybox", Mode: 0o777}
		if err := addFile(archive, link, nil); err != nil {
			return nil, err
		}
	}
	return layer.Bytes(), archive.Close()
}

func addFile(archive *tar.Writer, header tar.Header, content []byte) error {
	header.Size = int64(len(content))
	if err := archive.WriteHeader(&header); err != nil {
		return err
	}
	_, err := archive.Write(content)
	return err
}

// mustBeStatic refuses a program that needs an interpreter, because the image
// holds no libraries.
func mustBeStatic(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	program, err := elf.NewFile(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("%s is not static: please install busybox-static", path)
		}
	}
	return nil
}
