package ui

import (
	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
)

// scales are what all panels of a picture share, so that they can be held against each other.
type scales struct {
	minutes         int
	jobs, instances int // the greatest of each
	alarms          int // of the policy that has most
}

func scalesOf(outcomes []simulation.Outcome) scales {
	s := scales{minutes: 1}
	for i := range outcomes {
		rows := outcomes[i].Series
		s.minutes = max(s.minutes, len(rows))
		s.alarms = max(s.alarms, len(alarmNames(rows)))
		for _, r := range rows {
			s.jobs = max(s.jobs, r.Visible+r.Inflight)
			s.instances = max(s.instances, r.InService, r.Desired)
		}
	}
	return s
}

// Heights and distances of a panel, in pixels at its natural size.
const (
	jobsHeight      = 112.
	instancesHeight = 56.
	betweenFrames   = 14.
	stripHeight     = 13.
	timesHeight     = 20.
	gutterWidth     = 84. // for an alarm's name
	rightMargin     = 14. // for half of the last time
	overhang        = 6.  // of the topmost label
)

// panelHeight is the height of each panel of a picture.
func (s scales) panelHeight() float64 {
	return overhang + jobsHeight + betweenFrames + instancesHeight + betweenFrames + stripHeight*float64(s.alarms) + timesHeight
}

// panel is one policy's place in a picture.
type panel struct {
	*scene
	frame
	all    scales
	alarms []string
	bins   []bin
	n      int // bins across the frame
}

// panel draws a policy: its jobs, its instances, and its alarms.
func (s *scene) panel(at point, width float64, all scales, outcome *simulation.Outcome) {
	p := &panel{scene: s, all: all, alarms: alarmNames(outcome.Series)}
	p.frame = frame{x: at.x + gutterWidth, y: at.y + overhang, w: width - gutterWidth - rightMargin, minutes: all.minutes}
	p.n = min(all.minutes, int(p.w))
	p.bins = bins(outcome.Series, p.alarms, all.minutes, p.n)
	s.begin(outcome.Name)
	p.jobsFrame()
	p.instancesFrame()
	p.alarmStrips()
	p.times(at.y + all.panelHeight() - timesHeight)
}

func (p *panel) jobsFrame() {
	p.h = jobsHeight
	p.rule(p.all.jobs, 4, "jobs")
	p.area(penWaiting, bin.jobs)
	p.area(penRunning, func(b bin) int { return b.running })
	p.floor()
	p.y += p.h + betweenFrames
}

func (p *panel) instancesFrame() {
	p.h = instancesHeight
	p.rule(p.all.instances, 2, "instances")
	p.area(penServing, func(b bin) int { return b.inService })
	if line := p.steps(p.values(func(b bin) int { return b.desired }), p.n); len(line) > 0 {
		p.line(penDesired, line...)
	}
	p.floor()
	p.y += p.h + betweenFrames
}

// rule draws the grid of a frame and the labels of its values.
func (p *panel) rule(highest, most int, label string) {
	top, step := round(highest, most)
	p.top = top
	grid := shape{pen: penGrid}
	for v := step; v <= top; v += step {
		grid.paths = append(grid.paths, []point{{p.x, p.atValue(v)}, {p.x + p.w, p.atValue(v)}})
	}
	for m := range p.ticks() {
		grid.paths = append(grid.paths, []point{{p.atMinute(float64(m)), p.y}, {p.atMinute(float64(m)), p.y + p.h}})
	}
	p.add(grid)
	for v := 0; v <= top; v += step {
		p.write(penMuted, point{p.x - 6, p.atValue(v) + 4}, end, short(v))
	}
	p.write(penMuted, point{p.x - gutterWidth, p.y + 4}, start, label)
}

// ticks yields the minutes that have a label.
func (p *panel) ticks() func(func(int) bool) {
	step := tickStep(p.minutes, max(int(p.w/56), 1)) // an hour and its minutes, and as much room again
	return func(yield func(int) bool) {
		for m := 0; m <= p.minutes; m += step {
			if !yield(m) {
				return
			}
		}
	}
}

func (p *panel) values(figure func(bin) int) []int {
	values := make([]int, len(p.bins))
	for i, b := range p.bins {
		values[i] = figure(b)
	}
	return values
}

func (p *panel) area(l pen, figure func(bin) int) {
	if edge := p.under(p.steps(p.values(figure), p.n)); len(edge) > 0 {
		p.line(l, edge...)
	}
}

// floor is drawn over the areas that stand on it.
func (p *panel) floor() {
	p.line(penAxis, point{p.x, p.y + p.h}, point{p.x + p.w, p.y + p.h})
}

// alarmStrips draws a strip an alarm: a block while it is in ALARM, a thin line while it is OK, and dots while it has
// too little data.
func (p *panel) alarmStrips() {
	if len(p.alarms) == 0 && p.all.alarms > 0 {
		p.write(penMuted, point{p.x - 6, p.y + 9}, end, "no alarms")
	}
	for i, name := range p.alarms {
		y := p.y + stripHeight*float64(i)
		p.write(penMuted, point{p.x - 6, y + 9}, end, elide(name, gutterLetters))
		for _, state := range []loop.State{loop.StateOK, loop.StateUnknown, loop.StateAlarm} {
			p.strip(i, y, state)
		}
	}
}

// gutterLetters is how much of an alarm's name fits beside its strip.
const gutterLetters = 13

// elide keeps the end of a long name, in which our names differ.
func elide(s string, letters int) string {
	runes := []rune(clean(s))
	if len(runes) <= letters {
		return string(runes)
	}
	return "…" + string(runes[len(runes)-letters+1:])
}

// strip draws the stretches in which an alarm had a state.
func (p *panel) strip(alarm int, y float64, state loop.State) {
	var s shape
	for first, last := range p.stretches(alarm, state) {
		x, w := p.atBin(first, p.n), p.atBin(last, p.n)-p.atBin(first, p.n)
		s.pen = p.stretch(&s.paths, state, x, y, w)
	}
	if len(s.paths) > 0 {
		p.add(s)
	}
}

// stretch adds what a stretch pens like.
func (p *panel) stretch(paths *[][]point, state loop.State, x, y, w float64) pen {
	const dots, height = 6, stripHeight - 3
	switch state {
	case loop.StateAlarm:
		*paths = append(*paths, box(x, y, max(w, 1), height))
		return penAlarm
	case loop.StateOK:
		*paths = append(*paths, []point{{x, y + height/2}, {x + w, y + height/2}})
		return penOK
	}
	for at := x; at < x+w; at += dots {
		*paths = append(*paths, box(at, y+height/2-1, 2, 2))
	}
	return penUnknown
}

// stretches yields the first bin and the one after the last of each stretch with that state.
func (p *panel) stretches(alarm int, state loop.State) func(func(int, int) bool) {
	return func(yield func(int, int) bool) {
		first := -1
		for i := 0; i <= len(p.bins); i++ {
			is := i < len(p.bins) && p.bins[i].states[alarm] == state
			if is && first < 0 {
				first = i
			}
			if !is && first >= 0 {
				if !yield(first, i) {
					return
				}
				first = -1
			}
		}
	}
}

// times writes the labels of the time.
func (p *panel) times(y float64) {
	for m := range p.ticks() {
		p.write(penMuted, point{p.atMinute(float64(m)), y + 13}, middle, clock(m, inHours(p.minutes)))
	}
}
