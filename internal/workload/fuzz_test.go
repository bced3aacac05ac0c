package workload

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/eventscale/eventscale/internal/hostile"
	"github.com/eventscale/eventscale/internal/loop"
)

// traces are examples of every form.
var traces = []string{
	"time_s,service_s\n0.5,40\n2,1.5\n", "\uFEFFtime_s,service_s\r\n0.5,40\r\n\r\n2,1.5", "t,count\n0,2\n60,1\n", "time_s\n0.5\n2\n",
	`{"time_s":0.5,"service_s":40}` + "\n" + `{"service_s":1.5,"time_s":2,"model":"x"}`, `{"t":0,"count":2}` + "\n" + `{"t":60,"count":1}`,
	zipped("time_s,service_s\n0.5,40\n2,1.5\n"), zipped(`{"time_s":0.5,"service_s":40}`), zipped("t,count\n0,2\n")[:20],
	"time_s,service_s\n1e400,1\n", "time_s,service_s\n0x1p-2,1\n", "t,count\n0,1e9\n", `{"time_s":1e9,"service_s":5e-324}`, "[{}]", "\x00", "",
}

func FuzzOpen(f *testing.F) {
	for _, text := range traces {
		f.Add([]byte(text), false)
		f.Add([]byte(text), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, timed bool) {
		if asksForMillions(data) {
			t.Skip("it takes the memory that it asks for, up to MaxJobs")
		}
		var o Options
		if timed {
			o.JobTime = JobTime{Median: time.Second}
		}
		l, err := Open(Stdin, bytes.NewReader(data), o)
		if err != nil {
			refusedWell(t, err)
			return
		}
		sound(t, l, o)
	})
}

// asksForMillions looks for counts that no test has the time for: seven digits, or an exponent.
func asksForMillions(data []byte) bool {
	digits := 0
	for _, c := range data {
		if c >= '0' && c <= '9' {
			digits++
		} else {
			digits = 0
		}
		if digits > 5 || (c|0x20 == 'e' && bytes.Contains(data, []byte("count"))) {
			return bytes.Contains(data, []byte("count")) || bytes.HasPrefix(data, []byte("\x1f\x8b"))
		}
	}
	return false
}

// refusedWell checks that an error is ours and names the input.
func refusedWell(t *testing.T, err error) {
	t.Helper()
	invalid, ok := errors.AsType[*InputError](err)
	if !ok || !strings.HasPrefix(invalid.Problem, "stdin: ") {
		t.Errorf("%T: %v", err, err)
	}
	if len(err.Error()) > 1000 {
		t.Errorf("an error of %d bytes: %.200s", len(err.Error()), err)
	}
}

// sound checks jobs, and that they are the same when written and read again.
func sound(t *testing.T, l *Loaded, o Options) {
	t.Helper()
	last := loop.Millis(0)
	csv := []byte("time_s,service_s\n")
	for _, j := range l.Jobs {
		if j.Arrival < last || j.Service < 1 || j.Arrival > maxSpan {
			t.Fatalf("job %+v after %d", j, last)
		}
		last = j.Arrival
		csv = append(csv, plain(j.Arrival.Seconds())+","+plain(j.Service.Seconds())+"\n"...)
	}
	o.JobTime = JobTime{}
	again, err := Open(Stdin, bytes.NewReader(csv), o)
	if err != nil {
		t.Fatalf("written again: %v", err)
	}
	if len(again.Jobs) != len(l.Jobs) {
		t.Fatalf("%d jobs became %d", len(l.Jobs), len(again.Jobs))
	}
	for i, j := range again.Jobs {
		if j != l.Jobs[i] {
			t.Fatalf("job %d: %+v became %+v", i, l.Jobs[i], j)
		}
	}
}

func TestAMegabyteOfTraceIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"short rows":      "time_s,service_s\n" + hostile.Repeat("0,1\n"),
		"times":           "time_s\n" + hostile.Repeat("0\n"),
		"empty counts":    "t,count\n" + hostile.Repeat("0,0\n"),
		"empty lines":     "time_s\n" + hostile.Repeat("\n"),
		"one line":        "time_s,service_s\n" + hostile.Repeat("9"),
		"many columns":    hostile.Repeat(","),
		"a long header":   hostile.Repeat("x"),
		"deep JSON":       `{"time_s":` + hostile.Nest("[", "", "]"),
		"deeper JSON":     hostile.Nest("{\"a\":", "1", "}"),
		"lists":           hostile.Nest("[", "", "]"),
		"JSON lines":      hostile.Repeat(`{"time_s":0,"service_s":1}` + "\n"),
		"JSON counts":     hostile.Repeat(`{"t":0,"count":0}` + "\n"),
		"JSON, one field": `{"` + hostile.Repeat("a") + `":1}`,
		"huge numbers":    hostile.Repeat(`{"time_s":1e308,"service_s":1e-308}` + "\n"),
		"gzip of gzip":    string(hostile.Gzip("\x1f\x8b", "\x1f\x8b")),
		"bomb of rows":    string(hostile.Gzip("time_s,service_s\n", "0,1\n")),
		"bomb of times":   string(hostile.Gzip("time_s\n", "0\n")),
		"bomb of blanks":  string(hostile.Gzip("time_s\n", "\n")),
		"bomb of JSON":    string(hostile.Gzip(`{"time_s":0,"service_s":1}`+"\n", `{"time_s":0,"service_s":1}`+"\n")),
		"bomb of a line":  string(hostile.Gzip(`{"time_s":0,"a":"`, "a")),
		"bomb of spaces":  string(hostile.Gzip(" ", " ")),
	} {
		t.Run(name, func(t *testing.T) {
			hostile.Within(t, func() {
				if _, err := Open(Stdin, strings.NewReader(text), Options{JobTime: JobTime{Median: time.Second}}); err != nil {
					refusedWell(t, err)
				}
			})
			hostile.Within(t, func() { _, _ = OpenModel(Stdin, strings.NewReader(text), loop.Arrivals{Service: 1}) })
		})
	}
}

// A trace may well be smaller when it is compressed, and a small one may repeat itself.
func TestWhatCompressesWellIsTaken(t *testing.T) {
	for name, text := range map[string]string{
		"a burst": "time_s,service_s\n" + strings.Repeat("0,40\n", 200_000),
		"seconds": "time_s\n" + seq(300_000),
	} {
		if l, err := Open(Stdin, strings.NewReader(zipped(text)), Options{JobTime: seconds(1)}); err != nil || len(l.Jobs) < 200_000 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func seq(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(plain(math.Floor(float64(i)/10)) + "\n")
	}
	return b.String()
}

func TestABombIsRefusedWithAWayOut(t *testing.T) {
	for _, bomb := range [][]byte{hostile.Gzip("time_s\n", "0\n"), hostile.Gzip(`{"time_s":0,"a":1}`+"\n", `{"time_s":0,"a":1}`+"\n")} {
		_, err := Open(Stdin, bytes.NewReader(bomb), Options{JobTime: seconds(1)})
		invalid, ok := errors.AsType[*InputError](err)
		if !ok || !strings.HasSuffix(err.Error(), errBomb.Error()) || invalid.Advice != adviceBomb {
			t.Errorf("%v", err)
		}
	}
}

func FuzzParseJobTime(f *testing.F) {
	for _, text := range []string{"40s", "lognormal:30s,2m", "1h", "", "lognormal:", "lognormal:1s", "-1s", "9223372036854775807ns"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		j, err := ParseJobTime(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		if again, err := ParseJobTime(j.String()); err != nil || again != j {
			t.Errorf("%q is written as %q, which is %+v: %v", text, j, again, err)
		}
		for i := range uint64(100) {
			if s := j.Of(i, 1); s < 1 {
				t.Fatalf("%q: job %d takes %d ms", text, i, s)
			}
		}
	})
}
