package ui

import (
	"fmt"
	"io"
	"strings"

	"github.com/eventscale/eventscale/internal/simulation"
)

// Plot draws a report as a picture: a panel a policy, all to the same scale. The format is "svg" or "png".
func Plot(w io.Writer, format string, r *simulation.Report) error {
	s := picture(r)
	switch format {
	case "svg":
		_, err := io.WriteString(w, s.svg())
		return err
	case "png":
		return s.png(w)
	}
	return fmt.Errorf("%q is no format of a picture: it must be svg or png", format)
}

// Measures of a whole picture, in pixels at its natural size.
const (
	pictureMargin = 28.
	panelWidth    = 660.
	soloWidth     = 940. // of a panel that has no neighbour
	panelTitle    = 24.
	belowPanel    = 22.
	headHeight    = 96. // title, two lines about the workload and the group, and the legend
	mostInColumn  = 3   // panels that stand below each other before a second column begins
)

// picture lays the panels out: one column of wide ones, or two columns where there are many.
func picture(r *simulation.Report) *scene {
	all := scalesOf(r.Outcomes)
	columns, width := 1, soloWidth
	if len(r.Outcomes) > mostInColumn {
		columns, width = 2, panelWidth
	}
	rows := (len(r.Outcomes) + columns - 1) / columns
	row := panelTitle + all.panelHeight() + belowPanel
	s := &scene{
		width:  2*pictureMargin + float64(columns)*width + float64(columns-1)*pictureMargin,
		height: 2*pictureMargin + headHeight + float64(rows)*row - belowPanel,
	}
	s.head(r)
	for i := range r.Outcomes {
		x := pictureMargin + float64(i%columns)*(width+pictureMargin)
		y := pictureMargin + headHeight + float64(i/columns)*row
		s.panel(point{x, y + panelTitle}, width, all, &r.Outcomes[i])
		s.write(penText, point{x, y + 12}, start, r.Outcomes[i].Name)
		s.write(penMuted, point{x + width - rightMargin, y + 12}, end, strings.Join(figures(&r.Outcomes[i]), " · "))
	}
	return s
}

// head says what is shown, and how it is to be read.
func (s *scene) head(r *simulation.Report) {
	s.begin("about")
	s.write(penTitle, point{pictureMargin, pictureMargin + 14}, start, elide(r.Workload.Name, 80))
	s.write(penMuted, point{pictureMargin, pictureMargin + 36}, start, workloadLine(&r.Workload))
	s.write(penMuted, point{pictureMargin, pictureMargin + 52}, start, groupLine(&r.Group))
	x := pictureMargin
	for _, k := range keys() {
		x = s.key(x, pictureMargin+76, k)
	}
}
