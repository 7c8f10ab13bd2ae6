package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// The types below are checked while the file is decoded. They are structs
// because go-toml stores into a string type directly, without asking its
// UnmarshalText (unmarshaler.go, assignString).

type runtimeName struct{ string }

// UnmarshalText takes a name to be searched for or an absolute path. A relative
// path would begin in the container's bundle.
func (n *runtimeName) UnmarshalText(text []byte) error {
	s := string(text)
	if strings.Contains(s, "/") && !filepath.IsAbs(s) {
		return fmt.Errorf("%q is neither a name nor an absolute path", s)
	}
	n.string = s
	return nil
}

type runtimeKind struct{ string }

// UnmarshalText accepts the values of [Config.RuntimeKind].
func (k *runtimeKind) UnmarshalText(text []byte) error {
	switch s := string(text); s {
	case KindRunc, KindCrun:
		k.string = s
		return nil
	default:
		return fmt.Errorf("runtime_kind is %q, must be %q or %q", s, KindRunc, KindCrun)
	}
}

type logTarget struct{ string }

// UnmarshalText accepts the values of [Config.Log].
func (l *logTarget) UnmarshalText(text []byte) error {
	switch s := string(text); s {
	case LogAuto, LogNone:
		l.string = s
		return nil
	default:
		return fmt.Errorf("log is %q, must be %q or %q", s, LogAuto, LogNone)
	}
}

type detachWhen struct{ string }

// UnmarshalText accepts the values of [Config.DetachAtCreate].
func (w *detachWhen) UnmarshalText(text []byte) error {
	switch s := string(text); s {
	case DetachAuto, DetachOn, DetachOff:
		w.string = s
		return nil
	default:
		return fmt.Errorf("detach_at_create is %q, must be %q, %q or %q", s, DetachAuto, DetachOn, DetachOff)
	}
}

type namespaces struct{ string }

// UnmarshalText accepts the values of [Config.Namespaces].
func (n *namespaces) UnmarshalText(text []byte) error {
	switch s := string(text); s {
	case NamespacesAuto, NamespacesProc:
		n.string = s
		return nil
	default:
		return fmt.Errorf("namespaces is %q, must be %q or %q", s, NamespacesAuto, NamespacesProc)
	}
}

type budget struct{ time.Duration }

// UnmarshalText accepts a duration with its unit that engines still have the
// patience for.
func (b *budget) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("sweep_budget is %q, must be a duration like \"400ms\"", text)
	}
	if d < 0 || d > maxSweepBudget {
		return fmt.Errorf("sweep_budget is %q, must be from 0s to %v", text, maxSweepBudget)
	}
	b.Duration = d
	return nil
}

// directory is an absolute path other than "/": if all of the host were one
// engine's directory, every bind of every container would be its affair.
type directory struct{ string }

// UnmarshalText accepts an absolute path and cleans it.
func (d *directory) UnmarshalText(text []byte) error {
	s := string(text)
	if !filepath.IsAbs(s) {
		return fmt.Errorf("%q is not an absolute path", s)
	}
	if s = filepath.Clean(s); s == "/" {
		return errors.New(`"/" cannot be a runtime root`)
	}
	d.string = s
	return nil
}

// owner is the pattern of one owner's directory below an area's root. It has
// to be written the way it is compared, component by component.
type owner struct{ string }

// UnmarshalText accepts a clean relative path that stays below its root.
func (o *owner) UnmarshalText(text []byte) error {
	s := string(text)
	switch {
	case s == "" || s == ".":
		return errors.New("owner is empty: an area's root is no single owner's directory")
	case filepath.IsAbs(s) || filepath.Clean(s) != s || s == ".." || strings.HasPrefix(s, "../"):
		return fmt.Errorf("owner %q is not a clean path below root", s)
	}
	for name := range strings.SplitSeq(s, "/") {
		if name != "*" && strings.Contains(name, "*") {
			return fmt.Errorf("owner %q: * stands for a whole name, not for a part of one", s)
		}
	}
	o.string = s
	return nil
}
