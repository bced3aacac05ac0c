package ui

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/stack"
)

// Delivery is a sending of jobs, and how far it has come.
type Delivery struct {
	Stack string
	Via   string // stack.ViaQueue or stack.ViaFunction
	To    string // the name of the queue or function
	Count int    // jobs to be sent; 0 where nobody knows beforehand
	stack.Sent
}

// Sent says how many jobs were sent, how fast, and why the others were refused.
func Sent(o *Output, d *Delivery) error {
	var b strings.Builder
	jobs := count(d.Jobs, "job")
	if d.Count > d.Jobs {
		jobs = fmt.Sprintf("%d of %s", d.Jobs, count(d.Count, "job"))
	}
	text := fmt.Sprintf("%s sent to %s in %s", jobs, d.To, brief(d.Elapsed))
	if rate := d.rate(); rate != "" {
		text += ", " + rate
	}
	symbol, look := o.symbols.good, good
	if d.Count > d.Jobs || d.Refused > 0 {
		symbol, look = o.symbols.warn, warn
	}
	o.beside(&b, o.paint(look, symbol), len("x "), text)
	for _, line := range o.table(refusals(d), max(o.Width()-gap, 0)) {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	return o.flush(&b)
}

// SentJSON writes the same as a document.
func SentJSON(w io.Writer, d *Delivery) error {
	return writeDocument(w, struct {
		SchemaVersion int             `json:"schema_version"`
		Stack         string          `json:"stack"`
		Via           string          `json:"via"`
		To            string          `json:"to"`
		Count         int             `json:"count,omitempty"`
		Sent          int             `json:"sent"`
		RefusedCount  int             `json:"refused_count"`
		Refused       []stack.Refusal `json:"refused"` // the first stack.MostRefusals
		ElapsedMS     int64           `json:"elapsed_ms"`
	}{stack.SchemaVersion, d.Stack, d.Via, d.To, d.Count, d.Jobs, d.Refused, filled(d.Refusals), d.Elapsed.Milliseconds()})
}

// mostNumbers is how many job numbers of one refusal are listed; -o json has up to stack.MostRefusals.
const mostNumbers = 5

// refusals are rows of one reason each, with the numbers of the jobs that it kept back, and one for the jobs
// whose reasons were not kept.
func refusals(d *Delivery) [][]cell {
	numbers := map[string][]string{}
	var reasons []string
	for _, r := range d.Refusals {
		reason := r.Code + ": " + r.Message
		if numbers[reason] == nil {
			reasons = append(reasons, reason)
		}
		numbers[reason] = append(numbers[reason], fmt.Sprint(r.Job))
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return len(numbers[b]) - len(numbers[a]) })
	var rows [][]cell
	for _, reason := range reasons {
		rows = append(rows, []cell{{bad, "refused"}, {body, listed(numbers[reason])}, {body, reason}})
	}
	if n := d.Refused - len(d.Refusals); n > 0 {
		rows = append(rows, []cell{{bad, "refused"}, {body, count(n, "more job")}, {body, "not listed"}})
	}
	return rows
}

// listed names jobs: "job 7", "jobs 1, 2, 3", "jobs 1, 2, 3, 4, 5 and 95 more".
func listed(numbers []string) string {
	if len(numbers) == 1 {
		return "job " + numbers[0]
	}
	text := "jobs " + strings.Join(numbers[:min(len(numbers), mostNumbers)], ", ")
	if n := len(numbers) - mostNumbers; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// brief is seconds, and milliseconds for what is over at once.
func brief(d time.Duration) string {
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%dms", max(d, 0).Milliseconds())
	}
	return seconds(d)
}

// rate is jobs a second, in three figures; "" where it would say nothing.
func (d *Delivery) rate() string {
	if d.Jobs < 2 || d.Elapsed <= 0 {
		return ""
	}
	rate := float64(d.Jobs) / d.Elapsed.Seconds()
	switch {
	case rate >= 10:
		return fmt.Sprintf("%.0f/s", rate)
	case rate >= 0.1:
		return fmt.Sprintf("%.1f/s", rate)
	}
	return fmt.Sprintf("%.1f/m", rate*60)
}

// SendProgress shows a sending while it goes on. It is a Progress, so that a signal finds it.
type SendProgress struct {
	live

	mu       sync.Mutex
	delivery Delivery
	notes    []string
}

// patientFor is how long a sending may take before it is shown: what is over at once needs no picture.
const patientFor = 500 * time.Millisecond

// NewSendProgress shows how far a sending has come, on one line that goes away at the end.
func NewSendProgress(o *Output, d Delivery) *SendProgress {
	p := &SendProgress{live: live{out: o}, delivery: d}
	p.begin(patientFor, p.lines)
	return p
}

// Update tells how far it has come.
func (p *SendProgress) Update(s stack.Sent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delivery.Sent = s
}

// Begin does nothing: the sending has begun.
func (p *SendProgress) Begin(string, []Item) {}

// Event does nothing: a sending makes no resources.
func (p *SendProgress) Event(provision.Event) {}

// Note says something about the sending.
func (p *SendProgress) Note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notes = append(p.notes, text)
}

// End takes the line away.
func (p *SendProgress) End() { p.end() }

func (p *SendProgress) lines(width, _ int, last bool) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var lines []string
	if !last {
		lines = append(lines, p.out.delivering(&p.delivery, width))
	}
	for _, note := range p.notes {
		for _, line := range wrap(note, max(width-1, 1)) {
			lines = append(lines, p.out.paint(warn, line))
		}
	}
	return lines
}

// delivering is one line: a bar where the end is known, the count, the rate, and the time that is left.
func (o *Output) delivering(d *Delivery, width int) string {
	figures := d.figures()
	line, used := o.paint(body, figures), cells(figures)
	if d.Count > 0 && barWidth+gap+used < width {
		full := min(d.Tried()*barWidth/d.Count, barWidth)
		line = o.paint(good, strings.Repeat(o.symbols.full, full)) +
			o.paint(muted, strings.Repeat(o.symbols.empty, barWidth-full)) + "  " + line
		used += barWidth + gap
	}
	if room := width - 1 - used - gap; room >= leastWrap {
		line += "  " + o.paint(muted, o.fit("to "+d.To, room))
	}
	return line
}

func (d *Delivery) figures() string {
	text := fmt.Sprint(d.Jobs)
	if d.Count > 0 {
		text = fmt.Sprintf("%d of %d", d.Jobs, d.Count)
	}
	if rate := d.rate(); rate != "" {
		text += "  " + rate
	}
	if done := d.Tried(); d.Count > 0 && done > 0 {
		left := time.Duration(float64(d.Elapsed) / float64(done) * float64(d.Count-done))
		text += "  " + span(left) + " left"
	}
	return text
}
