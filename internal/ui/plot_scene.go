package ui

// pen is what a shape of a picture is to the reader, as a role is in a terminal.
type pen int

const (
	penPaper pen = iota
	penGrid
	penAxis
	penWaiting
	penRunning
	penServing
	penDesired
	penAlarm
	penOK
	penUnknown
	penTitle
	penText
	penMuted
	pens
)

// ink is how a pen is drawn. The hues are those of Okabe and Ito, which people who see fewer colours
// can tell apart too; what stands next to each other also differs in lightness or in shape.
type ink struct {
	class       string
	light, dark string  // #rrggbb, on white paper and on black
	stroke      float64 // width of its lines; 0 for what is filled
	size        float64 // of its letters
	bold        bool
}

func inks() [pens]ink {
	return [pens]ink{
		penPaper:   {class: "paper", light: "#ffffff", dark: "#14181c"},
		penGrid:    {class: "grid", light: "#e4e8eb", dark: "#2b3238", stroke: 1},
		penAxis:    {class: "axis", light: "#7d8891", dark: "#6f7b85", stroke: 1},
		penWaiting: {class: "waiting", light: "#0072b2", dark: "#3d9fdd"},
		penRunning: {class: "running", light: "#a9d3ee", dark: "#27648c"},
		penServing: {class: "serving", light: "#9fdcc6", dark: "#17604a"},
		penDesired: {class: "desired", light: "#00503a", dark: "#8fe3c6", stroke: 1.5},
		penAlarm:   {class: "alarm", light: "#d55e00", dark: "#f08a3c"},
		penOK:      {class: "ok", light: "#98a3ab", dark: "#5f6b75", stroke: 1.5},
		penUnknown: {class: "unknown", light: "#98a3ab", dark: "#76828c"},
		penTitle:   {class: "title", light: "#161b1f", dark: "#eef1f3", size: 18, bold: true},
		penText:    {class: "text", light: "#161b1f", dark: "#eef1f3", size: 13, bold: true},
		penMuted:   {class: "muted", light: "#55606a", dark: "#a4afb8", size: 11},
	}
}

// point is a place in a picture, from its upper left corner.
type point struct{ x, y float64 }

// anchor is which end of a text stands at its place.
type anchor int

const (
	start anchor = iota
	middle
	end
)

// shape is one thing that is drawn: a text, lines, or areas. All lines and edges are level or upright.
type shape struct {
	pen    pen
	paths  [][]point // each a line, or the edge of an area if the pen has no stroke
	text   string
	at     point // of the text: its baseline
	anchor anchor
}

// scene is what is drawn, the first thing lowest. It is the one source of a picture in every format.
type scene struct {
	width, height float64
	groups        []group
}

// group is shapes that belong together, and what they show, for who cannot see it.
type group struct {
	name   string
	shapes []shape
}

// begin starts a group: what is drawn next belongs to it.
func (s *scene) begin(name string) { s.groups = append(s.groups, group{name: name}) }

func (s *scene) add(h shape) {
	g := &s.groups[len(s.groups)-1]
	g.shapes = append(g.shapes, h)
}

func (s *scene) line(l pen, points ...point) { s.add(shape{pen: l, paths: [][]point{points}}) }

func (s *scene) write(l pen, at point, a anchor, text string) {
	s.add(shape{pen: l, at: at, anchor: a, text: clean(text)})
}

// box is the edge of an upright rectangle.
func box(x, y, w, h float64) []point {
	return []point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}
}
