package install

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
)

const (
	// stateDir holds the records and the copies. They are not beside the files
	// that they are of: engines read whatever is in their drop-in directories.
	stateDir = "/var/lib/unbusy/install"
	// recordVersion is the version of the record's format.
	recordVersion = 1
)

// Record is what the installations for one engine have changed on a host. The
// zero value is that of an engine for which nothing was installed.
type Record struct {
	files []recorded
	// dirs were made, each before those in it.
	dirs []string
}

// recorded is a file in a record.
type recorded struct {
	Path string `json:"path"`
	Link bool   `json:"link,omitempty"`
	// Copy names the copy of what stood there before anything of unbusy did. It
	// is empty if there was no file.
	Copy string `json:"copy,omitempty"`
	// Before and After are the hashes of what stood there and of what was
	// written.
	Before string `json:"before,omitempty"`
	After  string `json:"after"`
	// Edited says that the file was not, or not only, changed by unbusy since
	// the copy was made, so that the copy must not be put back.
	Edited bool `json:"edited,omitempty"`

	original []byte // content of the copy
}

// document is a record as it is written.
type document struct {
	Version int        `json:"version"`
	Engine  string     `json:"engine"`
	Files   []recorded `json:"files"`
	Dirs    []string   `json:"directories,omitempty"`
}

// Has tells whether something of unbusy was written to a file.
func (r Record) Has(path string) bool { return r.find(path) != nil }

// IsLink tells whether what was written is a symbolic link.
func (r Record) IsLink(path string) bool {
	f := r.find(path)
	return f != nil && f.Link
}

// Paths are the files that something of unbusy was written to.
func (r Record) Paths() []string {
	var paths []string
	for i := range r.files {
		paths = append(paths, r.files[i].Path)
	}
	return paths
}

// Configs are the engine's own files among them: no links, and nothing of what
// [Request.Wrap] has written.
func (r Record) Configs() []string {
	return slices.DeleteFunc(r.Paths(), func(path string) bool { return r.IsLink(path) || isHelper(path) })
}

// Original is what stood in a file before something of unbusy did, nil if there
// was no file or nothing was ever written to it.
func (r Record) Original(path string) []byte {
	if f := r.find(path); f != nil {
		return f.original
	}
	return nil
}

func (r Record) find(path string) *recorded {
	i := slices.IndexFunc(r.files, func(f recorded) bool { return f.Path == path })
	if i < 0 {
		return nil
	}
	return &r.files[i]
}

// with is the record once the plan's files are written.
func (r Record) with(files []File, dirs []string) Record {
	next := Record{files: slices.Clone(r.files), dirs: append(slices.Clone(r.dirs), dirs...)}
	for _, file := range files {
		old := r.find(file.Path)
		next.files = slices.DeleteFunc(next.files, func(f recorded) bool { return f.Path == file.Path })
		if !file.Ours {
			continue
		}
		next.files = append(next.files, record(file, old))
	}
	return next
}

// record notes a file, of which there may be a note from earlier.
func record(file File, old *recorded) recorded {
	now := sum(file.Before)
	noted := recorded{Path: file.Path, Link: file.isLink(), Before: now, After: sum(file.After), original: file.Before}
	if old != nil && now != old.Before {
		noted.Before, noted.original = old.Before, old.original
		noted.Edited = old.Edited || now != old.After
	}
	if noted.original != nil {
		noted.Copy = filepath.Base(file.Path) + "." + sum([]byte(file.Path))[:8]
	}
	return noted
}

// sum is empty for a file that is not there.
func sum(data []byte) string {
	if data == nil {
		return ""
	}
	hash := sha256.Sum256(data)
	return hex.EncodeToString(hash[:])
}

func recordDir(engine string) string { return path.Join(stateDir, engine) }

func recordPath(engine string) string { return path.Join(recordDir(engine), "record.json") }

// loadRecord reads the record of an engine. What does not make sense in it is
// an error: to guess would be to lose what somebody wrote.
func (h *Host) loadRecord(engine string) (Record, error) {
	_, data, err := h.Read(recordPath(engine))
	if err != nil || data == nil {
		return Record{}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var doc document
	if err := decoder.Decode(&doc); err != nil {
		return Record{}, fmt.Errorf("%s: %w", recordPath(engine), err)
	}
	if doc.Version != recordVersion || doc.Engine != engine {
		return Record{}, fmt.Errorf("%s: version %d for %q, want version %d for %q",
			recordPath(engine), doc.Version, doc.Engine, recordVersion, engine)
	}
	for i := range doc.Files {
		file := &doc.Files[i]
		if file.Copy == "" {
			continue
		}
		if _, file.original, err = h.Read(path.Join(recordDir(engine), path.Base(file.Copy))); err != nil {
			return Record{}, err
		}
		if sum(file.original) != file.Before {
			return Record{}, fmt.Errorf("%s: the copy of %s that is to be beside it is not what was copied", recordPath(engine), file.Path)
		}
	}
	return Record{files: doc.Files, dirs: doc.Dirs}, nil
}

// saveRecord puts a record and its copies in the place of another one. A record
// without files leaves nothing.
func (h *Host) saveRecord(engine string, old, next Record) error {
	if len(next.files) > 0 {
		if err := h.writeRecord(engine, next); err != nil {
			return fmt.Errorf("record what is changed: %w", err)
		}
	} else if err := h.remove(recordPath(engine)); err != nil {
		return err
	}
	defer h.removeDirs([]string{recordDir(engine)}) // if it is empty
	for _, file := range old.files {
		if kept := next.find(file.Path); file.Copy != "" && (kept == nil || kept.Copy != file.Copy) {
			if err := h.remove(path.Join(recordDir(engine), path.Base(file.Copy))); err != nil {
				return err
			}
		}
	}
	return nil
}

// The copies come first: what the record names is there. They may hold what
// only root was able to read.
func (h *Host) writeRecord(engine string, next Record) error {
	if err := h.makeDirs(recordDir(engine), 0o700); err != nil {
		return err
	}
	for _, file := range next.files {
		if file.Copy == "" {
			continue
		}
		if err := h.write(path.Join(recordDir(engine), file.Copy), file.original, 0o600); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(document{recordVersion, engine, next.files, next.dirs}, "", "  ")
	if err != nil {
		return err
	}
	return h.write(recordPath(engine), append(text, '\n'), fs.FileMode(0o600))
}
