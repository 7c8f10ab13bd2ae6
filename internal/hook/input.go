package hook

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/unbusy/unbusy/internal/bounded"
	"github.com/unbusy/unbusy/pkg/spec"
)

// errTooLarge says that there is more to read than is read.
var errTooLarge = fmt.Errorf("more than %d bytes", spec.MaxFileSize)

// read reads in to its end, which has to come before that of ctx. With
// errTooLarge it returns what it has read so far.
func read(ctx context.Context, in io.Reader) ([]byte, error) {
	var text []byte
	err := bounded.Run(ctx, func(context.Context) error {
		all, err := io.ReadAll(io.LimitReader(in, spec.MaxFileSize+1))
		if err == nil && len(all) > spec.MaxFileSize {
			err = errTooLarge
		}
		text = all
		return err
	})
	switch {
	case err == nil, errors.Is(err, errTooLarge):
		return text, err
	case ctx.Err() != nil:
		err = errors.New("it does not come")
	}
	// Whoever was given up may still be writing to text.
	return nil, fmt.Errorf("read to the end: %w", err)
}
