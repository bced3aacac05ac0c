package ui

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/eventscale/eventscale/internal/tune"
)

// Tune shows what a search found: workload, group and objective, a row of figures for each of the best, beside
// presets, fixed fleet and lower bound, the settings of the best, and what the reader must know.
func Tune(o *Output, r *tune.Report) error {
	var b strings.Builder
	o.labelled(&b, heading, "jobs", jobsText(&r.Workload))
	if r.Validation != nil {
		o.labelled(&b, heading, "check", jobsText(r.Validation))
	}
	o.labelled(&b, heading, "group", groupText(&r.Group))
	o.labelled(&b, heading, "goal", goalText(r))
	b.WriteByte('\n')
	o.tuneFigures(&b, r)
	b.WriteByte('\n')
	for i := range r.Best {
		o.beside(&b, o.paint(heading, rowName(r, i)), len(rowName(r, i))+gap, r.Best[i].Settings+groupNeeds(r, &r.Best[i]))
	}
	o.paragraph(&b, fmt.Sprintf("Tried %d candidates. No policy that holds the objective costs less than the lower bound, not even one that knows all jobs in advance.", r.Tried))
	for _, n := range r.Notes {
		o.beside(&b, o.paint(warn, o.symbols.warn), len("! "), n.Text)
		if n.Hint != "" {
			o.beside(&b, "  "+o.paint(accent, "hint:"), len("  hint: "), n.Hint)
		}
	}
	return o.flush(&b)
}

func goalText(r *tune.Report) string {
	killed := "no job killed"
	if r.Kills > 0 {
		killed = fmt.Sprintf("at most %s killed", count(int(r.Kills), "job"))
	}
	text := fmt.Sprintf("%s, %s", r.SLO, killed)
	if r.Margin != 1 {
		text += fmt.Sprintf("; tuned for %s, with a margin of %.2f", r.TunedFor, r.Margin)
	}
	return text
}

// groupNeeds is what a policy wants of the group, which `eventscale up` does not change.
func groupNeeds(r *tune.Report, row *tune.Row) string {
	if row.Min <= r.Group.Min {
		return ""
	}
	return fmt.Sprintf(", on a group with a minimum of %d", row.Min)
}

// rowName numbers the rows of a family after the first.
func rowName(r *tune.Report, i int) string {
	n := 1
	for _, earlier := range r.Best[:i] {
		if earlier.Name == r.Best[i].Name {
			n++
		}
	}
	if n == 1 {
		return r.Best[i].Name
	}
	return fmt.Sprintf("%s %d", r.Best[i].Name, n)
}

// tuneLine is a row of the table: the name, and the figures with their looks.
type tuneLine struct {
	name    string
	role    role
	figures []cell
}

// tuneHeads are the heads of the figures, in the table and in a list.
func tuneHeads(r *tune.Report) (heads, words []string) {
	for _, f := range r.Fixed.Figures {
		heads, words = append(heads, strings.ToUpper(f.Name)), append(words, f.Name)
	}
	heads, words = append(heads, "HOURS", "X BOUND"), append(words, "instance-hours", "times the bound")
	if r.Fixed.Cost != nil {
		heads, words = append(heads, "COST"), append(words, "cost")
	}
	heads, words = append(heads, "KILLED", "LEFT", "OUT/IN"), append(words, "killed", "not done", "scaled out/in")
	if r.Validation != nil {
		heads, words = append(heads, "CHECK"), append(words, "check")
	}
	return heads, words
}

func tuneLines(r *tune.Report) []tuneLine {
	var lines []tuneLine
	for i := range r.Best {
		lines = append(lines, tuneLine{rowName(r, i), heading, tuneCells(r, &r.Best[i])})
	}
	for i := range r.Presets {
		lines = append(lines, tuneLine{r.Presets[i].Name, body, tuneCells(r, &r.Presets[i])})
	}
	lines = append(lines, tuneLine{r.Fixed.Name, body, tuneCells(r, &r.Fixed)})
	bound := make([]cell, len(r.Fixed.Figures))
	return append(lines, tuneLine{"lower bound", muted, append(bound, cell{muted, hours(r.BoundHours)}, cell{muted, "1.00"})})
}

// tuneCells are a policy's figures, in the order of the heads.
func tuneCells(r *tune.Report, row *tune.Row) []cell {
	var cells []cell
	for _, f := range row.Figures {
		cells = append(cells, judged(f.Holds, millis(int64(f.Seconds))))
	}
	cells = append(cells, cell{body, hours(row.Hours)}, cell{body, strconv.FormatFloat(row.Ratio, 'f', 2, 64)})
	if row.Cost != nil {
		cells = append(cells, cell{body, money(*row.Cost)})
	}
	t := &row.Totals
	left := t.Unfinished + t.DeadLettered
	cells = append(cells,
		judged(t.JobsKilled <= r.Kills, strconv.FormatInt(t.JobsKilled, 10)),
		judged(left == 0, strconv.FormatInt(left, 10)),
		cell{body, fmt.Sprintf("%d/%d", t.ScaleOutActions, t.ScaleInActions)})
	switch {
	case row.Validation != nil && row.Validation.Holds:
		cells = append(cells, cell{good, "holds"})
	case row.Validation != nil:
		cells = append(cells, cell{bad, "fails"})
	}
	return cells
}

// judged marks a figure that does not hold, not by its colour alone.
func judged(holds bool, text string) cell {
	if holds {
		return cell{body, text}
	}
	return cell{bad, "!" + text}
}

// tuneFigures writes the table, or a list a policy where that is too wide.
func (o *Output) tuneFigures(b *strings.Builder, r *tune.Report) {
	heads, words := tuneHeads(r)
	lines := tuneLines(r)
	widths := make([]int, len(heads))
	first := cells(policyHead)
	for i, h := range heads {
		widths[i] = cells(h)
	}
	for _, l := range lines {
		first = max(first, cells(l.name))
		for i, c := range l.figures {
			widths[i] = max(widths[i], cells(c.text))
		}
	}
	for _, between := range []string{"  ", " "} {
		total := first
		for _, w := range widths {
			total += len(between) + w
		}
		if o.Width() == 0 || total <= o.Width() {
			o.tuneGrid(b, heads, lines, first, widths, between)
			return
		}
	}
	for _, l := range lines {
		o.tuneList(b, words, l)
	}
}

func (o *Output) tuneGrid(b *strings.Builder, heads []string, lines []tuneLine, first int, widths []int, between string) {
	head := pad(policyHead, first)
	for i, h := range heads {
		head += between + padLeft(h, widths[i])
	}
	fmt.Fprintln(b, o.paint(muted, head))
	for _, l := range lines {
		line := o.paint(l.role, pad(l.name, first))
		for i, c := range l.figures {
			line += between + o.paint(c.role, padLeft(c.text, widths[i]))
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
}

// tuneList is a policy's figures in words: "p95 wait 4m10s, instance-hours 35.40".
func (o *Output) tuneList(b *strings.Builder, words []string, l tuneLine) {
	fmt.Fprintln(b, o.paint(l.role, l.name))
	var parts []string
	for i, c := range l.figures {
		if c.text != "" {
			parts = append(parts, "`"+words[i]+" "+c.text+"`")
		}
	}
	for _, line := range wrap(strings.Join(parts, " "), max(o.Width()-gap-1, leastWrap)) {
		fmt.Fprintln(b, "  "+strings.ReplaceAll(strings.ReplaceAll(line, "` `", ", "), "`", ""))
	}
}

// TuneJSON writes a report as a document.
func TuneJSON(w io.Writer, r *tune.Report) error { return writeDocument(w, r) }
