// report makes documentation of what the benchmarks have left.
//
//	report RESULTS DOCS
//
// RESULTS is the directory that they wrote to. performance.md and performance.svg
// are written into DOCS.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: report RESULTS DOCS")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run(results, docs string) error {
	text, err := write(results, machine())
	if err != nil {
		return err
	}
	if err := chart(results, filepath.Join(docs, "performance.svg")); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, "performance.md"), text, 0o644)
}

// chart draws the curves, by a program in a module of its own.
func chart(results, file string) error {
	results, err := filepath.Abs(results)
	if err != nil {
		return err
	}
	if file, err = filepath.Abs(file); err != nil {
		return err
	}
	draw := exec.Command("go", "run", ".", results, file)
	draw.Dir = filepath.Join("integration", "bench", "chart")
	draw.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	draw.Stdout, draw.Stderr = os.Stderr, os.Stderr
	if err := draw.Run(); err != nil {
		return fmt.Errorf("draw the charts: %w", err)
	}
	return nil
}
