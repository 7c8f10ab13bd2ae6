package taskapi

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// names gives the process ids and times of one run names, in the order in which
// they are met: what is equal in one shim's answers has to be equal in the
// other's. All else is written as it is.
type names struct {
	began time.Time
	pids  map[uint32]int
	times map[time.Time]string
}

func newNames() *names {
	return &names{began: time.Now(), pids: map[uint32]int{}, times: map[time.Time]string{}}
}

// pid names a process.
func (n *names) pid(pid uint32) string {
	if pid == 0 {
		return "0"
	}
	n.pids[pid] = n.rank(pid)
	return fmt.Sprintf("process %d", n.pids[pid])
}

// rank is the place of a process among those that were met, or behind them.
func (n *names) rank(pid uint32) int {
	if n.pids[pid] == 0 {
		return len(n.pids) + 1
	}
	return n.pids[pid]
}

// time names a time within the run. Others, such as that of an exit that has not
// happened, are no run's own.
func (n *names) time(at time.Time) string {
	at = at.UTC()
	// Clocks of files and processes tick at different rates.
	if at.Before(n.began.Add(-time.Second)) || at.After(time.Now().Add(time.Second)) {
		return at.Format(time.RFC3339Nano)
	}
	if n.times[at] == "" {
		n.times[at] = fmt.Sprintf("time %d", len(n.times)+1)
	}
	return n.times[at]
}

// message writes all that is set in a message, in the order of the fields'
// numbers.
func (n *names) message(m protoreflect.Message) string {
	switch known := m.Interface().(type) {
	case *timestamppb.Timestamp:
		return n.time(known.AsTime())
	case *anypb.Any:
		return n.any(known)
	}
	var fields []protoreflect.FieldDescriptor
	m.Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		fields = append(fields, f)
		return true
	})
	slices.SortFunc(fields, func(a, b protoreflect.FieldDescriptor) int { return int(a.Number() - b.Number()) })
	var out []string
	for _, f := range fields {
		out = append(out, string(f.Name())+": "+n.field(f, m.Get(f)))
	}
	if unknown := m.GetUnknown(); len(unknown) > 0 {
		out = append(out, fmt.Sprintf("unknown: %x", unknown))
	}
	return "{" + strings.Join(out, ", ") + "}"
}

// any writes what is in the envelope if its type is known here, and its bytes
// otherwise.
func (n *names) any(a *anypb.Any) string {
	if inner, err := a.UnmarshalNew(); err == nil {
		return a.GetTypeUrl() + n.message(inner.ProtoReflect())
	}
	return fmt.Sprintf("%s%q", a.GetTypeUrl(), a.GetValue())
}

func (n *names) field(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch {
	case f.IsMap():
		var entries []string
		v.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			entries = append(entries, fmt.Sprintf("%q: %s", key.String(), n.value(f.MapValue(), value)))
			return true
		})
		slices.Sort(entries)
		return "{" + strings.Join(entries, ", ") + "}"
	case f.IsList():
		var elements []string
		for i := range v.List().Len() {
			elements = append(elements, n.value(f, v.List().Get(i)))
		}
		return "[" + strings.Join(elements, ", ") + "]"
	}
	return n.value(f, v)
}

func (n *names) value(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch {
	case f.Message() != nil:
		return n.message(v.Message())
	case f.Enum() != nil:
		return fmt.Sprintf("%s %d", f.Enum().FullName(), v.Enum())
	case isPid(f):
		return n.pid(uint32(v.Uint()))
	}
	return fmt.Sprintf("%q", fmt.Sprint(v.Interface()))
}

// isPid tells a process id from other numbers, by its name.
func isPid(f protoreflect.FieldDescriptor) bool {
	return f.Kind() == protoreflect.Uint32Kind && (f.Name() == "pid" || strings.HasSuffix(string(f.Name()), "_pid"))
}

// written is a message for comparison.
func (n *names) written(m proto.Message) string { return n.message(m.ProtoReflect()) }
