package docker

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// answersCommands is a life with Docker. NAME is a container's name, RUNTIME its
// runtime, IMAGE the image, LINK a link to the data root and DIR a directory of
// the host.
const answersCommands = `
run --rm --runtime RUNTIME --network none IMAGE echo hello
run --rm --runtime RUNTIME --network none IMAGE sh -c "echo out; echo err >&2; exit 3"
run --rm --runtime RUNTIME --network none IMAGE sh -c "kill -9 $$"
run --rm --runtime RUNTIME --network none IMAGE /no/such/command
run --rm --runtime RUNTIME --network none IMAGE /etc
run --rm --runtime RUNTIME --network none --volume LINK:/host:rprivate IMAGE ls /host
run --rm --runtime RUNTIME --network none --volume /:/host IMAGE ls /host/run
run --rm --runtime RUNTIME --network none --read-only --tmpfs /scratch:size=1m IMAGE sh -c "touch /scratch/a && touch /b"
run --rm --runtime RUNTIME --network none --user 1000:1000 --workdir /tmp --env A=b IMAGE sh -c "id; pwd; echo $A"
run --detach --runtime RUNTIME --network none --name NAME --hostname same --ipc shareable --volume NAME-data:/data IMAGE
exec NAME hostname
exec NAME sh -c "exit 5"
exec NAME /no/such/command
exec --user 1000 --workdir /tmp --env A=b NAME sh -c "id -u; pwd; echo $A"
exec --detach NAME touch /tmp/later
exec NAME sh -c "while [ ! -e /tmp/later ]; do :; done"
exec NAME sh -c "echo kept >/root-file; echo volume >/data/file; ls / /data /dev/shm"
top NAME -o comm
pause NAME
exec NAME true
unpause NAME
cp NAME:/root-file DIR/from-running
cp DIR/to NAME:/tmp/to-running
exec NAME cat /tmp/to-running
diff NAME
commit --message done NAME unbusy.test/NAME
export --output DIR/running.tar NAME
stop --time 0 NAME
inspect --format "{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.State.Error}} {{.RestartCount}}" NAME
exec NAME true
cp NAME:/root-file DIR/from-stopped
cp DIR/to NAME:/tmp/to-stopped
export --output DIR/stopped.tar NAME
start NAME
exec NAME cat /root-file /data/file /tmp/to-stopped
restart --time 0 NAME
exec NAME cat /root-file
kill --signal TERM NAME
kill NAME
kill NAME
wait NAME
logs NAME
run --rm --runtime RUNTIME --network none unbusy.test/NAME cat /root-file
rm NAME
rm NAME
create --runtime RUNTIME --network none --name NAME IMAGE sh -c "echo created; exit 4"
start --attach NAME
rm --force NAME
volume rm NAME-data
`

// TestAnswers leads that life under runc and under unbusy-runtime: all output
// and every exit status is the same, and so is what was copied.
func TestAnswers(t *testing.T) {
	d := dockerd(t)
	image := d.Image()
	answers, files := map[string][]string{}, map[string]string{}
	var commands []string
	for _, runtime := range []string{stock, unbusy} {
		name, dir := "life-of-"+runtime, d.Host().Dir("copies", runtime)
		if err := os.WriteFile(filepath.Join(dir, "to"), []byte("from the host\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		commands = strings.Split(strings.TrimSpace(answersCommands), "\n")
		for _, command := range commands {
			command = strings.NewReplacer("NAME", name, "RUNTIME", runtime, "IMAGE", image,
				"LINK", linkTo(t, d.Host(), d.DataRoot()), "DIR", dir).Replace(command)
			out, err := d.Try(words(command)...)
			if strings.HasPrefix(command, "diff ") {
				// In the order of a map.
				out = strings.Join(slices.Sorted(strings.Lines(out)), "")
			}
			if err != nil {
				out += err.Error()
			}
			out = variable.ReplaceAllString(waiting.ReplaceAllString(out, ""), "ID")
			answers[runtime] = append(answers[runtime], strings.NewReplacer(dir, "DIR", name, "NAME", "--runtime "+runtime, "RUNTIME").Replace(out))
		}
		for _, name := range []string{"from-running", "from-stopped"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Error(err)
			}
			files[runtime] += name + ": " + string(text)
		}
		for _, name := range []string{"running.tar", "stopped.tar"} {
			files[runtime] += name + ": " + list(t, filepath.Join(dir, name))
		}
	}
	for i, command := range commands {
		if with, without := answers[unbusy][i], answers[stock][i]; with != without {
			t.Errorf("docker %s\nunder unbusy-runtime: %q\nunder runc:           %q", command, with, without)
		}
	}
	if files[unbusy] != files[stock] || !strings.Contains(files[stock], "kept") {
		t.Errorf("what was copied differs:\nunder unbusy-runtime: %s\nunder runc:           %s", files[unbusy], files[stock])
	}
	// That the life was one, and not a row of failures.
	failed := 0
	for _, answer := range answers[stock] {
		if strings.Contains(answer, "exit status ") {
			failed++
		}
	}
	if failed != 12 {
		t.Errorf("%d commands failed under runc: %q", failed, answers[stock])
	}
}

// variable is what differs from one container to the next.
var variable = regexp.MustCompile(`(sha256:)?\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b`)

// waiting is what docker's client says if it loses a race against itself when a
// container cannot be started.
var waiting = regexp.MustCompile(`(?m)\n^time=.*error waiting for container: context canceled.*$`)

// words splits a command at blanks outside quotation marks.
func words(command string) []string {
	var all []string
	for i, part := range strings.Split(command, `"`) {
		if i%2 == 1 {
			all = append(all, part)
		} else {
			all = append(all, strings.Fields(part)...)
		}
	}
	return all
}

// list names what is in a tar archive, with sizes and modes.
func list(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer f.Close()
	var names strings.Builder
	for archive := tar.NewReader(f); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return names.String()
		}
		if err != nil {
			t.Error(err)
			return names.String()
		}
		names.WriteString(header.FileInfo().Mode().String() + " " + header.Name + "\n")
	}
}
