package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// target is the most that a command may take at the longest delay.
type target struct {
	calls, mutating, hops int
	wall                  time.Duration
}

const unlimited = 1 << 30

// targets are those of the commands, by their place among them.
var targets = []target{
	{25, unlimited, 5, 600 * time.Millisecond},
	{16, 0, 2, 200 * time.Millisecond},
	{16, 0, 2, 200 * time.Millisecond},
	{16, 0, 2, 200 * time.Millisecond},
	{20, unlimited, 4, 400 * time.Millisecond},
}

// The targets of all commands alike.
const (
	mostMemory = 40 << 20
	mostStart  = 20 * time.Millisecond
)

// table prints figures as they come, in columns at the end.
type table struct {
	to     *tabwriter.Writer
	out    io.Writer
	memory int // the most of any command
}

func newTable(out io.Writer) *table {
	return &table{to: tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight), out: out}
}

// columns of the figures; every cell ends with a tab, or tabwriter would not align it.
func (t *table) row(cells ...string) { fmt.Fprintln(t.to, strings.Join(cells, "\t")+"\t") }

func (t *table) title(g group) {
	t.row()
	fmt.Fprintf(t.to, "%s\n", g.about)
	t.row("command", "delay", "calls", "mutating", "hops", "connections", "wall", "best", "wall/ideal", "memory", "target")
}

func (t *table) rows(g group, delay time.Duration, results []figures) {
	for i, f := range results {
		t.memory = max(t.memory, f.rss)
		hops, ratio := "", ""
		if delay > 0 {
			hops = fmt.Sprint(f.hops)
			ratio = fmt.Sprintf("%.2f", float64(f.wall)/float64(delay*time.Duration(f.hops)))
		}
		verdict := ""
		if g.targets && delay == delays[len(delays)-1] {
			verdict = judge(f, targets[i])
		}
		t.row(commands[i].name, delay.String(), fmt.Sprint(f.calls), fmt.Sprint(f.mutating), hops,
			fmt.Sprint(f.connections), seconds(f.wall), seconds(f.best), ratio, megabytes(f.rss), verdict)
	}
}

// judge names what is over its target.
func judge(f figures, most target) string {
	var missed []string
	over := func(is bool, what string) {
		if is {
			missed = append(missed, what)
		}
	}
	over(f.calls > most.calls, fmt.Sprintf("%d calls", most.calls))
	over(f.mutating > most.mutating, fmt.Sprintf("%d mutating", most.mutating))
	over(f.hops > most.hops, fmt.Sprintf("%d hops", most.hops))
	over(f.wall > most.wall, seconds(most.wall))
	if len(missed) > 0 {
		return "MISSED: " + strings.Join(missed, ", ")
	}
	return fmt.Sprintf("met: %d hops, %d calls, %s", most.hops, most.calls, seconds(most.wall))
}

// start prints what concerns no single command.
func (t *table) start(version time.Duration) {
	t.row()
	t.row("memory", megabytes(t.memory), met(t.memory < mostMemory, megabytes(mostMemory)))
	t.row("version", milliseconds(version), met(version < mostStart, milliseconds(mostStart)))
}

func met(is bool, limit string) string {
	if is {
		return "met: under " + limit
	}
	return "MISSED: under " + limit
}

func (t *table) flush(runs int) error {
	if err := t.to.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.out, "\nEach figure is the median of %d runs, the best time and the most memory apart. ideal = hops x delay.\n", runs)
	return err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }

func megabytes(bytes int) string { return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20)) }

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
