//go:build unix

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// columns of the table.
var columns = []string{"series", "points", "runs", "failures", "orphans", "seconds"}

func (s *tally) cells() []string {
	return []string{
		s.series, fmt.Sprint(s.points), s.work(), fmt.Sprint(s.failures), fmt.Sprint(s.orphans),
		fmt.Sprint(int(s.took.Round(time.Second).Seconds())),
	}
}

// work is what was run: the program, or targets on inputs.
func (s *tally) work() string {
	if s.inputs > 0 && s.runs == 0 {
		return fmt.Sprintf("%d inputs", s.inputs)
	}
	return fmt.Sprint(s.runs)
}

// sum is the table's last line.
func (t *torturer) sum() tally {
	all := tally{series: "all"}
	for _, one := range t.tallies {
		all.plus(one)
	}
	return all
}

// show prints the table, and reports whether anything failed or was left.
func (t *torturer) show(out io.Writer, markdown bool) (failed bool, err error) {
	sum := t.sum()
	rows := [][]string{columns}
	for _, one := range append(t.tallies, sum) {
		rows = append(rows, one.cells())
	}
	failed = sum.failures+sum.orphans > 0
	if markdown {
		return failed, printMarkdown(out, rows)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return failed, w.Flush()
}

func printMarkdown(out io.Writer, rows [][]string) error {
	for i, row := range rows {
		if _, err := fmt.Fprintf(out, "| %s |\n", strings.Join(row, " | ")); err != nil {
			return err
		}
		if i == 0 {
			fmt.Fprintln(out, "|---"+strings.Repeat("|--:", len(row)-1)+"|")
		}
	}
	return nil
}
