package roots

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/pelletier/go-toml/v2"
	"github.com/unbusy/unbusy/internal/config"
)

// file reads a file of an engine. One that is not there is nothing to speak
// of; neither is, for an ordinary user, one that only root may read.
func (f *finder) file(path string) ([]byte, bool) {
	data, err := f.tree.read(path)
	switch {
	case err == nil:
		return data, true
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
	case errors.Is(err, fs.ErrPermission) && f.rootlessUID() != "":
	default:
		f.warn(err)
	}
	return nil, false
}

// tomlFile decodes a file of an engine. Keys without a place in into are
// skipped.
func (f *finder) tomlFile(path string, into any) bool {
	data, ok := f.file(path)
	if !ok {
		return false
	}
	if err := toml.Unmarshal(data, into); err != nil {
		f.warn(config.At(path, err))
		return false
	}
	return true
}

// jsonFile decodes a file of an engine. A byte order mark is no part of JSON,
// but dockerd allows for one (moby daemon/config/config.go).
func (f *finder) jsonFile(path string, into any) bool {
	data, ok := f.file(path)
	if !ok {
		return false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := json.Unmarshal(data, into); err != nil {
		var syntax *json.SyntaxError
		var wrong *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			path += position(data, syntax.Offset)
		case errors.As(err, &wrong):
			path += position(data, wrong.Offset)
		}
		f.warn(fmt.Errorf("%s: %w", path, err))
		return false
	}
	return true
}

// position is the line and the column of the byte before an offset, which is
// how encoding/json counts.
func position(data []byte, offset int64) string {
	before := data[:min(max(offset-1, 0), int64(len(data)))]
	line := bytes.Count(before, []byte{'\n'}) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf(":%d:%d", line, column)
}
