package ui

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/eventscale/eventscale/internal/provision"
)

// tell is a run with everything that can happen, as events.
func tell(emit func(provision.Event)) {
	at := func(i int, status provision.Status, elapsed time.Duration, reason string) {
		item := stackItems[i]
		emit(provision.Event{
			Time: noon.Add(elapsed), LogicalID: item.LogicalID, Type: item.Type, Name: item.Name,
			Status: status, Elapsed: elapsed, Reason: reason,
		})
	}
	at(0, provision.CreateInProgress, 0, "")
	at(0, provision.CreateComplete, 110*time.Millisecond, "")
	at(1, provision.UpdateInProgress, 0, "")
	at(1, provision.UpdateInProgress, time.Second, "AWS lets the name be used again 60 s after a queue was deleted: 42 s left")
	at(1, provision.UpdateInProgress, 2*time.Second, "AWS lets the name be used again 60 s after a queue was deleted: 41 s left")
	at(2, provision.CreateInProgress, 0, "")
	at(2, provision.CreateFailed, 300*time.Millisecond, "AccessDenied: not authorized to perform: iam:CreateRole\non resource: role")
	at(3, provision.CreateInProgress, 0, "")
	at(4, provision.Skipped, 0, "IngestRole failed")
	at(5, provision.DeleteInProgress, 0, "")
	at(5, provision.DeleteComplete, 75*time.Second, "")
	at(6, provision.DeleteComplete, 100*time.Millisecond, "left as it is: it was there before the stack")
	emit(provision.Event{
		Time: noon.Add(time.Second), LogicalID: stackItems[7].LogicalID, Type: stackItems[7].Type, Name: stackItems[7].Name,
		Status: provision.CreateInProgress, Elapsed: time.Second, Reason: "waiting for the policy", Until: noon.Add(5 * time.Minute),
	})
	emit(provision.Event{
		LogicalID: "JobQueue.replaced", Type: "AWS::SQS::Queue", Name: "old-jobs",
		Status: provision.DeleteInProgress, Time: noon,
	})
}

func TestPlainProgress(t *testing.T) {
	goldens(t, "progress-plain", true, func(o *Output) error {
		p := NewPlainProgress(o)
		p.Begin("Updating stack gpu-workers", stackItems)
		tell(p.Event)
		p.Note("Interrupted: finishing the calls in flight.")
		p.End()
		return nil
	})
}

func TestJSONProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		p := NewJSONProgress(&b)
		p.Begin("Updating stack gpu-workers", stackItems)
		tell(p.Event)
		p.Note("Interrupted: finishing the calls in flight.")
		p.End()
		golden(t, "progress.json", b.String())
	})
}

func TestLiveFrames(t *testing.T) {
	goldens(t, "progress-live", false, func(o *Output) error {
		v := newView(o, "Updating stack gpu-workers", stackItems, noon)
		tell(func(e provision.Event) { v.event(e, noon.Add(e.Elapsed)) })
		v.notes = []string{"Interrupted: finishing the calls in flight; Ctrl-C again leaves at once."}
		w := o.Width()
		if w == 0 {
			w = unbounded
		}
		now := noon.Add(5 * time.Second)
		for _, frame := range [][]string{v.frame(w, unbounded, now), v.frame(w, 12, now), v.final(w, now)} {
			fmt.Fprintf(o, "%s\n\n", strings.Join(frame, "\n"))
		}
		return nil
	})
}

func TestAFrameFitsEveryTerminal(t *testing.T) {
	v := newView(NewFixedOutput(nil, Fixed{Unicode: true}), "Updating stack gpu-workers", stackItems, noon)
	tell(func(e provision.Event) { v.event(e, noon) })
	for width := 10; width < 200; width++ {
		for height := 4; height < 30; height++ {
			frame := v.frame(width, height, noon)
			if len(frame) > height-1 {
				t.Fatalf("%d lines in %d rows", len(frame), height)
			}
		}
		if width >= 40 {
			noWiderThan(t, width-1, strings.Join(v.final(width, noon), "\n"))
		}
	}
}

// screen is as much of a terminal as the live view needs, without bounds.
type screen struct {
	mu          sync.Mutex
	rows        [][]rune
	row, column int
	hidden      bool
	writes      int
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	for text := []rune(string(p)); len(text) > 0; {
		if len(s.rows) == s.row {
			s.rows = append(s.rows, nil)
		}
		text = text[s.step(text):]
	}
	return len(p), nil
}

// step takes one character or sequence, and returns how many characters that is.
func (s *screen) step(text []rune) int {
	line := s.rows[s.row]
	switch text[0] {
	case '\r':
		s.column = 0
	case '\n':
		s.row++
	case '\x1b':
		return s.control(text)
	default:
		for len(line) <= s.column {
			line = append(line, ' ')
		}
		line[s.column] = text[0]
		s.rows[s.row] = line
		s.column++
	}
	return 1
}

// control takes a sequence: ESC [ number letter.
func (s *screen) control(text []rune) int {
	end := slices.IndexFunc(text, unicode.IsLetter)
	n, _ := strconv.Atoi(string(text[2:end]))
	line := s.rows[s.row]
	erased := line[:min(s.column, len(line))]
	switch text[end] {
	case 'A':
		s.row = max(s.row-max(n, 1), 0)
	case 'K':
		s.rows[s.row] = erased
	case 'J':
		s.rows[s.row] = erased
		s.rows = s.rows[:s.row+1]
	case 'h', 'l':
		s.hidden = text[end] == 'l'
	default:
		panic("what is " + strconv.Quote(string(text[:end+1])) + "?")
	}
	return end + 1
}

// frames returns how often the screen was written to.
func (s *screen) frames() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, row := range s.rows {
		b.WriteString(strings.TrimRight(string(row), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// That no goroutine is left is checked by synctest: its bubble would never end.
func TestLiveProgressRedrawsInPlaceAndStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		p := NewProgress(NewFixedOutput(s, Fixed{Width: 80, Height: 24, Unicode: true, Interactive: true}))
		p.Begin("Updating stack gpu-workers", stackItems)
		tell(p.Event)
		<-time.After(time.Second + frameTime/2)
		if s.frames() > 12 {
			t.Errorf("%d frames in a second", s.frames())
		}
		if text := s.text(); strings.Count(text, "Updating stack") != 1 || !strings.Contains(text, "JobQueue           updating      3s  AWS lets") {
			t.Errorf("while it goes on:\n%s", text)
		}
		p.End()
		p.End()
		p.Event(provision.Event{LogicalID: "JobQueue", Status: provision.UpdateComplete})
		frames := s.frames()
		<-time.After(time.Second)
		if s.frames() != frames {
			t.Error("it goes on after its end")
		}
		if s.hidden {
			t.Error("the cursor is hidden")
		}
		golden(t, "progress-live-end.golden", s.text())
	})
}

func TestLiveProgressCanBeginAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		p := NewLiveProgress(NewFixedOutput(s, Fixed{Width: 80, Height: 24, Interactive: true}))
		p.End()
		p.Begin("First", stackItems[:1])
		p.Begin("Second", stackItems[1:2])
		<-time.After(time.Second)
		p.End()
		if text := s.text(); strings.Count(text, "First") != 1 || strings.Count(text, "Second") != 1 || strings.Count(text, "\n") != 4 {
			t.Errorf("\n%s", text)
		}
	})
}

func TestTheWindowFollowsTheWorkAndOnlyMovesDown(t *testing.T) {
	items := make([]Item, 100)
	for i := range items {
		items[i].LogicalID = fmt.Sprintf("Resource%03d", i)
	}
	v := newView(NewFixedOutput(nil, Fixed{}), "Creating", items, noon)
	last := ""
	for i := range items {
		v.event(provision.Event{LogicalID: items[i].LogicalID, Status: provision.CreateInProgress}, noon)
		frame := v.frame(80, 12, noon)
		if len(frame) != 11 || !strings.Contains(strings.Join(frame, "\n"), items[i].LogicalID) {
			t.Fatalf("%s is not to be seen:\n%s", items[i].LogicalID, strings.Join(frame, "\n"))
		}
		if frame[1][4:15] < last {
			t.Fatalf("%q after %q", frame[1], last)
		}
		last = frame[1][4:15]
		v.event(provision.Event{LogicalID: items[i].LogicalID, Status: provision.CreateComplete}, noon)
	}
}

func TestANarrowerTerminalHasBrokenTheLines(t *testing.T) {
	drawn := []int{0, 39, 40, 41, 100}
	for columns, want := range map[int]int{40: 1 + 1 + 1 + 2 + 3, 100: 5, 20: 1 + 2 + 2 + 3 + 5} {
		if got := above(drawn, columns); got != want {
			t.Errorf("%d columns: %d rows, not %d", columns, got, want)
		}
	}
}
