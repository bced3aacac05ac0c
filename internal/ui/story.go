package ui

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/eventscale/eventscale/internal/stack"
)

// Moment is a look at a loop.
type Moment struct {
	At     time.Duration // since the story began, by the clock of the loop
	Begun  time.Time     // when that was, by the same clock
	Jobs   int           // sent so far
	Status *stack.Status
}

// Told is a sentence of a story.
type Told struct {
	At   time.Duration
	Text string
}

// scaling is a change of the group's desired capacity.
type scaling struct {
	at       time.Duration
	alarm    string // in words: "scale-out"; "" where it was none
	from, to int
	still    bool // it was told before that the alarm is on
	again    bool // and it has changed the group before
}

// story tells in words what happens to a loop, from one look at it to the next.
type story struct {
	last     *Moment
	seen     map[string]bool // causes of scaling activities that were told
	scalings []scaling
	on       map[string]bool // alarms that are on and that were told of; and whether they have changed the group since
}

func newStory() *story { return &story{seen: map[string]bool{}, on: map[string]bool{}} }

// tell returns what happened since the last look.
func (s *story) tell(m Moment) []Told {
	if m.Status == nil || m.Status.Group == nil || m.Status.Queue == nil {
		return nil
	}
	var told []string
	if s.last == nil || m.Jobs > s.last.Jobs {
		told = append(told, arrivals(m))
	}
	if s.last != nil {
		told = slices.Concat(told, s.scaled(m), s.alarmed(m), s.served(m), s.worked(m))
	}
	s.last = &m
	sentences := make([]Told, len(told))
	for i, text := range told {
		sentences[i] = Told{m.At, text}
	}
	return sentences
}

// arrivals is how the story begins.
func arrivals(m Moment) string {
	g := m.Status.Group
	return fmt.Sprintf("%s %s sent to the queue; %s.", count(m.Jobs, "job"), be(m.Jobs), inService(g.InService))
}

func inService(n int) string {
	if n == 0 {
		return "no instance is in service"
	}
	return fmt.Sprintf("%s %s in service", count(n, "instance"), be(n))
}

func be(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// causes are AWS's words for why the desired capacity changed. Each instance has an activity of its own,
// and those that came of one change have its cause in common.
var causes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^At (\S+) a monitor alarm (\S+) in state \S+ triggered policy \S+ changing the desired capacity from (\d+) to (\d+)`)
})

// scaled tells of changes by alarms, the oldest first.
func (s *story) scaled(m Moment) []string {
	var told []string
	for _, a := range slices.Backward(m.Status.Activities) {
		found := causes().FindStringSubmatch(a.Cause)
		if len(found) == 0 || s.seen[found[0]] {
			continue
		}
		s.seen[found[0]] = true
		change := scaling{alarm: s.alarmOf(m, found[2])}
		change.at = m.At
		if at, err := time.Parse(time.RFC3339, found[1]); err == nil && !m.Begun.IsZero() {
			change.at = max(at.Sub(m.Begun), 0)
		}
		change.from, _ = strconv.Atoi(found[3])
		change.to, _ = strconv.Atoi(found[4])
		change.again, change.still = s.on[change.alarm]
		s.on[change.alarm] = true
		s.scalings = append(s.scalings, change)
		told = append(told, change.sentence())
	}
	return told
}

// alarmOf is the alarm of a name, in words.
func (s *story) alarmOf(m Moment, name string) string {
	for _, a := range m.Status.Alarms {
		if a.Name == name {
			return alarmWords(a.LogicalID)
		}
	}
	return name
}

// alarmWords are a logical ID's: "scale-out" of ScaleOutAlarm.
func alarmWords(logicalID string) string {
	var b strings.Builder
	for i, r := range strings.TrimSuffix(logicalID, "Alarm") {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func (c scaling) sentence() string {
	why := "The " + c.alarm + " alarm fires: "
	n, what, more := c.to-c.from, "launched", ""
	if c.still {
		why = "The " + c.alarm + " alarm is still on: "
	}
	if c.again {
		more = "more "
	}
	if n < 0 {
		n, what = -n, "taken away"
	}
	noun := "instances are "
	if n == 1 {
		noun = "instance is "
	}
	return fmt.Sprintf("%s%d %s%s%s.", why, n, more, noun, what)
}

// alarmed tells of alarms that went on and changed nothing, and of those that went off.
func (s *story) alarmed(m Moment) []string {
	var told []string
	for _, a := range m.Status.Alarms {
		words := alarmWords(a.LogicalID)
		_, on := s.on[words]
		switch {
		case a.State == "ALARM" && !on:
			s.on[words] = false
			told = append(told, "The "+words+" alarm fires.")
		case a.State != "ALARM" && on:
			delete(s.on, words)
			told = append(told, "The "+words+" alarm is off again.")
		}
	}
	return told
}

// served tells of instances that came into service.
func (s *story) served(m Moment) []string {
	have, had := m.Status.Group.InService, s.last.Status.Group.InService
	if have <= had {
		return nil
	}
	n := have - had
	text := fmt.Sprintf("%s %s in service now", count(n, "instance"), be(n))
	if had > 0 {
		text += fmt.Sprintf(", %d in all", have)
	}
	return []string{text + "."}
}

// worked tells how the jobs come to their end.
func (s *story) worked(m Moment) []string {
	q, before := m.Status.Queue, s.last.Status.Queue
	var told []string
	if n := q.Visible - before.Visible; n > 0 && m.Jobs == s.last.Jobs {
		told = append(told, fmt.Sprintf("%s waits again: its instance went away with it.", count(n, "job")))
		if n > 1 {
			told[0] = fmt.Sprintf("%s wait again: their instances went away with them.", count(n, "job"))
		}
	}
	switch {
	case q.Visible+q.InFlight == 0 && before.Visible+before.InFlight > 0:
		told = append(told, fmt.Sprintf("The last job is done: %s in %s.", count(m.Jobs, "job"), span(m.At)))
	case q.Visible == 0 && before.Visible > 0:
		told = append(told, fmt.Sprintf("No job waits any more; %d %s under work.", q.InFlight, be(q.InFlight)))
	}
	if m.Resting() && !s.last.Resting() {
		told = append(told, "The group is at its minimum, and nothing is left to do.")
	}
	return told
}

// Resting reports whether all jobs are done, and the group is as small as it may be.
func (m Moment) Resting() bool {
	g, q := m.Status.Group, m.Status.Queue
	return m.Jobs > 0 && q.Visible+q.InFlight+q.Delayed == 0 && g.Desired == g.Min && g.InService == g.Min && g.Pending+g.Terminating == 0
}
