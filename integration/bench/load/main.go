// load makes mount namespaces as the containers and agents of a busy host have
// them: each with processes and a number of mounts, and some with a copy of a
// victim's mount. It says "ready" when they are there. They are gone when its
// standard input ends or it is ended, in whatever way: nothing holds them but its
// children, which the kernel ends with it.
//
//	load -namespaces 1000 -mounts 200 -copies 10 -victim /run/.../rootfs
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	var l load
	flag.IntVar(&l.namespaces, "namespaces", 100, "how many mount namespaces there are to be")
	flag.IntVar(&l.mounts, "mounts", 30, "how many mounts each has, a few more if there is no other way")
	flag.IntVar(&l.copies, "copies", 0, "how many of the namespaces have a copy of the victim")
	flag.StringVar(&l.victim, "victim", "", "the path of a mount that the others do not have")
	flag.IntVar(&l.processes, "processes", 1, "how many processes each namespace has")
	flag.Parse()
	// The kernel ends the children with the thread that started them. The first
	// one ends with the process.
	runtime.LockOSThread()
	if err := run(&l); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(l *load) error {
	if l.copies > l.namespaces || l.copies > 0 && l.victim == "" {
		return fmt.Errorf("%d copies need a victim, and as many namespaces", l.copies)
	}
	defer l.end()
	if err := l.make(); err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "ready")
	over := make(chan os.Signal, 1)
	signal.Notify(over, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // however it ends
		over <- syscall.SIGTERM
	}()
	<-over
	return nil
}
