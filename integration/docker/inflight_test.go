package docker

import (
	"archive/tar"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestInFlight ends containers, and an agent that holds copies of everything,
// while dockerd reads a large file out of another container, in mount namespaces
// that it makes for that: the file arrives whole. That the reading is under way
// is certain, because nobody takes what it sends.
func TestInFlight(t *testing.T) {
	d := dockerd(t)
	sums := make(map[string]string)
	for _, source := range []string{"running", "stopped"} {
		run(d, source, unbusy, "--network", "none")
		sums[source] = makeFile(d, source, "/data/large", 32)
	}
	d.Docker("stop", "--time", "0", "stopped")
	stop := func(name string) { d.Docker("stop", "--time", "0", name) }
	flights := []struct {
		from    string
		command []string
		ended   string // beside the victim
	}{
		{"running", []string{"cp", "running:/data/large", "-"}, ""},
		{"stopped", []string{"cp", "stopped:/data/large", "-"}, ""},
		{"stopped", []string{"export", "stopped"}, "agent"},
		// dockerd has its root file system mounted twice over, and gives up one.
		{"running", []string{"export", "running"}, "running"},
	}
	victims := make([]mounts, len(flights))
	for i := range flights {
		victims[i] = runVictim(t, d, "victim-"+strconv.Itoa(i), unbusy)
	}
	agent := runAgent(t, d, "agent", stock)
	for i, f := range flights {
		flight := depart(t, d, f.command...)
		stop("victim-" + strconv.Itoa(i))
		if i <= 2 {
			if held := victims[i].heldBy(t, agent); held != "" {
				t.Errorf("%v: the agent holds %q", f.command, held)
			}
		}
		if f.ended != "" {
			stop(f.ended)
		}
		if got := flight.arrive(t); got != sums[f.from] {
			t.Errorf("%v: the file arrives with the sum %s, not %s", f.command, got, sums[f.from])
		}
	}
}

// TestCommitInFlight ends a container while dockerd commits another one, which it
// pauses meanwhile.
func TestCommitInFlight(t *testing.T) {
	d := dockerd(t)
	run(d, "source", unbusy, "--network", "none")
	for size := 64; ; size *= 2 {
		sum := makeFile(d, "source", "/data/large", size)
		m := runVictim(t, d, "victim", unbusy)
		agent := runAgent(t, d, "agent", stock)
		done := make(chan error, 1)
		go func() {
			_, err := d.Try("commit", "source", "unbusy.test/committed")
			done <- err
		}()
		d.Await("source", "{{.State.Paused}}", func(out string) bool { return out == "true\n" })
		d.Docker("kill", "victim")
		overlapped := inspect(d, "source", "{{.State.Paused}}") == "true"
		if held := m.heldBy(t, agent); held != "" {
			t.Errorf("the agent holds %q", held)
		}
		if err := <-done; err != nil {
			t.Errorf("commit: %v", err)
		}
		got := d.Docker("run", "--rm", "--network", "none", "unbusy.test/committed", "md5sum", "/data/large")
		if got, _, _ = strings.Cut(got, " "); got != sum {
			t.Errorf("what was committed has the sum %s, not %s", got, sum)
		}
		if overlapped {
			break
		}
		if size == 512 {
			t.Fatal("every commit was over before the other container had ended")
		}
		d.Docker("rm", "--force", "victim", "agent")
	}
	stillFine(t, d, "source")
}

// makeFile makes a file of random bytes in a container and returns its MD5 sum.
func makeFile(d *host.Dockerd, container, path string, mebibytes int) string {
	sum := d.Docker("exec", container, "sh", "-c",
		"dd if=/dev/urandom of="+path+" bs=1M count="+strconv.Itoa(mebibytes)+" 2>/dev/null; md5sum "+path)
	sum, _, _ = strings.Cut(sum, " ")
	return sum
}

// flight is a docker command that writes a tar archive.
type flight struct {
	cmd    *exec.Cmd
	stderr strings.Builder
	stream io.Reader
	large  *tar.Reader // at the beginning of the large file
}

// depart starts the command and reads to the beginning of the large file.
func depart(t *testing.T, d *host.Dockerd, args ...string) *flight {
	t.Helper()
	command := d.Command(args...)
	f := &flight{cmd: exec.CommandContext(t.Context(), command[0], command[1:]...)}
	f.cmd.Stderr = &f.stderr
	var err error
	if f.stream, err = f.cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.large = tar.NewReader(f.stream)
	for {
		header, err := f.large.Next()
		if err != nil {
			t.Fatalf("%v: no large file comes: %v: %s", args, errors.Join(err, f.cmd.Wait()), f.stderr.String())
		}
		if path.Base(header.Name) == "large" {
			return f
		}
	}
}

// arrive reads the rest and returns the file's MD5 sum.
func (f *flight) arrive(t *testing.T) string {
	t.Helper()
	sum := md5.New()
	_, err := io.Copy(sum, f.large)
	if err == nil {
		_, err = io.Copy(io.Discard, f.stream)
	}
	if err := errors.Join(err, f.cmd.Wait()); err != nil {
		t.Errorf("%v: %v: %s", f.cmd.Args, err, f.stderr.String())
	}
	return hex.EncodeToString(sum.Sum(nil))
}
