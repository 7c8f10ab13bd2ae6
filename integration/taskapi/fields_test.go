package taskapi

import (
	"testing"
	"time"

	"github.com/containerd/containerd/api/events"
	"github.com/containerd/containerd/api/types"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// TestEveryFieldCounts changes every field of everything that a shim can answer
// or announce, one at a time: what is compared has to change with it. Of process
// ids and times only whether they are there counts, and which are equal.
func TestEveryFieldCounts(t *testing.T) {
	t.Parallel()
	messages := map[protoreflect.FullName]protoreflect.MessageDescriptor{}
	for _, call := range calls() {
		messages[call.Output().FullName()] = call.Output()
	}
	envelope := (&types.Envelope{}).ProtoReflect().Descriptor()
	messages[envelope.FullName()] = envelope
	for i := range events.File_events_task_proto.Messages().Len() {
		event := events.File_events_task_proto.Messages().Get(i)
		messages[event.FullName()] = event
	}
	for name, description := range messages {
		whole := filled(t, description)
		want := newNames().message(whole)
		for i := range description.Fields().Len() {
			f := description.Fields().Get(i)
			for how, change := range changes(t, f) {
				changed := filled(t, description)
				change(changed)
				if newNames().message(changed) == want {
					t.Errorf("%s: %s %s is no difference", name, f.Name(), how)
				}
			}
		}
	}
}

// filled is a message in which every field is set.
func filled(t *testing.T, description protoreflect.MessageDescriptor) protoreflect.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(description.FullName())
	if err != nil {
		t.Fatal(err)
	}
	m := kind.New()
	switch known := m.Interface().(type) {
	case *timestamppb.Timestamp:
		known.Seconds = time.Now().Unix()
		return m
	case *anypb.Any:
		if err := known.MarshalFrom(&events.TaskOOM{ContainerID: "filled"}); err != nil {
			t.Fatal(err)
		}
		return m
	}
	for i := range description.Fields().Len() {
		f := description.Fields().Get(i)
		switch {
		case f.IsMap():
			t.Fatalf("%s is a map", f.FullName())
		case f.IsList():
			element := m.NewField(f)
			if f.Message() != nil {
				element.List().Append(protoreflect.ValueOfMessage(filled(t, f.Message())))
			} else {
				element.List().Append(scalar(t, f, 1))
			}
			m.Set(f, element)
		case f.Message() != nil:
			m.Set(f, protoreflect.ValueOfMessage(filled(t, f.Message())))
		default:
			m.Set(f, scalar(t, f, 1))
		}
	}
	return m
}

// scalar is a value of a field; it differs with the number.
func scalar(t *testing.T, f protoreflect.FieldDescriptor, n int) protoreflect.Value {
	t.Helper()
	switch kind := f.Kind(); kind {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(n%2 == 1)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(string(rune('a' + n)))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte{byte(n)})
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(uint64(n))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(n))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	default:
		t.Fatalf("%s is of the kind %s", f.FullName(), kind)
		return protoreflect.Value{}
	}
}

// changes are what can become of one field.
func changes(t *testing.T, f protoreflect.FieldDescriptor) map[string]func(protoreflect.Message) {
	t.Helper()
	found := map[string]func(protoreflect.Message){
		"missing":               func(m protoreflect.Message) { m.Clear(f) },
		"beside an unknown one": func(m protoreflect.Message) { m.SetUnknown(protoreflect.RawFields{0xf8, 0x07, 0x01}) },
	}
	switch {
	case f.IsList():
		found["twice as long"] = func(m protoreflect.Message) {
			list := m.Mutable(f).List()
			list.Append(list.Get(0))
		}
	case f.Message() == nil && !isPid(f):
		found["with another value"] = func(m protoreflect.Message) { m.Set(f, scalar(t, f, 2)) }
	case f.Message() != nil && f.Message().FullName() == "google.protobuf.Timestamp":
		found["of another year"] = func(m protoreflect.Message) {
			m.Set(f, protoreflect.ValueOfMessage(timestamppb.New(time.Unix(0, 0)).ProtoReflect()))
		}
	}
	return found
}

// TestEqualOnesStayEqual: of two processes or times that one shim has and the
// other has only one of, the comparison has to tell.
func TestEqualOnesStayEqual(t *testing.T) {
	t.Parallel()
	now := time.Now()
	write := func(pids [2]uint32, times [2]time.Time) string {
		n := newNames()
		one := n.written(&events.TaskExit{Pid: pids[0], ExitedAt: timestamppb.New(times[0])})
		return one + n.written(&events.TaskExit{Pid: pids[1], ExitedAt: timestamppb.New(times[1])})
	}
	same := write([2]uint32{7, 7}, [2]time.Time{now, now})
	if same != write([2]uint32{8, 8}, [2]time.Time{now.Add(time.Millisecond), now.Add(time.Millisecond)}) {
		t.Error("another process at another time is a difference")
	}
	if same == write([2]uint32{7, 8}, [2]time.Time{now, now}) {
		t.Error("two processes are the same as one twice")
	}
	if same == write([2]uint32{7, 7}, [2]time.Time{now, now.Add(time.Millisecond)}) {
		t.Error("two times are the same as one twice")
	}
}
