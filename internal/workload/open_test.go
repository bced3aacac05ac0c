package workload

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
)

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

func seconds(d float64) JobTime { return JobTime{Median: time.Duration(d * float64(time.Second))} }

func TestEveryFormHasTheSameJobs(t *testing.T) {
	rows := []loop.Job{{Arrival: 500, Service: 40_000}, {Arrival: 2000, Service: 1500}}
	counted := []loop.Job{{Arrival: 15_000, Service: 7000}, {Arrival: 45_000, Service: 7000}, {Arrival: 90_000, Service: 7000}}
	for name, c := range map[string]struct {
		text string
		o    Options
		want []loop.Job
	}{
		"rows":            {"time_s,service_s\n0.5,40\n2,1.5\n", Options{}, rows},
		"rows, zipped":    {zipped("time_s,service_s\n0.5,40\n2,1.5\n"), Options{}, rows},
		"rows, marked":    {"\uFEFFtime_s,service_s\r\n0.5,40\r\n\r\n2,1.5", Options{}, rows},
		"lines":           {`{"time_s":0.5,"service_s":40}` + "\n" + `{"service_s":1.5,"time_s":2,"model":"x"}`, Options{}, rows},
		"lines, zipped":   {zipped(`{"time_s":0.5,"service_s":40}` + "\n\n" + `{"time_s":2,"service_s":1.5}` + "\n"), Options{}, rows},
		"lines, indented": {"\uFEFF\n  {\"time_s\":0.5,\"service_s\":40}\n{\"time_s\":2,\"service_s\":1.5}", Options{}, rows},
		"counts":          {"t,count\n0,2\n60,1\n", Options{JobTime: seconds(7)}, counted},
		"counted lines":   {`{"t":0,"count":2}` + "\n" + `{"t":60,"count":1}`, Options{JobTime: seconds(7)}, counted},
		"narrow counts":   {"t,count\n0,2\n", Options{JobTime: seconds(7), Bin: 10_000}, []loop.Job{{Arrival: 2500, Service: 7000}, {Arrival: 7500, Service: 7000}}},
		"narrow lines":    {`{"t":0,"count":2}`, Options{JobTime: seconds(7), Bin: 10_000}, []loop.Job{{Arrival: 2500, Service: 7000}, {Arrival: 7500, Service: 7000}}},
		"times":           {"time_s\n0.5\n2\n", Options{JobTime: seconds(3)}, []loop.Job{{Arrival: 500, Service: 3000}, {Arrival: 2000, Service: 3000}}},
		"overruled":       {"time_s,service_s\n0.5,40\n2,1.5\n", Options{JobTime: seconds(3)}, []loop.Job{{Arrival: 500, Service: 3000}, {Arrival: 2000, Service: 3000}}},
		"overruled lines": {`{"time_s":0.5,"service_s":40}` + "\n" + `{"time_s":2}`, Options{JobTime: seconds(3)}, []loop.Job{{Arrival: 500, Service: 3000}, {Arrival: 2000, Service: 3000}}},
	} {
		l, err := Open(Stdin, strings.NewReader(c.text), c.o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, l.Jobs); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		if l.Trace.Len() != int64(len(c.want)) || l.Name != "stdin" {
			t.Errorf("%s: %d messages of %q", name, l.Trace.Len(), l.Name)
		}
	}
}

func TestBadTracesAreRefusedWithTheirPlace(t *testing.T) {
	job := Options{JobTime: seconds(1)}
	for name, c := range map[string]struct {
		text string
		o    Options
		want string // of the error
		hint string
	}{
		"nothing":             {"", Options{}, "stdin: line 1: the file is empty", "time_s,service_s"},
		"no rows":             {"time_s,service_s\n", Options{}, "stdin: the trace has no messages", "at least one"},
		"no jobs":             {"t,count\n0,0\n60,0\n", job, "stdin: the trace has no messages", "at least one"},
		"since 1970":          {"time_s,service_s\n1700000000,1\n", Options{}, "time_s 1700000000 is above 1e+09 s", "looks like Unix time"},
		"in milliseconds":     {"time_s,service_s\n0,1\n86400000,1\n", Options{}, "the last job comes at 86400000 s", "subtract"},
		"another header":      {"start,duration\n1,2\n", Options{}, `the header "start,duration" is not`, "first line"},
		"no number":           {"time_s,service_s\n0,1\nsoon,1\n", Options{}, `stdin: line 3, column 1: time_s "soon" is not a number`, ""},
		"not a number":        {"time_s,service_s\n0,1\n1,NaN\n", Options{}, `stdin: line 3, column 3: service_s "NaN" is not a number`, ""},
		"negative":            {"time_s,service_s\n-1,1\n", Options{}, "stdin: line 2, column 1: time_s -1 is before the start", ""},
		"unsorted":            {"time_s,service_s\n5,1\n4,1\n", Options{}, "stdin: line 3, column 1: time_s 4 is before the row above, which is at 5", "sort"},
		"no time at all":      {"time_s,service_s\n5,0\n", Options{}, "stdin: line 2, column 3: service_s 0 is not above 0", ""},
		"a field too many":    {"time_s,service_s\n5,0,1\n", Options{}, "stdin: line 2, column 5: the row has 3 fields and the header 2", ""},
		"half a message":      {"t,count\n0,1.5\n", job, "stdin: line 2, column 3: count 1.5 is not an integer", ""},
		"no service":          {"time_s\n1\n", Options{}, "so a service time must be given", "--job-time 40s"},
		"counts, no service":  {"t,count\n1,1\n", Options{}, "so a service time must be given", "--job-time 40s"},
		"too many":            {"t,count\n0,999999999\n", job, "999999999 messages; there must be at most 50000000", ""},
		"binary":              {"PAR1\x00\x15\x04", Options{}, "stdin: is not text", "first line"},
		"cut gzip":            {zipped("time_s,service_s\n0,1\n" + strings.Repeat("1,1\n", 99))[:40], Options{}, "unexpected EOF", "cut or damaged"},
		"cut lines":           {zipped(`{"time_s":0,"service_s":1}`)[:30], Options{}, "stdin: line 2: unexpected EOF", "cut or damaged"},
		"no gzip":             {"\x1f\x8bxxxx", Options{}, "stdin: begins like gzip", "cut or damaged"},
		"a list":              {`[{"time_s":1}]`, Options{}, "stdin: line 1: is a list", "time_s"},
		"broken":              {`{"time_s":1,"service_s":1}` + "\n" + `{"time_s":1,}`, Options{}, "stdin: line 2, column 13: invalid character '}'", "lines are"},
		"two on a line":       {`{"time_s":1,"service_s":1} {"time_s":2,"service_s":1}`, Options{}, "stdin: line 1, column 28: invalid character '{'", "lines are"},
		"a word":              {`{"time_s":"1","service_s":1}`, Options{}, "stdin: line 1: time_s a string is not a number", "lines are"},
		"too large":           {`{"time_s":1e999,"service_s":1}`, Options{}, "stdin: line 1: time_s a number 1e999 is not a number", "lines are"},
		"no time":             {`{"service_s":1}`, Options{}, "stdin: line 1: time_s is missing", "lines are"},
		"line, negative":      {`{"time_s":-1,"service_s":1}`, Options{}, "stdin: line 1: time_s -1 is before the start", ""},
		"line, unsorted":      {`{"time_s":2,"service_s":1}` + "\n" + `{"time_s":1,"service_s":1}`, Options{}, "stdin: line 2: time_s 1 is before the line above, which is at 2", ""},
		"line, far":           {`{"time_s":2e9,"service_s":1}`, Options{}, "stdin: line 1: time_s 2000000000 is above", "subtract"},
		"line, no service":    {`{"time_s":2}`, Options{}, "stdin: line 1: service_s is missing", "--job-time"},
		"line, service 0":     {`{"time_s":2,"service_s":0}`, Options{}, "stdin: line 1: service_s 0 is not above 0", ""},
		"line, long service":  {`{"time_s":2,"service_s":1e10}`, Options{}, "stdin: line 1: service_s 10000000000 is above", ""},
		"line, no count":      {`{"t":2}`, job, "stdin: line 1: count is missing", ""},
		"line, no t":          {`{"count":2}`, job, "stdin: line 1: t is missing", ""},
		"line, half a count":  {`{"t":2,"count":0.5}`, job, "stdin: line 1: count 0.5 is not an integer", ""},
		"line, no job time":   {`{"t":2,"count":1}`, Options{}, "how long a job takes", "--job-time"},
		"lines of both forms": {`{"t":2,"count":1}` + "\n" + `{"time_s":3,"service_s":1}`, job, "stdin: line 2: time_s stands in a trace of t and count", ""},
		"and the other way":   {`{"time_s":3,"service_s":1}` + "\n" + `{"t":4,"count":1}`, job, "stdin: line 2: t stands in a trace of time_s", ""},
		"no counted jobs":     {`{"t":2,"count":0}`, job, "stdin: the trace has no messages", "at least one"},
	} {
		_, err := Open(Stdin, strings.NewReader(c.text), c.o)
		input, ok := errors.AsType[*InputError](err)
		if !ok {
			t.Errorf("%s: %v, want an InputError", name, err)
			continue
		}
		if !strings.Contains(input.Error(), c.want) || !strings.Contains(input.Hint(), c.hint) {
			t.Errorf("%s: %q (%q), want %q (%q)", name, input.Error(), input.Hint(), c.want, c.hint)
		}
	}
}

func TestAFileIsNamedByItsPathInErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.csv")
	if err := os.WriteFile(path, []byte("time_s,service_s\nx,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, nil, Options{}); err == nil || !strings.Contains(err.Error(), path+": line 2, column 1") {
		t.Error(err)
	}
	if _, err := Open(path+"x", nil, Options{}); err == nil || !strings.Contains(err.Error(), path+"x: cannot be read: ") {
		t.Error(err)
	}
	_, err := Open(t.TempDir(), nil, Options{})
	if input, ok := errors.AsType[*InputError](err); !ok || !strings.HasSuffix(input.Error(), "cannot be read: is a directory") || !strings.Contains(input.Hint(), "give the path of a trace") {
		t.Error(err)
	}
}

func TestSplitLosesNoJob(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gaps := rapid.SliceOfN(rapid.Int64Range(0, 100_000), 0, 50).Draw(t, "gaps")
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		var jobs []loop.Job
		var at loop.Millis
		for _, g := range gaps {
			at += loop.Millis(g)
			jobs = append(jobs, loop.Job{Arrival: at, Service: loop.Millis(g + 1)})
		}
		first, rest := Split(jobs, share)
		if len(first)+len(rest) != len(jobs) {
			t.Fatalf("%d and %d of %d", len(first), len(rest), len(jobs))
		}
		for i, j := range rest {
			was := jobs[len(first)+i]
			if j.Arrival < 0 || j.Service != was.Service || i > 0 && j.Arrival-rest[i-1].Arrival != was.Arrival-jobs[len(first)+i-1].Arrival {
				t.Fatalf("%v was %v", j, was)
			}
		}
		if !cmp.Equal(first, append([]loop.Job(nil), jobs[:len(first)]...)) {
			t.Fatal("the first part was changed")
		}
	})
}
