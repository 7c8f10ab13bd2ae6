package install_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/install/hosttest"
)

func withoutOurs(now, original []byte) ([]byte, error) {
	rest := bytes.ReplaceAll(now, []byte("ours\n"), nil)
	if original == nil && len(rest) == 0 {
		return nil, nil
	}
	return rest, nil
}

func TestRoundTrip(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(configFile, "theirs\n")
	before := tree.All()
	request := tree.Request("docker")
	tree.Do(request, twoFiles)
	if got := tree.Read(configFile); got != "theirs\nours\n" {
		t.Errorf("the file holds %q", got)
	}
	if got := tree.Read(dropInFile); got != "ours\n" {
		t.Errorf("the drop-in holds %q", got)
	}
	if target, err := os.Readlink(tree.Path(linkFile)); err != nil || target != "/usr/bin/unbusy-runtime" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
	tree.Do(request, takeBack)
	tree.RequireSame(before)
}

func TestCopyIsKept(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(configFile, "secret\n")
	tree.Do(tree.Request("docker"), twoFiles)
	for path, text := range tree.All() {
		if path != configFile && strings.Contains(text, "secret") {
			info, err := os.Stat(tree.Path(path))
			if err != nil || info.Mode() != 0o600 || !strings.HasPrefix(path, "/var/lib/unbusy/install/docker/config.") {
				t.Errorf("the copy %s has mode %v, %v", path, info.Mode(), err)
			}
			return
		}
	}
	t.Error("there is no copy")
}

// What somebody wrote since stays, and a file that somebody removed stays away.
func TestEditedSince(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(configFile, "theirs\n")
	request := tree.Request("docker")
	tree.Do(request, twoFiles)
	tree.Write(configFile, "before\n"+tree.Read(configFile)+"after\n")
	tree.Write(dropInFile, tree.Read(dropInFile)+"theirs\n")
	tree.Remove(linkFile)
	tree.Link(linkFile, "/elsewhere")
	tree.Do(request, takeBack)
	if got := tree.Read(configFile); got != "before\ntheirs\nafter\n" {
		t.Errorf("the edited file holds %q", got)
	}
	if got := tree.Read(dropInFile); got != "theirs\n" {
		t.Errorf("the edited drop-in holds %q", got)
	}
	if target, err := os.Readlink(tree.Path(linkFile)); err != nil || target != "/elsewhere" {
		t.Errorf("somebody else's link leads to %q, %v", target, err)
	}
}

func TestRemovedSince(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(configFile, "theirs\n")
	request := tree.Request("docker")
	tree.Do(request, twoFiles)
	for _, path := range []string{configFile, dropInFile, linkFile} {
		tree.Remove(path)
	}
	tree.Do(request, takeBack)
	for path := range tree.All() {
		if strings.HasPrefix(path, "/var/lib/unbusy") || path == configFile || path == dropInFile {
			t.Errorf("%s is there", path)
		}
	}
}

// Two installations with an edit between them: the copy from before the first
// one must not be put back, since that would lose the edit.
func TestEditedBetween(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(configFile, "theirs\n")
	request := tree.Request("docker")
	once := func(_ context.Context, request install.Request) (install.Plan, error) {
		_, now, err := request.Host.Read(configFile)
		return install.Plan{Engine: "docker", Files: []install.File{
			{Path: configFile, Before: now, After: append([]byte("ours\n"), now...), Ours: true},
		}}, err
	}
	tree.Do(request, once)
	tree.Write(configFile, tree.Read(configFile)+"edit\n")
	tree.Do(request, once)
	tree.Do(request, takeBack)
	if got := tree.Read(configFile); got != "theirs\nedit\n" {
		t.Errorf("the file holds %q", got)
	}
}

func TestCheckFails(t *testing.T) {
	refused := errors.New("refused")
	for name, before := range map[string]string{"at first": "", "when something is installed": "docker"} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			tree.Write(configFile, "theirs\n")
			request := tree.Request("docker")
			if before != "" {
				tree.Do(request, twoFiles)
			}
			was := tree.All()
			_, err := install.Do(t.Context(), request, func(_ context.Context, request install.Request) (install.Plan, error) {
				_, now, err := request.Host.Read(configFile)
				plan := install.Plan{Engine: "docker", Files: []install.File{
					{Path: "/etc/new/dir/file", After: []byte("new\n"), Ours: true},
					{Path: configFile, Before: now, After: []byte("other\n"), Ours: true},
				}}
				plan.Check = func(context.Context) error {
					if got := tree.Read(configFile); got != "other\n" {
						t.Errorf("checked is %q", got)
					}
					return refused
				}
				return plan, err
			})
			if !errors.Is(err, refused) {
				t.Errorf("error %v", err)
			}
			tree.RequireSame(was)
		})
	}
}

// A file in the middle cannot be written.
func TestWriteFails(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(configFile, "theirs\n")
	tree.Write("/etc/engine/conf.d", "no directory\n")
	was := tree.All()
	_, err := install.Do(t.Context(), tree.Request("docker"), twoFiles)
	if err == nil || !strings.Contains(err.Error(), "/etc/engine/conf.d") {
		t.Errorf("error %v", err)
	}
	tree.RequireSame(was)
}

func TestInterrupted(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(configFile, "theirs\n")
	was := tree.All()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := install.Do(ctx, tree.Request("docker"), func(ctx context.Context, request install.Request) (install.Plan, error) {
		plan, err := twoFiles(ctx, request)
		plan.Check = func(ctx context.Context) error {
			cancel()
			return ctx.Err()
		}
		return plan, err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	tree.RequireSame(was)
}

// Whoever waits for another one to finish can be told not to.
func TestInterruptedWaiting(t *testing.T) {
	tree := hosttest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	tree.Do(tree.Request("docker"), func(_ context.Context, request install.Request) (install.Plan, error) {
		ended := make(chan error)
		go func() {
			_, err := install.Do(ctx, request, twoFiles)
			ended <- err
		}()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		return install.Plan{Engine: "docker"}, nil
	})
	tree.Do(tree.Request("docker"), twoFiles)
}

// Somebody changes the file between the planning and the writing.
func TestChangedMeanwhile(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(configFile, "theirs\n")
	_, err := install.Do(t.Context(), tree.Request("docker"), func(ctx context.Context, request install.Request) (install.Plan, error) {
		plan, err := twoFiles(ctx, request)
		tree.Write(configFile, "edit\n")
		return plan, err
	})
	if err == nil || !strings.Contains(err.Error(), configFile+" was changed by somebody else") {
		t.Errorf("error %v", err)
	}
	if got := tree.Read(configFile); got != "edit\n" {
		t.Errorf("the file holds %q", got)
	}
}

// Whoever is killed leaves each file old or new, and a record that undoes both.
func TestKilled(t *testing.T) {
	for at := 1; at <= 4; at++ {
		t.Run(strconv.Itoa(at), func(t *testing.T) {
			tree := hosttest.New(t)
			tree.Write(configFile, "theirs\n")
			before := tree.All()
			command := exec.CommandContext(t.Context(), os.Args[0], tree.Dir())
			command.Env = append(os.Environ(), killAt+"="+strconv.Itoa(at))
			err := command.Run()
			var exit *exec.ExitError
			killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
			if killed != (at < 4) {
				t.Fatalf("the process ended with %v", err)
			}
			if got := tree.Read(configFile); got != "theirs\n" && got != "theirs\nours\n" {
				t.Errorf("the file holds %q", got)
			}
			tree.Do(tree.Request("docker"), takeBack)
			tree.RequireSame(before)
		})
	}
}

// Whether or not something stays recorded, in which case the last one to leave
// takes away the directory that the others wait for.
func TestTwoAtOnce(t *testing.T) {
	for name, ours := range map[string]bool{"recorded": true, "not recorded": false} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			tree.Write(configFile, "")
			const each, rounds = 4, 20
			var wait sync.WaitGroup
			for i := range each {
				engine := "engine" + strconv.Itoa(i)
				request := tree.Request(engine)
				wait.Go(func() {
					for range rounds {
						if _, err := install.Do(t.Context(), request, appendDot(ours)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wait.Wait()
			if got := tree.Read(configFile); len(got) != each*rounds {
				t.Errorf("%d of %d changes came about", len(got), each*rounds)
			}
			if _, ok := tree.All()["/var/lib/unbusy/"]; ok != ours {
				t.Errorf("there is a record: %v", ok)
			}
		})
	}
}

func appendDot(ours bool) install.Planner {
	return func(_ context.Context, request install.Request) (install.Plan, error) {
		_, now, err := request.Host.Read(configFile)
		return install.Plan{Engine: request.Engine, Files: []install.File{
			{Path: configFile, Before: now, After: append(bytes.Clone(now), '.'), Ours: ours},
		}}, err
	}
}

func TestShowChangesNothing(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(configFile, "theirs\n")
	before := tree.All()
	plan, err := install.Show(t.Context(), tree.Request("docker"), twoFiles)
	if err != nil || !plan.Changes() {
		t.Errorf("plan %v, %v", plan, err)
	}
	tree.RequireSame(before)
	want := "/var/lib/unbusy/wrap/crun becomes a symbolic link to /usr/bin/unbusy-runtime\n" +
		"--- /etc/engine/config\n+++ /etc/engine/config\n@@ -1,1 +1,2 @@\n theirs\n+ours\n" +
		"--- /dev/null\n+++ /etc/engine/conf.d/50-unbusy.conf\n@@ -0,0 +1,1 @@\n+ours\n"
	if got := string(plan.Diff()); got != want {
		t.Errorf("diff\n%s\nwant\n%s", got, want)
	}
}

func TestDamagedRecord(t *testing.T) {
	for name, damage := range map[string]func(tree *hosttest.Tree, copied string){
		"cut": func(tree *hosttest.Tree, _ string) { tree.Write(recordFile, "{") },
		"other version": func(tree *hosttest.Tree, _ string) {
			tree.Write(recordFile, `{"version":2,"engine":"docker","files":[]}`)
		},
		"other copy": func(tree *hosttest.Tree, copied string) { tree.Write(copied, "something else\n") },
		"no copy":    func(tree *hosttest.Tree, copied string) { tree.Remove(copied) },
	} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			tree.Write(configFile, "theirs\n")
			tree.Do(tree.Request("docker"), twoFiles)
			for path := range maps.Keys(tree.All()) {
				if strings.HasPrefix(path, "/var/lib/unbusy/install/docker/config.") {
					damage(tree, path)
				}
			}
			_, err := install.Do(t.Context(), tree.Request("docker"), takeBack)
			if err == nil || !strings.Contains(err.Error(), recordFile) {
				t.Errorf("error %v", err)
			}
			if got := tree.Read(configFile); got != "theirs\nours\n" {
				t.Errorf("the file holds %q", got)
			}
		})
	}
}

const recordFile = "/var/lib/unbusy/install/docker/record.json"
