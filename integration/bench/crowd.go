package main

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
)

// crowd is a load that is there.
type crowd struct {
	cmd   *exec.Cmd
	input io.Closer
	ended bool
}

// of is what a crowd is made of.
type of struct {
	namespaces, mounts, copies, processes int
	victim                                string
}

// load makes a crowd, which ends with the stage if not before.
func (b *bench) load(what of) *crowd {
	b.t.Helper()
	args := []string{
		"-namespaces", strconv.Itoa(what.namespaces), "-mounts", strconv.Itoa(what.mounts),
		"-copies", strconv.Itoa(what.copies), "-processes", strconv.Itoa(max(1, what.processes)),
	}
	if what.victim != "" {
		args = append(args, "-victim", what.victim)
	}
	c := &crowd{cmd: exec.Command(b.loader, args...)}
	input, err := c.cmd.StdinPipe()
	if err != nil {
		b.t.Fatalf("%v", err)
	}
	c.input = input
	output, err := c.cmd.StdoutPipe()
	if err != nil {
		b.t.Fatalf("%v", err)
	}
	var said strings.Builder
	c.cmd.Stderr = &said
	if err := c.cmd.Start(); err != nil {
		b.t.Fatalf("make a load: %v", err)
	}
	b.t.Cleanup(c.end)
	if line, err := bufio.NewReader(output).ReadString('\n'); err != nil || line != "ready\n" {
		c.end()
		b.t.Fatalf("make a load: %v: %s", err, said.String())
	}
	return c
}

// end ends the crowd and waits until its processes are gone.
func (c *crowd) end() {
	if c.ended {
		return
	}
	c.ended = true
	c.input.Close()
	_ = c.cmd.Wait() // there is nothing that it could say
}

// described says what a crowd is made of.
func described(what of) string {
	text := fmt.Sprintf("%d namespaces of %d mounts", what.namespaces, what.mounts)
	if what.copies == 1 {
		return text + ", 1 copy"
	}
	return text + fmt.Sprintf(", %d copies", what.copies)
}
