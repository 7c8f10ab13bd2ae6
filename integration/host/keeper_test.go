package host

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestAKeeperThatComesTooLateDoesNotStay is for a program that is killed while
// its keeper starts: the keeper's parent is then PID 1, for whose end it would
// wait.
func TestAKeeperThatComesTooLateDoesNotStay(t *testing.T) {
	NeedRoot(t)
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	answer, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	name := "unbusy-late-" + strconv.Itoa(dead.Process.Pid)
	keeper := exec.CommandContext(t.Context(), "/proc/self/exe")
	keeper.Env = append(os.Environ(),
		stageVar+"="+stageKeeper, nameVar+"="+name, parentVar+"="+strconv.Itoa(dead.Process.Pid))
	keeper.ExtraFiles = []*os.File{write}
	err = keeper.Start()
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = keeper.Process.Kill()
		_ = keeper.Wait()
	}()
	if err := answer.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(answer)
	if err != nil || strings.Contains(string(said), "ready") {
		t.Errorf("the keeper of a dead program said %q, %v", said, err)
	}
	if _, err := os.Stat(throwAway(name)); err == nil {
		t.Errorf("the keeper of a dead program left %s", throwAway(name))
	}
}
