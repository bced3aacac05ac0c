package ui

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// frameTime is the pause between two frames: ten a second turn a spinner smoothly, and are few enough
// for a slow line.
const frameTime = 100 * time.Millisecond

// live redraws some lines of a terminal in place.
//
// The cursor rests below the last line between frames, and is hidden only while one is drawn: a
// process that is killed leaves the terminal as it should be.
type live struct {
	out *Output

	mu   sync.Mutex
	stop chan struct{} // closed by end; nil between runs
	idle chan struct{} // closed when the last frame is drawn
}

// framer returns the lines to show now: fewer than the screen has, and, last of all, those that stay.
type framer func(width, height int, last bool) []string

// begin draws frames from some time on until the end. The framer is called from one goroutine.
func (l *live) begin(after time.Duration, frame framer) {
	l.end()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop, l.idle = make(chan struct{}), make(chan struct{})
	go l.tick(after, frame, l.stop, l.idle)
}

// end draws the last frame and frees the terminal. Ending twice does no harm.
func (l *live) end() {
	l.mu.Lock()
	stop, idle := l.stop, l.idle
	l.stop = nil
	l.mu.Unlock()
	if stop != nil {
		close(stop)
		<-idle
	}
}

// tick draws frames until the run ends, and then what stays. It alone writes, and no lock is held while
// it does: a terminal that was stopped with Ctrl-S does not stop the run.
func (l *live) tick(after time.Duration, frame framer, stop <-chan struct{}, idle chan<- struct{}) {
	defer close(idle)
	timer := time.NewTimer(after)
	defer timer.Stop()
	var drawn []int // widths of the lines on the screen
	for {
		last := false
		select {
		case <-stop:
			last = true
		case <-timer.C:
		}
		width, height := l.bounds()
		drawn = l.draw(drawn, frame(width, height, last), width)
		if last {
			return
		}
		timer.Reset(frameTime)
	}
}

// bounds returns the size of the terminal.
func (l *live) bounds() (width, height int) {
	width, height = l.out.size()
	if width <= 0 {
		width = unbounded
	}
	if height <= 0 {
		height = unbounded
	}
	return width, height
}

// draw writes lines over those that were drawn before, in a single write so that nothing flickers, and
// returns their widths.
func (l *live) draw(drawn []int, lines []string, columns int) []int {
	if len(drawn)+len(lines) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(ansi.HideCursor + "\r")
	if n := above(drawn, columns); n > 0 {
		b.WriteString(ansi.CursorUp(n))
	}
	var widths []int
	for _, line := range lines {
		line = ansi.Truncate(line, columns-1, "") // a full line would leave the cursor in doubt
		widths = append(widths, ansi.StringWidth(line))
		b.WriteString(line + ansi.EraseLineRight + "\r\n")
	}
	b.WriteString(ansi.EraseScreenBelow + ansi.ShowCursor)
	_, _ = fmt.Fprint(l.out, b.String())
	return widths
}

// above returns how many rows up the drawn lines begin. A terminal that has become narrower has broken
// them into several rows each.
func above(drawn []int, columns int) int {
	n := 0
	for _, w := range drawn {
		n += 1 + max(w-1, 0)/columns
	}
	return n
}
