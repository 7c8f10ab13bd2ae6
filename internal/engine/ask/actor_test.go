package ask

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// part in the environment says what the test binary plays in place of testing.
const part = "UNBUSY_ASK_PART"

func TestMain(m *testing.M) {
	play := os.Getenv(part)
	if play == "" {
		os.Exit(m.Run())
	}
	if err := act(strings.Split(play, " ")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// act listens on a socket, as dockerd if there is the data root to tell and a
// file with containers, until standard input is closed. With "cover" it first
// mounts something on a directory, in its own namespace.
func act(words []string) error {
	if words[0] == "cover" {
		if err := syscall.Mount("cover", words[1], "tmpfs", 0, ""); err != nil {
			return err
		}
		words = words[2:]
	}
	listener, err := net.Listen("unix", words[0])
	if err != nil {
		return err
	}
	if len(words) > 1 {
		go func() { _ = http.Serve(listener, dockerAPI(words[1], words[2])) }()
	}
	fmt.Fprintln(os.Stdout, "ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// dockerAPI answers as dockerd. Containers come from a file, as they are.
func dockerAPI(dataRoot, containers string) http.Handler {
	mux := http.NewServeMux()
	list := func() (all []map[string]any, err error) {
		data, err := os.ReadFile(containers)
		if err == nil {
			err = json.Unmarshal(data, &all)
		}
		return all, err
	}
	answer := func(w http.ResponseWriter, status int, v any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /info", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"DockerRootDir": dataRoot})
	})
	mux.HandleFunc("GET /containers/json", func(w http.ResponseWriter, r *http.Request) {
		all, err := list()
		if err != nil || r.URL.Query().Get("all") != "1" {
			answer(w, http.StatusInternalServerError, map[string]any{"message": fmt.Sprint(err)})
			return
		}
		answer(w, http.StatusOK, all)
	})
	mux.HandleFunc("GET /containers/{id}/json", func(w http.ResponseWriter, r *http.Request) {
		all, err := list()
		for _, c := range all {
			if c["Id"] == r.PathValue("id") {
				answer(w, http.StatusOK, c)
				return
			}
		}
		answer(w, http.StatusNotFound, map[string]any{"message": fmt.Sprint("No such container: ", r.PathValue("id"), err)})
	})
	return mux
}

// engineProcess starts a process that is called like an engine and listens.
func engineProcess(t *testing.T, name string, attr *syscall.SysProcAttr, args []string, play ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The kernel calls a process by the name that was executed.
	program := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), part+"="+strings.Join(play, " "), "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = attr
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		_ = cmd.Wait()
	})
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return cmd
}

// dir makes a directory that has no symbolic link in its path, with directories
// in it.
func dir(t *testing.T, names ...string) string {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(top, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return top
}

// write makes files with their directories.
func write(t *testing.T, top string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func requireRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
}

// Ids of containers and layers.
var (
	idA   = strings.Repeat("a", 64)
	idB   = strings.Repeat("b", 64)
	layer = strings.Repeat("1", 64)
)
