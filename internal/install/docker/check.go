package docker

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
)

// firstValidating is the first version of dockerd with --validate.
const firstValidating = 23

// checker returns dockerd's own check of a file, or nil and why there is none.
func checker(ctx context.Context, host *install.Host, path string) (check func(context.Context) error, why string) {
	dockerd := host.LookPath("dockerd")
	if dockerd == "" {
		return nil, "dockerd was not found, so it has not checked the file"
	}
	out, err := host.Output(ctx, dockerd, "--version")
	if err != nil {
		return nil, fmt.Sprintf("dockerd has not checked the file, since it does not tell its version: %v", err)
	}
	if major(string(out)) < firstValidating {
		return nil, "dockerd has not checked the file: it can do so from version 23 on"
	}
	return func(ctx context.Context) error {
		_, err := host.Output(ctx, dockerd, "--validate", "--config-file", path)
		return err
	}, ""
}

// major is the first number in "Docker version 20.10.24+dfsg1, build 5d6db84",
// or 0.
func major(version string) int {
	_, version, _ = strings.Cut(version, "version ")
	digits, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}
