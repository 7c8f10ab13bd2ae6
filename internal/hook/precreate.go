package hook

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/unbusy/unbusy/internal/bounded"
)

// precreate answers a container's specification with the one that the container
// is to have. podman runs it, and no other engine: each hook gets what the one
// before has answered, byte for byte, and what the last one answers is written to
// the bundle (containers/common pkg/hooks/exec, RuntimeConfigFilter).
//
// A status other than 0, and an answer that is no JSON, make podman refuse to
// start the container. So what was read is what is answered, whenever it cannot
// be rewritten: to judge it is left to podman, which does.
func precreate(ctx context.Context, c call) int {
	text, err := read(ctx, c.stdin)
	switch {
	case errors.Is(err, errTooLarge):
		c.refuse(err)
		return c.answer(ctx, io.MultiReader(bytes.NewReader(text), c.stdin))
	case err != nil:
		c.refuse(err)
		return exitNoAnswer
	}
	c.warnOfUnknown()
	return c.answer(ctx, bytes.NewReader(c.rewritten(ctx, text)))
}

// rewritten is the specification as it is to be, or as it was.
func (c call) rewritten(ctx context.Context, text []byte) []byte {
	if c.settings.Err != nil {
		c.failOpen(c.settings.Err)
		return text
	}
	var edited []byte
	err := bounded.Run(ctx, func(context.Context) (err error) {
		edited, err = c.rewrite(text)
		return err
	})
	switch {
	case errors.Is(err, errNoSpecification):
		c.refuse(err)
		return text
	case err != nil:
		c.failOpen(err)
		return text
	}
	return edited
}

func (c call) refuse(err error) {
	c.badInput(err)
	c.failOpen(err)
}

// answer writes what the engine reads, whose side can be closed early.
func (c call) answer(ctx context.Context, text io.Reader) int {
	err := bounded.Run(ctx, func(context.Context) error {
		_, err := io.Copy(c.stdout, text)
		return err
	})
	if err != nil {
		c.failOpen(err)
		return exitNoAnswer
	}
	return 0
}
