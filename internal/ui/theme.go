package ui

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// role is what a piece of text is to the reader. Colour only repeats what a word or a symbol says.
type role int

const (
	body role = iota
	heading
	good
	bad
	warn
	muted
	accent
	add
	change
	replace
	remove
	waiting   // jobs that no worker has taken
	running   // jobs under work
	serving   // instances in service that are wanted
	launching // instances that are wanted and not yet in service
	leaving   // instances in service that are no longer wanted
	roles
)

// theme is the look of each role. It keeps to the sixteen colours whose shades the user has chosen,
// so that it needs not ask the terminal for its background.
type theme [roles]lipgloss.Style

func newTheme(w io.Writer, color bool) *theme {
	profile := termenv.Ascii
	if color {
		profile = termenv.ANSI
	}
	r := lipgloss.NewRenderer(w, termenv.WithProfile(profile))
	r.SetColorProfile(profile)
	foreground := func(c string) lipgloss.Style { return r.NewStyle().Foreground(lipgloss.Color(c)) }
	return &theme{
		body:    r.NewStyle(),
		heading: r.NewStyle().Bold(true),
		good:    foreground("2"),
		bad:     foreground("1").Bold(true),
		warn:    foreground("3"),
		muted:   r.NewStyle().Faint(true),
		accent:  foreground("6"),
		add:     foreground("2"),
		change:  foreground("3"),
		replace: foreground("5"),
		remove:  foreground("1"),
		waiting: foreground("12"), running: foreground("6"),
		serving: foreground("2"), launching: foreground("6"), leaving: foreground("5"),
	}
}

// symbols are the signs of a place: each is one cell wide.
type symbols struct {
	good, bad, warn, pending, skipped, stopped string
	ellipsis                                   string
	full, half, empty                          string // of a bar
	spinner                                    []string
	chart                                      chartSymbols
}

// chartSymbols are what a chart is drawn with.
type chartSymbols struct {
	solid           string
	eighths         []string // of a solid cell, from one to seven; none where there are only whole cells
	medium, light   string   // shades
	alarm, ok, none string   // the states of an alarm
	side, mark      string   // the axis on the left, and at a label
	floor, tick     string   // the axis below, and at a label
	corner, first   string   // where both meet, without and with a label
}

func newSymbols(unicode bool) *symbols {
	if !unicode {
		return &symbols{
			good: "+", bad: "x", warn: "!", pending: ".", skipped: "-", stopped: "!",
			ellipsis: "~", full: "#", half: "+", empty: ".",
			spinner: []string{"|", "/", "-", "\\"},
			chart: chartSymbols{
				solid: "#", medium: "+", light: "o", alarm: "#", ok: "-", none: ".",
				side: "|", mark: "+", floor: "-", tick: "+", corner: "+", first: "+",
			},
		}
	}
	return &symbols{
		good: "✓", bad: "✗", warn: "!", pending: "·", skipped: "-", stopped: "!",
		ellipsis: "…", full: "█", half: "▒", empty: "░",
		spinner: []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"},
		chart: chartSymbols{
			solid: "█", eighths: []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇"},
			medium: "▒", light: "░", alarm: "▆", ok: "─", none: "·",
			side: "│", mark: "┤", floor: "─", tick: "┬", corner: "└", first: "├",
		},
	}
}
