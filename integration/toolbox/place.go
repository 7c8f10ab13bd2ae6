package toolbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// cacheRoot is $UNBUSY_CACHE, or unbusy below the user's cache directory.
func cacheRoot() (string, error) {
	if dir := os.Getenv("UNBUSY_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for built tools, please set UNBUSY_CACHE: %w", err)
	}
	return filepath.Join(dir, "unbusy"), nil
}

// place is the directory in which a set's programs belong. Its name changes with
// everything that decides what they are: version, dependencies, flags, compiler.
func place(ctx context.Context, s *set, f flags) (string, error) {
	root, err := cacheRoot()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOOS", "GOARCH", "GOFLAGS")
	cmd.Dir = s.dir
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", withStderr(err))
	}
	env := strings.Split(string(out), "\n")
	sum := sha256.New()
	fmt.Fprintf(sum, "%v %v %v %s\n", buildFlags, f.cgo, f.tags, env[3])
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.Open(filepath.Join(s.dir, name))
		if err != nil {
			return "", err
		}
		_, err = io.Copy(sum, content)
		content.Close()
		if err != nil {
			return "", err
		}
	}
	name := fmt.Sprintf("%s-%s-%s-%s", env[0], env[1], env[2], hex.EncodeToString(sum.Sum(nil))[:8])
	return filepath.Join(root, "tools", s.family+"-"+strings.TrimPrefix(s.version, "v"), name), nil
}
