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

	mu    sync.Mutex
	view  view
	drawn []int         // widths of the lines on the screen
	stop  chan struct{} // closed by End; nil between runs
	idle  chan struct{} // closed when the ticker's goroutine has gone
}

// NewLiveProgress redraws one line a resource, in place, until End leaves the last state of them all
// on the screen. It follows the terminal's size, and shows a part where there are more resources than
// rows.
func NewLiveProgress(o *Output) Progress { return &liveProgress{out: o} }

func (p *liveProgress) Begin(title string, items []Item) {
	p.End()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view = newView(p.out, title, items, time.Now())
	p.drawn = nil
	p.stop, p.idle = make(chan struct{}), make(chan struct{})
	p.draw()
	go p.tick(p.stop, p.idle)
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
	if stop == nil {
		return
	}
	close(stop)
	<-idle
	p.mu.Lock()
	defer p.mu.Unlock()
	width, _ := p.bounds()
	p.replace(p.view.final(width, time.Now()))
}

// tick draws frames until the run ends.
func (p *liveProgress) tick(stop <-chan struct{}, idle chan<- struct{}) {
	defer close(idle)
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
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

func (p *liveProgress) draw() {
	width, height := p.bounds()
	p.replace(p.view.frame(width, height, time.Now()))
}

// replace writes lines over those that were drawn before, in a single write so that nothing flickers.
func (p *liveProgress) replace(lines []string) {
	columns, _ := p.bounds()
	var b strings.Builder
	b.WriteString(ansi.HideCursor + "\r")
	if n := p.above(columns); n > 0 {
		b.WriteString(ansi.CursorUp(n))
	}
	p.drawn = p.drawn[:0]
	for _, line := range lines {
		line = ansi.Truncate(line, columns-1, "") // a full line would leave the cursor in doubt
		p.drawn = append(p.drawn, ansi.StringWidth(line))
		b.WriteString(line + ansi.EraseLineRight + "\r\n")
	}
	b.WriteString(ansi.EraseScreenBelow + ansi.ShowCursor)
	fmt.Fprint(p.out, b.String())
}

// above returns how many rows up the drawn lines begin. A terminal that has become narrower has broken
// them into several rows each.
func (p *liveProgress) above(columns int) int {
	n := 0
	for _, w := range p.drawn {
		n += 1 + max(w-1, 0)/columns
	}
	return n
}
