// chart draws the curves of benchmarks. It is a module of its own, because what
// draws is needed for nothing else.
//
//	chart RESULTS FILE.svg
//
// RESULTS is a directory of parts, as the benchmarks write them.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: chart RESULTS FILE.svg")
		os.Exit(2)
	}
	charts, err := read(os.Args[1])
	if err == nil {
		err = draw(charts, os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}
