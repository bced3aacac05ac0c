package fleet

import (
	"bufio"
	"fmt"
	"io"
	"sync"
)

// lines writes lines of several sources to one place, each whole and behind the name of its source.
type lines struct {
	mu sync.Mutex
	to io.Writer
}

// longestLine is where a line is broken: some workers print progress bars that never end one.
const longestLine = 64 << 10

// copy passes lines on until the source ends.
func (l *lines) copy(name string, from io.Reader) {
	source := bufio.NewReaderSize(from, longestLine)
	for {
		line, _, err := source.ReadLine()
		if err != nil {
			return
		}
		l.write(name, line)
	}
}

func (l *lines) write(name string, line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.to != nil {
		_, _ = fmt.Fprintf(l.to, "%s | %s\n", name, line)
	}
}
