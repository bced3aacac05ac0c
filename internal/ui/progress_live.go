package ui

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/eventscale/eventscale/internal/provision"
)

// frameTime is the pause between two frames: ten a second turn a spinner smoothly, and are few enough
// for a slow line.
const frameTime = 100 * time.Millisecond

// liveProgress redraws one line a resource. Events only change what the next frame will show.
//
// The cursor rests below the last line between frames, and is hidden only while one is drawn: a
// process that is killed leaves the terminal as it should be.
type liveProgress struct {
	out *Output

	mu   sync.Mutex
	view view
	stop chan struct{} // closed by End; nil between runs
	idle chan struct{} // closed when the last frame is drawn
}

// NewLiveProgress redraws one line a resource, in place, until End leaves the last state of them all
// on the screen. It follows the terminal's size, and shows a part where there are more resources than
// rows.
func NewLiveProgress(o *Output) Progress { return &liveProgress{out: o} }

func (p *liveProgress) Begin(title string, items []Item) {
	p.End()
	p.mu.Lock()
	p.view = newView(p.out, title, items, time.Now())
	p.stop, p.idle = make(chan struct{}), make(chan struct{})
	go p.tick(p.stop, p.idle)
	p.mu.Unlock()
}

func (p *liveProgress) Event(e provision.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view.event(e, time.Now())
}

func (p *liveProgress) Note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view.notes = append(p.view.notes, text)
}

func (p *liveProgress) End() {
	p.mu.Lock()
	stop, idle := p.stop, p.idle
	p.stop = nil
	p.mu.Unlock()
	if stop != nil {
		close(stop)
		<-idle
	}
}

// tick draws frames until the run ends, and then what stays. It alone writes, and holds no lock while
// it does: a terminal that was stopped with Ctrl-S does not stop the run.
func (p *liveProgress) tick(stop <-chan struct{}, idle chan<- struct{}) {
	defer close(idle)
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	var drawn []int // widths of the lines on the screen
	for {
		width, height := p.bounds()
		p.mu.Lock()
		lines := p.view.frame(width, height, time.Now())
		p.mu.Unlock()
		drawn = p.draw(drawn, lines, width)
		select {
		case <-stop:
			width, _ = p.bounds()
			p.mu.Lock()
			lines = p.view.final(width, time.Now())
			p.mu.Unlock()
			p.draw(drawn, lines, width)
			return
		case <-ticker.C:
		}
	}
}

// bounds returns the size of the terminal.
func (p *liveProgress) bounds() (width, height int) {
	width, height = p.out.size()
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
func (p *liveProgress) draw(drawn []int, lines []string, columns int) []int {
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
	_, _ = fmt.Fprint(p.out, b.String())
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
