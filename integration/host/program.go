package host

import (
	"os"
	"path/filepath"
	"testing"
)

// Program is the absolute path of one of the programs under test, in the directory
// that UNBUSY_BIN names. The test fails if it is not there.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(os.Getenv("UNBUSY_BIN"), name))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("UNBUSY_BIN must name the directory that make build fills: %v", err)
	}
	return path
}
