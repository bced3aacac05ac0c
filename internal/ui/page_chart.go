package ui

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
)

// pageChart is a policy's panel as SVG within the page, to the same scales as the others. The class says for
// which width of a screen it is.
func pageChart(outcome *simulation.Outcome, all scales, class string, width float64) template.HTML {
	all.alarms = len(alarmNames(outcome.Series))
	s := &scene{width: width, height: all.panelHeight()}
	s.panel(point{}, width, all, outcome)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="%s" viewBox="0 0 %s %s" data-x="%s" data-width="%s" role="img" aria-label="%s">`+"\n",
		class, number(s.width), number(s.height), number(gutterWidth), number(width-gutterWidth-rightMargin),
		escaped(description(outcome)))
	s.body(&b)
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // all text in it was escaped as it was written
}

// description is a chart in words.
func description(outcome *simulation.Outcome) string {
	s := scalesOf([]simulation.Outcome{*outcome})
	return fmt.Sprintf("%s over %s: up to %s jobs waiting or in flight, up to %s instances",
		clean(outcome.Name), duration(float64(s.minutes)*60), thousands(int64(s.jobs)), thousands(int64(s.instances)))
}

func pageKeys() []pageKey {
	var all []pageKey
	for _, k := range keys() {
		s := &scene{}
		s.begin("")
		s.swatch(0, 1, k.pen)
		var b strings.Builder
		fmt.Fprintf(&b, `<svg class="swatch" viewBox="0 0 %s %s" aria-hidden="true">`, number(swatchWidth), number(swatchHeight+2))
		for _, h := range s.groups[0].shapes {
			h.svg(&b)
		}
		b.WriteString("</svg>")
		all = append(all, pageKey{k.text, template.HTML(b.String())}) //nolint:gosec // numbers and our own words
	}
	return all
}

// colors are the rules for both kinds of paper. A printer's is white.
func colors() string {
	return styles(func(i ink) string { return i.light }) +
		"@media screen and (prefers-color-scheme:dark){" + styles(func(i ink) string { return i.dark }) + "}\n"
}

// pageData is what the script reads.
type pageData struct {
	Minutes int          `json:"minutes"` // across them
	Bins    int          `json:"bins"`    // that they are cut into
	Series  []pageSeries `json:"series"`  // of the policies that have one, in their order
}

// pageSeries is the figures of a policy, bin by bin.
type pageSeries struct {
	Waiting   []int       `json:"waiting"`
	Running   []int       `json:"running"`
	InService []int       `json:"inService"`
	Desired   []int       `json:"desired"`
	Alarms    []pageAlarm `json:"alarms"`
}

// pageAlarm is an alarm and its states, a letter a bin.
type pageAlarm struct {
	Name   string `json:"name"`
	States string `json:"states"`
}

// mostBins is a day in minutes: a longer run is cut into as many pieces.
const mostBins = 1440

func newPageData(r *simulation.Report) pageData {
	all := scalesOf(r.Outcomes)
	d := pageData{Minutes: all.minutes, Bins: min(all.minutes, mostBins)}
	for i := range r.Outcomes {
		if rows := r.Outcomes[i].Series; len(rows) > 0 {
			d.Series = append(d.Series, newPageSeries(rows, d))
		}
	}
	return d
}

func newPageSeries(rows []loop.Row, d pageData) pageSeries {
	names := alarmNames(rows)
	s := pageSeries{Alarms: make([]pageAlarm, len(names))}
	for i, name := range names {
		s.Alarms[i].Name = clean(name)
	}
	letters := map[loop.State]string{loop.StateAlarm: "A", loop.StateOK: "O", loop.StateUnknown: "I", "": "-"}
	for _, b := range bins(rows, names, d.Minutes, d.Bins) {
		s.Waiting, s.Running = append(s.Waiting, b.waiting), append(s.Running, b.running)
		s.InService, s.Desired = append(s.InService, b.inService), append(s.Desired, b.desired)
		for i, state := range b.states {
			s.Alarms[i].States += letters[state]
		}
	}
	return s
}
