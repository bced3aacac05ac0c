package loop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// CSV says how to read a trace from a file.
type CSV struct {
	Name     string   // of the file, for errors
	Arrivals Arrivals // for counts, and for rows without a service
	Strict   bool     // refuse times before 0 and rows that are not in their order, which are put right otherwise
	Most     int      // messages, of rows; 0 is no bound
}

// Read reads a whole trace. Its header says of what form it is: time_s,service_s or time_s alone, a
// message a row, or t,count. Its errors name file, line, column and value.
func (c CSV) Read(r io.Reader) (*Trace, error) {
	t, err := c.open(r)
	if err != nil {
		return nil, err
	}
	if t.form == formCounts {
		return t.counts()
	}
	var jobs []Job
	for {
		job, err := t.job(uint64(len(jobs)))
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if c.Most > 0 && len(jobs) == c.Most {
			return nil, t.wrong(0, fmt.Sprintf("is of one message too many: there must be at most %d", c.Most))
		}
		if len(jobs) == cap(jobs) {
			jobs = slices.Grow(jobs, max(len(jobs), 1024)) // doubled: append would copy millions more often
		}
		jobs = append(jobs, job)
	}
	if t.form == formTimes {
		return t.serveSorted(jobs)
	}
	return t.named(NewTrace(jobs))
}

// Stream reads a trace of rows as they are asked for. They must be in their order.
func (c CSV) Stream(r io.Reader) (Source, error) {
	c.Strict = true
	t, err := c.open(r)
	if err == nil && t.form == formCounts {
		return nil, t.wrong(0, "counts can not be streamed; read them")
	}
	return &stream{table: t}, err
}

// stream is a source of rows.
type stream struct {
	table *table
	index uint64
}

func (s *stream) Read(dst []Job) (int, error) {
	for n := range dst {
		job, err := s.table.job(s.index)
		if err != nil {
			return n, err
		}
		dst[n] = job
		s.index++
	}
	return len(dst), nil
}

// The forms of a table.
const (
	formJobs   = "time_s,service_s"
	formTimes  = "time_s"
	formCounts = "t,count"
)

// table is a file being read.
type table struct {
	CSV
	lines   *bufio.Scanner
	form    string
	names   []string // of the fields
	serve   service
	number  int // of the line
	columns []int
	values  []string
	last    float64 // the newest row's time
}

func (c CSV) open(r io.Reader) (*table, error) {
	if c.Arrivals.Bin == 0 {
		c.Arrivals.Bin = Minute
	}
	t := &table{CSV: c, lines: bufio.NewScanner(r), last: math.Inf(-1)}
	if !t.next() {
		return nil, t.end(t.wrong(0, "the file is empty; its first line must be "+formJobs+", "+formTimes+" or "+formCounts))
	}
	t.form = strings.Join(t.values, ",")
	switch t.form {
	case formJobs:
	case formTimes, formCounts:
		if !c.Arrivals.given() {
			return nil, t.wrong(0, "there is no column service_s, so a service time must be given")
		}
		t.serve = c.Arrivals.service()
	default:
		return nil, t.wrong(0, fmt.Sprintf("the header %q is not %s, %s or %s", t.form, formJobs, formTimes, formCounts))
	}
	t.names = strings.Split(t.form, ",")
	return t, nil
}

// next goes to the next line that is not empty, and cuts it; false at the end.
func (t *table) next() bool {
	for t.lines.Scan() {
		t.number++
		line := strings.TrimSuffix(t.lines.Text(), "\r")
		if t.number == 1 {
			line = strings.TrimPrefix(line, "\uFEFF")
		}
		if strings.TrimSpace(line) != "" {
			t.cut(line)
			return true
		}
	}
	t.number++
	return false
}

func (t *table) cut(line string) {
	t.columns, t.values = t.columns[:0], t.values[:0]
	for column := 1; ; {
		value, rest, more := strings.Cut(line, ",")
		t.columns = append(t.columns, column)
		t.values = append(t.values, strings.Trim(value, " \t\""))
		if !more {
			return
		}
		column += len(value) + 1
		line = rest
	}
}

// end is the error of reading, or else.
func (t *table) end(otherwise error) error {
	if err := t.lines.Err(); err != nil {
		return t.wrong(0, err.Error())
	}
	return otherwise
}

// wrong says what is wrong in which file, line and field, the first being 0.
func (t *table) wrong(field int, problem string) error {
	where := fmt.Sprintf("line %d", t.number)
	if field < len(t.columns) {
		where += fmt.Sprintf(", column %d", t.columns[field])
	}
	if t.Name != "" {
		where = t.Name + ": " + where
	}
	if field < len(t.names) {
		problem = t.names[field] + " " + problem
	}
	return errors.New(where + ": " + clipped(problem))
}

// float reads a field.
func (t *table) float(field int) (float64, error) {
	text := t.values[field]
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || strings.ContainsAny(text, "xX") {
		return 0, t.wrong(field, fmt.Sprintf("%q is not a number", text))
	}
	return v, nil
}
