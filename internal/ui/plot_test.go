package ui

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
)

// drawn is what was found in an SVG document.
type drawn struct {
	texts []string
	paths map[string]map[string]string // by the name of the group, by class
	size  [2]string
}

func readSVG(t *testing.T, document []byte) drawn {
	t.Helper()
	d := drawn{paths: map[string]map[string]string{}}
	group := ""
	for decoder := xml.NewDecoder(bytes.NewReader(document)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return d
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			attributes := map[string]string{}
			for _, a := range token.Attr {
				attributes[a.Name.Local] = a.Value
			}
			switch token.Name.Local {
			case "svg":
				d.size = [2]string{attributes["width"], attributes["height"]}
			case "g":
				group = attributes["aria-label"]
				d.paths[group] = map[string]string{}
			case "path":
				if group != "" {
					d.paths[group][attributes["class"]] += attributes["d"]
				}
			}
		case xml.CharData:
			d.texts = append(d.texts, string(token))
		}
	}
}

func plotted(t *testing.T, format string, r *simulation.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Plot(&b, format, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestThePictureHoldsEverySeriesOfEveryPolicy(t *testing.T) {
	r := burst(t)
	d := readSVG(t, plotted(t, "svg", r))
	for _, o := range r.Outcomes {
		if !slices.Contains(d.texts, o.Name) {
			t.Errorf("%s is not named", o.Name)
		}
		for _, class := range []string{"waiting", "running", "serving", "desired", "alarm", "ok", "unknown", "grid"} {
			if len(d.paths[o.Name][class]) < len("M0 0H1") {
				t.Errorf("%s has no path for %s, but %v", o.Name, class, slices.Sorted(maps.Keys(d.paths[o.Name])))
			}
			area := slices.Contains([]string{"waiting", "running", "serving", "alarm", "unknown"}, class)
			if closed := strings.HasSuffix(d.paths[o.Name][class], "Z"); closed != area {
				t.Errorf("%s: whether the path for %s is closed is %v", o.Name, class, closed)
			}
		}
		if p95 := "wait p95 " + millis(o.Totals.Wait.P95); !slices.ContainsFunc(d.texts, func(s string) bool { return strings.Contains(s, p95) }) {
			t.Errorf("%s does not say %q", o.Name, p95)
		}
	}
	if !slices.Contains(d.texts, "burst.csv") {
		t.Errorf("the workload is not named: %q", d.texts)
	}
}

func TestAPictureInPixelsHasTheSizeOfTheOneInLines(t *testing.T) {
	r := burst(t)
	image, err := png.Decode(bytes.NewReader(plotted(t, "png", r)))
	if err != nil {
		t.Fatal(err)
	}
	size := image.Bounds().Size()
	got := [2]string{fmt.Sprint(size.X / pngScale), fmt.Sprint(size.Y / pngScale)}
	if want := readSVG(t, plotted(t, "svg", r)).size; got != want {
		t.Errorf("%v, not %v", got, want)
	}
	seen := map[color.Color]int{}
	for y := range size.Y {
		for x := range size.X {
			seen[image.At(x, y)]++
		}
	}
	rgb := func(hex string) color.Color {
		c := color.RGBA{A: 0xff}
		if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &c.R, &c.G, &c.B); err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, p := range []pen{penPaper, penGrid, penWaiting, penRunning, penServing, penDesired, penAlarm, penOK, penUnknown, penTitle, penMuted} {
		if ink := inks()[p]; seen[rgb(ink.light)] < 20 {
			t.Errorf("only %d pixels are %s (%s)", seen[rgb(ink.light)], ink.light, ink.class)
		}
	}
}

// oddReport is a policy for each odd series.
func oddReport() *simulation.Report {
	r := &simulation.Report{Workload: simulation.Workload{Name: "odd"}}
	series := oddSeries()
	for _, name := range slices.Sorted(maps.Keys(series)) {
		r.Outcomes = append(r.Outcomes, simulation.Outcome{Name: name, Series: series[name]})
	}
	return r
}

func TestAnySeriesCanBeDrawn(t *testing.T) {
	all := oddReport()
	reports := []*simulation.Report{{}, all}
	for _, o := range all.Outcomes {
		reports = append(reports, &simulation.Report{Outcomes: []simulation.Outcome{o}})
	}
	for _, r := range reports {
		document := plotted(t, "svg", r)
		if bytes.Contains(document, []byte("NaN")) || bytes.Contains(document, []byte("Inf")) {
			t.Errorf("%d policies: not a number", len(r.Outcomes))
		}
		d := readSVG(t, document)
		for _, o := range r.Outcomes {
			if drawn := d.paths[o.Name]["waiting"] != ""; drawn != (len(o.Series) > 0) {
				t.Errorf("%s: drawn is %v", o.Name, drawn)
			}
		}
		if _, err := png.Decode(bytes.NewReader(plotted(t, "png", r))); err != nil {
			t.Error(err)
		}
	}
}

func TestAnUnknownFormatIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	var b bytes.Buffer
	if err := Plot(&b, "gif", burst(t)); err == nil || !strings.Contains(err.Error(), `"gif"`) || b.Len() > 0 {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
}

func TestNamesInAPictureAreOnlyText(t *testing.T) {
	const name = `<script>"&'</script>` + evil + "\ufffe"
	r := poisoned(*burst(t))
	r.Workload.Name, r.Outcomes[0].Name = name, name
	for _, row := range r.Outcomes[0].Series {
		clear(row.Alarms)
		row.Alarms[name] = loop.StateAlarm
	}
	document := plotted(t, "svg", &r)
	if d := readSVG(t, document); !slices.ContainsFunc(d.texts, func(s string) bool { return strings.HasPrefix(s, `<script>"&'</script>evil`) }) {
		t.Errorf("the name is not there: %q", d.texts)
	}
	if bytes.Contains(document, []byte("<script")) || bytes.ContainsFunc(bytes.ReplaceAll(document, []byte("\n"), nil), steers) {
		t.Error("a name is more than text")
	}
	plotted(t, "png", &r)
}

func TestPanelsShareTheirScales(t *testing.T) {
	r := burst(t)
	r.Outcomes = append(r.Outcomes, simulation.Outcome{Name: "low", Series: []loop.Row{{Minute: 1, Visible: 1, Desired: 1, InService: 1}}})
	d := readSVG(t, plotted(t, "svg", r))
	if a, b := d.paths["low"]["grid"], d.paths["safe"]["grid"]; strings.Count(a, "M") != strings.Count(b, "M") || a == "" {
		t.Errorf("%q\n%q", a, b)
	}
}

func TestAFramePutsValuesWhereTheyBelong(t *testing.T) {
	f := frame{x: 10, y: 20, w: 100, h: 50, minutes: 50, top: 10}
	got := []float64{f.atValue(0), f.atValue(5), f.atValue(10), f.atMinute(0), f.atMinute(25), f.atMinute(50), f.atBin(1, 4)}
	if want := []float64{70, 45, 20, 10, 60, 110, 35}; !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	line := f.steps([]int{1, 1, 3}, 4)
	if want := []point{{10, 65}, {60, 65}, {60, 55}, {85, 55}}; !slices.Equal(line, want) {
		t.Errorf("%v, not %v", line, want)
	}
	if got, want := pathData([][]point{f.under(line)}, true), "M10 70V65H60V55H85V70Z"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

func TestAnAreaIsAtItsPlaceInPixels(t *testing.T) {
	full := simulation.Outcome{Series: []loop.Row{{Minute: 1, Visible: 1, Desired: 1, InService: 1}}}
	image, err := png.Decode(bytes.NewReader(plotted(t, "png", &simulation.Report{Outcomes: []simulation.Outcome{full, full}})))
	if err != nil {
		t.Fatal(err)
	}
	row := panelTitle + scalesOf([]simulation.Outcome{full}).panelHeight() + belowPanel
	left, jobs := pictureMargin+gutterWidth, pictureMargin+headHeight+panelTitle+overhang
	instances := jobs + jobsHeight + betweenFrames
	for _, c := range []struct {
		x, y float64
		pen  pen
	}{
		{left + 5, jobs + 5, penWaiting}, {left + 5, row + jobs + jobsHeight - 5, penWaiting}, {left - 5, jobs + 60, penPaper},
		{left + 300, instances + 5, penServing}, {left + 300, row + instances + instancesHeight - 5, penServing},
	} {
		r, g, b, _ := image.At(int(c.x*pngScale), int(c.y*pngScale)).RGBA()
		if got := fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8); got != inks()[c.pen].light {
			t.Errorf("at %v, %v: %s, not %s", c.x, c.y, got, inks()[c.pen].light)
		}
	}
}
