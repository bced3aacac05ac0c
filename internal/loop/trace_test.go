package loop_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
)

// all reads a source to its end.
func all(t testing.TB, s loop.Source) (jobs []loop.Job) {
	t.Helper()
	buffer := make([]loop.Job, 7)
	for {
		n, err := s.Read(buffer)
		jobs = append(jobs, buffer[:n]...)
		if errors.Is(err, io.EOF) {
			return jobs
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func model(t testing.TB, text string) *loop.Trace {
	t.Helper()
	m, err := loop.ParseModel([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m.Trace
}

func TestRowsAreSortedAndRounded(t *testing.T) {
	got := all(t, model(t, `{"trace": {"rows": [[2.0006, 1], [1, 0.0001], [-3, 2], [1, 7]]}}`).Source())
	want := []loop.Job{{Arrival: 0, Service: 2000}, {Arrival: 1000, Service: 1}, {Arrival: 1000, Service: 7000}, {Arrival: 2001, Service: 1000}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCountsAreSpreadOverTheirBins(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []loop.Job
	}{
		{`"counts": [[60, 2], [0, 3]], "service_s": 2`, []loop.Job{{10000, 2000}, {30000, 2000}, {50000, 2000}, {75000, 2000}, {105000, 2000}}},
		{`"counts": [[0, 3]], "bin_s": 0.1, "service_values_s": [1, 2], "pick": "cycle"`, []loop.Job{{16, 1000}, {50, 2000}, {83, 1000}}},
		{`"counts": [[0, 3]], "bin_s": 1, "service_values_s": [1, 2, 3, 4, 5], "pick": "hash", "seed": 7`, []loop.Job{
			{166, 5000}, {500, 5000}, {833, 5000},
		}},
	} {
		trace := model(t, `{"trace": {`+tt.text+`}}`)
		got := all(t, trace.Source())
		if strings.Contains(tt.text, "hash") {
			for i := range tt.want {
				tt.want[i].Service = loop.Millis(1+loop.Splitmix64(7^uint64(i))%5) * loop.Second
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s\n%s", tt.text, diff)
		}
		if trace.Len() != int64(len(got)) || trace.Last() != got[len(got)-1].Arrival {
			t.Errorf("%s: %d messages to %v", tt.text, trace.Len(), trace.Last())
		}
	}
}

// Vectors of splitmix64 as published: the first of the sequences that start from 0 and from 1234567.
func TestTheDrawIsSplitmix64(t *testing.T) {
	for x, want := range map[uint64]uint64{
		0: 0xE220A8397B1DCDAF, 0x9E3779B97F4A7C15: 0x6E789E6AA1B965F4, 1234567: 6457827717110365317,
	} {
		if got := loop.Splitmix64(x); got != want {
			t.Errorf("%#x: %#x, want %#x", x, got, want)
		}
	}
}

// The sum of steps is the product that the definition asks for, whether bins overlap or not.
func TestCountsAreWhereTheDefinitionPutsThem(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		width := rapid.Int64Range(1, 100_000).Draw(r, "width")
		var text []string
		var want []int64
		for range rapid.IntRange(1, 6).Draw(r, "bins") {
			at, n := rapid.Int64Range(0, 200_000).Draw(r, "at"), rapid.Int64Range(0, 50).Draw(r, "count")
			text = append(text, fmt.Sprintf("[%v, %d]", float64(at)/1000, n))
			for j := range n {
				want = append(want, at+width*(2*j+1)/(2*n))
			}
		}
		if len(want) == 0 {
			return
		}
		trace := model(t, fmt.Sprintf(`{"trace": {"counts": [%s], "bin_s": %v, "service_s": 1}}`, strings.Join(text, ", "), float64(width)/1000))
		var got []int64
		for _, j := range all(t, trace.Source()) {
			got = append(got, int64(j.Arrival))
		}
		sortInts(want)
		if diff := cmp.Diff(want, got); diff != "" {
			r.Fatal(diff)
		}
		if int64(trace.Last()) != want[len(want)-1] {
			r.Fatalf("last at %d, want %d", trace.Last(), want[len(want)-1])
		}
	})
}

func TestCSVReadsBothForms(t *testing.T) {
	given := loop.DefaultArrivals()
	given.Service = 4 * loop.Second
	for text, want := range map[string][]loop.Job{
		"time_s,service_s\n2,3\n1,4.5\n":             {{1000, 4500}, {2000, 3000}},
		"\uFEFFtime_s,service_s\r\n\"2\", 3\r\n\r\n": {{2000, 3000}},
		"t,count\n0,2":    {{15000, 4000}, {45000, 4000}},
		"time_s\n7\n-1\n": {{0, 4000}, {7000, 4000}},
	} {
		trace, err := loop.CSV{Arrivals: given}.Read(strings.NewReader(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, all(t, trace.Source())); diff != "" {
			t.Errorf("%q\n%s", text, diff)
		}
	}
}

func TestABadTraceIsNamedToTheValue(t *testing.T) {
	given := loop.DefaultArrivals()
	given.Service = loop.Second
	for _, tt := range []struct{ text, want string }{
		{"", "a.csv: line 1: the file is empty; its first line must be time_s,service_s, time_s or t,count"},
		{"when,what\n", `a.csv: line 1, column 1: the header "when,what" is not time_s,service_s, time_s or t,count`},
		{"time_s,service_s\n", "a.csv: the trace has no messages"},
		{"t,count\n0,0\n", "a.csv: the trace has no messages"},
		{"time_s,service_s\n1,2\n\n3,x\n", `a.csv: line 4, column 3: service_s "x" is not a number`},
		{"time_s,service_s\n1,NaN\n", `a.csv: line 2, column 3: service_s "NaN" is not a number`},
		{"time_s,service_s\n0x10,1\n", `a.csv: line 2, column 1: time_s "0x10" is not a number`},
		{"time_s,service_s\n1\n", "a.csv: line 2: the row has 1 fields and the header 2"},
		{"time_s,service_s\n1,2,3\n", "a.csv: line 2, column 5: the row has 3 fields and the header 2"},
		{"time_s,service_s\n1e99,2\n", "a.csv: line 2, column 1: time_s 1e99 is above 1e+09 s"},
		{"time_s,service_s\n-1,2\n", "a.csv: line 2, column 1: time_s -1 is before the start, which is 0"},
		{"time_s,service_s\n5,2\n4,2\n", "a.csv: line 3, column 1: time_s 4 is before the row above, which is at 5"},
		{"time_s,service_s\n5,0\n", "a.csv: line 2, column 3: service_s 0 is not above 0"},
		{"t,count\n0,-2\n", "a.csv: line 2, column 3: count -2 is not an integer from 0 to 1000000000"},
		{"t,count\n0,1.5\n", "a.csv: line 2, column 3: count 1.5 is not an integer from 0 to 1000000000"},
	} {
		_, err := loop.CSV{Name: "a.csv", Arrivals: given, Strict: true}.Read(strings.NewReader(tt.text))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
	if _, err := (loop.CSV{}).Read(strings.NewReader("t,count\n0,1\n")); err == nil || !strings.Contains(err.Error(), "a service time must be given") {
		t.Error(err)
	}
}

// A stream and the trace in memory are the same to a run.
func TestAStreamComesToTheSame(t *testing.T) {
	text := strings.Builder{}
	text.WriteString("time_s,service_s\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "%d.%d,%d\n", i/3, i%3, 1+i*i%97)
	}
	config := simple(8, 2, -1)
	trace, err := loop.CSV{}.Read(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	want, err := loop.Run(config, trace, loop.Options{Series: true, PerMessage: true})
	if err != nil {
		t.Fatal(err)
	}
	stream, err := loop.CSV{}.Stream(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := loop.RunSource(config, stream, loop.Options{Series: true, PerMessage: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if want.Totals.Redelivered == 0 {
		t.Error("nothing was killed: the test tries too little")
	}
}

func TestAStreamsErrorEndsTheRun(t *testing.T) {
	stream, err := loop.CSV{Name: "a.csv"}.Stream(strings.NewReader("time_s,service_s\n1,1\n0,1\n"))
	if err != nil {
		t.Fatal(err)
	}
	config := loop.DefaultConfig()
	if _, err := loop.RunSource(&config, stream, loop.Options{}); err == nil || !strings.Contains(err.Error(), "a.csv: line 3, column 1: time_s 0 is before") {
		t.Error(err)
	}
}
