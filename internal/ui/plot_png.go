package ui

import (
	"encoding/hex"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// pngScale is how many pixels of a PNG a pixel of the scene has: sharp on the screens of today.
const pngScale = 2

// raster is a scene being drawn as pixels.
type raster struct {
	image *image.RGBA
	inks  [pens]ink
	faces [pens]font.Face // of what has letters
}

// png writes the scene as a PNG on white paper.
func (s *scene) png(w io.Writer) error {
	r := &raster{inks: inks(), image: image.NewRGBA(image.Rect(0, 0, int(s.width*pngScale), int(s.height*pngScale)))}
	if err := r.open(); err != nil {
		return err
	}
	draw.Draw(r.image, r.image.Bounds(), r.color(penPaper), image.Point{}, draw.Src)
	for _, g := range s.groups {
		for _, h := range g.shapes {
			r.shape(&h)
		}
	}
	return png.Encode(w, r.image)
}

// open makes the fonts ready.
func (r *raster) open() error {
	for l := range r.inks {
		i := &r.inks[l]
		if i.size == 0 {
			continue
		}
		data := goregular.TTF
		if i.bold {
			data = gobold.TTF
		}
		parsed, err := opentype.Parse(data)
		if err != nil {
			return err
		}
		r.faces[l], err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: i.size * pngScale, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *raster) color(l pen) *image.Uniform {
	rgb, err := hex.DecodeString(strings.TrimPrefix(r.inks[l].light, "#"))
	if err != nil || len(rgb) != 3 {
		return image.Black
	}
	return image.NewUniform(color.RGBA{rgb[0], rgb[1], rgb[2], 0xff})
}

func (r *raster) shape(h *shape) {
	if h.text != "" {
		r.text(h)
		return
	}
	areas := h.paths
	if width := r.inks[h.pen].stroke; width > 0 {
		areas = strokes(h.paths, width)
	}
	bounds := bounds(areas).Intersect(r.image.Bounds()) // a rasterizer of the whole picture would take most of the time
	if bounds.Empty() {
		return
	}
	v := vector.NewRasterizer(bounds.Dx(), bounds.Dy())
	for _, area := range areas {
		fill(v, area, bounds.Min)
	}
	v.Draw(r.image, bounds, r.color(h.pen), image.Point{})
}

// strokes returns a box for each piece of the lines. All turn the same way, so that where they overlap
// nothing is cut out.
func strokes(lines [][]point, width float64) [][]point {
	var boxes [][]point
	for _, line := range lines {
		for i, b := range line[1:] {
			a := line[i]
			x, y := min(a.x, b.x)-width/2, min(a.y, b.y)-width/2
			boxes = append(boxes, box(x, y, max(a.x, b.x)+width/2-x, max(a.y, b.y)+width/2-y))
		}
	}
	return boxes
}

// bounds are the pixels that areas touch.
func bounds(areas [][]point) image.Rectangle {
	var all image.Rectangle
	for _, area := range areas {
		for _, p := range area {
			x, y := int(math.Floor(p.x*pngScale)), int(math.Floor(p.y*pngScale))
			all = all.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return all
}

// fill adds an area to a rasterizer that begins at a pixel of the picture.
func fill(v *vector.Rasterizer, area []point, from image.Point) {
	for i, p := range area {
		x, y := float32(p.x*pngScale)-float32(from.X), float32(p.y*pngScale)-float32(from.Y)
		if i == 0 {
			v.MoveTo(x, y)
		} else {
			v.LineTo(x, y)
		}
	}
	v.ClosePath()
}

func (r *raster) text(h *shape) {
	d := font.Drawer{Dst: r.image, Src: r.color(h.pen), Face: r.faces[h.pen]}
	x := fixed.Int26_6(h.at.x * pngScale * 64)
	switch h.anchor {
	case middle:
		x -= d.MeasureString(h.text) / 2
	case end:
		x -= d.MeasureString(h.text)
	}
	d.Dot = fixed.Point26_6{X: x, Y: fixed.Int26_6(h.at.y * pngScale * 64)}
	d.DrawString(h.text)
}
