package target

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/unbusy/unbusy/internal/mountns"
)

func TestPatience(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	p := newPatience(ctx)
	if got := p.limit(); got != perTable {
		t.Errorf("one table may take %s", got)
	}
	if left := time.Until(p.until); left > time.Hour/share || left < time.Hour/share-time.Minute {
		t.Errorf("all tables may take %s", left)
	}
	p.until = time.Now().Add(-time.Second)
	if got := p.limit(); got != 0 {
		t.Errorf("after the end of the time one may take %s", got)
	}
	if got := (&patience{}).limit(); got != perTable {
		t.Errorf("without an end of the time one may take %s", got)
	}
}

// TestNoPatience reads a table for which there is no time, and then the same one
// for which there is.
func TestNoPatience(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
	lister := mountns.NewLister()
	own, err := lister.Own()
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	p := &patience{until: time.Now().Add(-time.Second)}
	if mounts, err := p.mounts(own); !errors.Is(err, errTooLong) {
		t.Errorf("%d mounts, %v", len(mounts), err)
	}
	if mounts, err := (&patience{}).mounts(own); err != nil || len(mounts) == 0 {
		t.Errorf("%d mounts, %v", len(mounts), err)
	}
}
