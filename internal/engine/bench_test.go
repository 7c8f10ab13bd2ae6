package engine

import (
	"fmt"
	"os/exec"
	"testing"

	"github.com/unbusy/unbusy/internal/mountns"
)

// BenchmarkFindProtected looks through processes of which one is an engine.
func BenchmarkFindProtected(b *testing.B) {
	requireRoot(b)
	engine := start(b, copyNamed(b, "dockerd"), "wait", alone())
	id := namespaceOf(b, engine.pid(), engine.pid())
	lister := mountns.NewLister()
	crowd := 0
	for _, size := range []int{300, 3000} {
		for ; crowd < size; crowd++ {
			cmd := exec.Command("/bin/cat")
			if _, err := cmd.StdinPipe(); err != nil {
				b.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			})
		}
		b.Run(fmt.Sprintf("%d processes", size), func(b *testing.B) {
			for b.Loop() {
				p, err := FindProtected(b.Context(), lister)
				if err != nil {
					b.Fatal(err)
				}
				if !p.HasEngine(id) {
					b.Fatal("the engine was not found")
				}
			}
			all, err := pids("/proc")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(all)), "ns/process")
		})
	}
	p := find(b)
	other := start(b, copyNamed(b, "agent"), "wait", alone())
	id = namespaceOf(b, other.pid(), other.pid())
	b.Run("Recheck", func(b *testing.B) {
		for b.Loop() {
			if _, ok, err := p.Recheck(id); ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
}
