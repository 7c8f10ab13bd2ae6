package install

import (
	"context"
	"io/fs"
)

// Plan is what an installation or its removal changes on a host.
type Plan struct {
	// Engine is "docker", "containerd", "crio" or "podman".
	Engine string
	// Files are in the order in which they are written. One that stays as it is
	// says that it needs no change; see [File.Ours].
	Files []File
	// Check is the engine's own check of its configuration, run after the files
	// were written. An error takes everything back. Nil if the engine has none.
	Check func(ctx context.Context) error
	// Notes are for the operator: what to restart, what keeps running, what was
	// left and why. One sentence each.
	Notes []string
}

// File is a configuration file, or a symbolic link, and what becomes of it.
type File struct {
	// Path is the path on the host, without a prefix and free of symbolic links,
	// as [Host.Read] returns it.
	Path string
	// Before is what stands there, nil if there is no file.
	Before []byte
	// After is what will, nil if there will be no file.
	After []byte
	// Mode is the type and permissions of a file that does not exist before:
	// fs.ModeSymlink makes a link to what After says, and 0 is 0644. A file
	// that exists keeps its mode.
	Mode fs.FileMode
	// Ours says that After has something of unbusy in it. It is then recorded,
	// with what was there before, for a later removal. A file without is
	// forgotten by the record.
	Ours bool
}

// Changes tells whether carrying out the plan would write anything.
func (p Plan) Changes() bool { return len(p.Changed()) > 0 }

// Changed are the files that carrying out the plan changes.
func (p Plan) Changed() []File {
	var changed []File
	for _, file := range p.Files {
		if file.changes() {
			changed = append(changed, file)
		}
	}
	return changed
}

// Became tells in a word or two what becomes of a file: it was made, changed or
// removed.
func (f File) Became() string {
	switch {
	case !f.changes():
		return "stays as it is"
	case f.After == nil:
		return "was removed"
	case f.Before == nil:
		return "was made"
	default:
		return "was changed"
	}
}

// changes tells an empty file from none.
func (f File) changes() bool {
	return (f.Before == nil) != (f.After == nil) || string(f.Before) != string(f.After)
}

func (f File) isLink() bool { return f.Mode&fs.ModeSymlink != 0 }
