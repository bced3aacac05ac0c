//go:build unix

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// columns of the table; seconds are rounded up, so that nothing took none.
var columns = []string{"series", "points", "runs", "failures", "orphans", "seconds"}

func (s *tally) cells() []string {
	return []string{
		s.series, fmt.Sprint(s.points), fmt.Sprint(s.runs), fmt.Sprint(s.failures), fmt.Sprint(s.orphans),
		fmt.Sprint(int(s.took.Round(time.Second).Seconds())),
	}
}

// sum is the table's last line.
func (t *torturer) sum() tally {
	all := tally{series: "all"}
	for _, one := range t.tallies {
		all.points, all.runs = all.points+one.points, all.runs+one.runs
		all.failures, all.orphans = all.failures+one.failures, all.orphans+one.orphans
		all.took += one.took
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
