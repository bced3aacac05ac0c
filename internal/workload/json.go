package workload

import (
	"bufio"
	"errors"

	"github.com/eventscale/eventscale/internal/loop"
)

func isJSON(b *bufio.Reader) bool {
	start, _ := b.Peek(1)
	return string(start) == "{"
}

func readJSON(_ *bufio.Reader, _ string, _ Options) ([]loop.Job, error) {
	return nil, errors.New("not yet")
}
