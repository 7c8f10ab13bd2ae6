// Command tools builds pinned third-party programs and prints the directories
// they are in, one line for each set asked for:
//
//	go run ./integration/tools [-tags a,b] SET...
//
// Every directory beside this file is a set: a go.mod with tool directives.
// Without arguments the sets are listed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/unbusy/unbusy/integration/toolbox"
)

func main() {
	tags := flag.String("tags", "", "comma-separated build `tags` in addition to the set's own")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, flag.Args(), *tags)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tools:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string, tags string) error {
	if len(names) == 0 {
		all, err := toolbox.Names()
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, strings.Join(all, "\n"))
		return nil
	}
	split := func(r rune) bool { return r == ',' || r == ' ' }
	for _, name := range names {
		dir, err := toolbox.Get(ctx, name, strings.FieldsFunc(tags, split)...)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, dir)
	}
	return nil
}
