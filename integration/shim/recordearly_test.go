package shim

import (
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestRecordWhileCreating has a runtime that creates nothing before the record is
// there, which needs no process of a container in the host's network namespace.
func TestRecordWhileCreating(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		const waits = `case " $* " in *" create "*) ;; *) exec runc "$@";; esac
			bundle=; last=
			for word; do [ "$last" = --bundle ] && bundle=$word; last=$word; done
			patience=3000
			until [ -e "$bundle/unbusy.json" ]; do
				patience=$((patience - 1)); [ $patience != 0 ] || exit 1; sleep 0.01
			done
			`
		runc := filepath.Join(s.h.Dir("waits"), "runc")
		script(t, runc, waits+`exec runc "$@"`)
		victim := s.c.Run("victim", host.Under(ourHandler), host.Flags("--net-host", "--runc-binary", runc))
		holders := s.holders(victim)
		shim := s.shim(victim)
		shim.requireDeletes()
		holders.require("after", false)
		shim.shutdown()
		s.requireFailures()
	})
}
