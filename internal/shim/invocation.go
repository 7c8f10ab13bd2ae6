package shim

import (
	"flag"
	"io"
)

// invocation is the command line by which daemons call shims, as far as it
// matters here (containerd pkg/shim, parseFlags).
type invocation struct {
	namespace, id string
	// address is that of the daemon's GRPC socket.
	address string
	// bundle is the bundle's directory, for delete.
	bundle  string
	debug   bool
	version bool
	action  string
}

// parseInvocation reads a command line, of which the first argument is the
// program. It reports false if containerd's own code would refuse it.
func parseInvocation(args []string) (inv invocation, ok bool) {
	if len(args) == 0 {
		return inv, false
	}
	flags := flag.NewFlagSet(program, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var unused string
	var info bool
	flags.StringVar(&inv.namespace, "namespace", "", "")
	flags.StringVar(&inv.id, "id", "", "")
	flags.StringVar(&inv.address, "address", "", "")
	flags.StringVar(&inv.bundle, "bundle", "", "")
	flags.BoolVar(&inv.debug, "debug", false, "")
	flags.BoolVar(&inv.version, "version", false, "")
	flags.BoolVar(&inv.version, "v", false, "")
	flags.BoolVar(&info, "info", false, "")
	for _, name := range []string{"socket", "debug-socket", "publish-binary"} {
		flags.StringVar(&unused, name, "", "")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return inv, false
	}
	inv.action = flags.Arg(0)
	// Without a namespace nothing is started.
	return inv, inv.version || !info && inv.namespace != ""
}
