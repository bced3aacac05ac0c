package ui

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/eventscale/eventscale/internal/simulation"
)

//go:embed page.html
var pageTemplate string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// Page writes a report as one HTML page that needs nothing else: no network, and no script to be read. Its
// policy allows the one script in it, which shows the values under the pointer, and nothing from
// outside.
func Page(w io.Writer, r *simulation.Report) error {
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return err
	}
	return t.Execute(w, newPage(r))
}

// page is what the template shows.
type page struct {
	Policy     string // of the content: what the page may load
	Style      template.CSS
	Script     template.JS
	Data       pageData
	Name       string
	Lead       string
	Keys       []pageKey
	Head       []string // of the columns after the policy's name
	Outcomes   []pageOutcome
	Facts      []fact
	GroupFacts []fact
	Omitted    []string
}

// pageOutcome is one policy on the page.
type pageOutcome struct {
	ID, Name     string
	Cells        []pageCell
	Figures      string // the most important of them
	Findings     []pageFinding
	Settings     string // in words
	Command      string // to be copied, where there is one
	Series       bool
	Wide, Narrow template.HTML
}

// pageCell is a figure of the table.
type pageCell struct {
	Text string
	Bad  bool // of something that should not have happened
}

type pageFinding struct{ Text, Hint []phrase }

// phrase is a piece of a sentence, or code to be typed.
type phrase struct {
	Text string
	Code bool
}

type pageKey struct {
	Text   string
	Swatch template.HTML
}

func newPage(r *simulation.Report) *page {
	style := colors() + pageStyle
	p := &page{
		Policy: contentPolicy(style, pageScript), Style: template.CSS(style), Script: template.JS(pageScript),
		Data: newPageData(r), Name: clean(r.Workload.Name), Lead: workloadLine(&r.Workload), Keys: pageKeys(),
		Head: pageHead(r), Facts: workloadFacts(&r.Workload), GroupFacts: groupFacts(&r.Group),
	}
	for _, text := range r.NotModelled {
		p.Omitted = append(p.Omitted, clean(text))
	}
	all := scalesOf(r.Outcomes)
	for i := range r.Outcomes {
		p.Outcomes = append(p.Outcomes, newPageOutcome(i, r, all))
	}
	return p
}

func newPageOutcome(i int, r *simulation.Report, all scales) pageOutcome {
	outcome := &r.Outcomes[i]
	o := pageOutcome{
		ID: fmt.Sprintf("policy-%d", i+1), Name: clean(outcome.Name), Cells: pageCells(r, outcome), Figures: strings.Join(figures(outcome), " · "),
		Settings: clean(outcome.Settings), Command: clean(outcome.Command), Series: len(outcome.Series) > 0,
	}
	for _, f := range outcome.Findings {
		o.Findings = append(o.Findings, pageFinding{phrases(f.Text), phrases(f.Hint)})
	}
	if o.Series {
		o.Wide, o.Narrow = pageChart(outcome, all, "wide", 960), pageChart(outcome, all, "narrow", 420)
	}
	return o
}

// contentPolicy allows the style and the script of the page by what is in them, and nothing else.
func contentPolicy(style, script string) string {
	sum := func(text string) string {
		h := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
	}
	return "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src " + sum(style) + "; script-src " + sum(script)
}

// phrases splits a sentence at its backquotes.
func phrases(text string) []phrase {
	var all []phrase
	for i, part := range strings.Split(clean(text), "`") {
		if part != "" {
			all = append(all, phrase{part, i%2 == 1})
		}
	}
	return all
}
