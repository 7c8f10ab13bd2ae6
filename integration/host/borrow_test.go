package host

import (
	"os"
	"path/filepath"
	"testing"
)

func TestABorrowedDirectoryGoesWithItsLastUser(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "borrowed")
	first, err := holdDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := holdDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := returnDirectory(first); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("the directory was taken away from its second user: %v", err)
	}
	if err := returnDirectory(second); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("nobody uses the directory, and it is still there")
	}
}

func TestABorrowedDirectoryThatIsNotEmptyStays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "borrowed")
	held, err := holdDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "lease"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := returnDirectory(held); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "lease")); err != nil {
		t.Errorf("what another program keeps there is gone: %v", err)
	}
}
