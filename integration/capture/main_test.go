package capture

import (
	"flag"
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// to is where TestCapture puts what it captures.
var to = flag.String("to", "", "capture specifications into this `directory`")

func TestMain(m *testing.M) {
	flag.Parse()
	var tools []string
	if *to != "" || full() {
		tools = []string{"containerd-2.4", "runc-1.5"}
	}
	os.Exit(host.Main(m, tools...))
}
