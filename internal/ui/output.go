package ui

import (
	"io"
	"runtime"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/muesli/termenv"
)

// Output is a place where text goes, and what that place can show.
type Output struct {
	w       io.Writer
	size    func() (width, height int) // 0 where there is no bound
	live    bool
	theme   *theme
	symbols *symbols
}

// NewOutput looks at a stream and the environment. Colours are for terminals that know them, unless
// noColor or NO_COLOR says no, or CLICOLOR_FORCE says yes; symbols beyond ASCII are for UTF-8 locales.
func NewOutput(w io.Writer, env func(string) string, noColor bool) *Output {
	capable := IsTerminal(w) && !dumb(env, runtime.GOOS)
	if capable {
		_, err := termenv.EnableVirtualTerminalProcessing(termenv.NewOutput(w))
		capable = err == nil
	}
	return &Output{
		w:       w,
		size:    sizeOf(w, env),
		live:    capable,
		theme:   newTheme(w, wantsColor(env, capable, noColor)),
		symbols: newSymbols(wantsUnicode(env, runtime.GOOS)),
	}
}

// Fixed is a place whose abilities are given, not found out.
type Fixed struct {
	Width, Height int // in cells; 0 means no bound
	Color         bool
	Unicode       bool
	Interactive   bool
}

// NewFixedOutput returns an output of those abilities.
func NewFixedOutput(w io.Writer, f Fixed) *Output {
	return &Output{
		w:       w,
		size:    func() (int, int) { return f.Width, f.Height },
		live:    f.Interactive,
		theme:   newTheme(w, f.Color),
		symbols: newSymbols(f.Unicode),
	}
}

// Interactive reports whether a person at a terminal sees the text, and the cursor can be moved.
func (o *Output) Interactive() bool { return o.live }

// Width returns the columns there are now, and 0 where nothing bounds them.
func (o *Output) Width() int {
	width, _ := o.size()
	return width
}

// Write writes bytes as they are.
func (o *Output) Write(p []byte) (int, error) { return o.w.Write(p) }

// IsTerminal reports whether a stream, such as os.Stdin, is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(f.Fd())
}

// sizeOf measures anew at each call, since a terminal can be resized. Without a terminal COLUMNS
// bounds the width (watch sets it), and else nothing does: what a program reads is never cut.
func sizeOf(w io.Writer, env func(string) string) func() (int, int) {
	columns, err := strconv.Atoi(env("COLUMNS"))
	if err != nil || columns < 0 {
		columns = 0
	}
	if !IsTerminal(w) {
		return func() (int, int) { return columns, 0 }
	}
	fd := w.(interface{ Fd() uintptr }).Fd()
	return func() (int, int) {
		width, height, err := term.GetSize(fd)
		if err != nil || width <= 0 {
			return max(columns, 80), 24
		}
		return width, height
	}
}

// dumb reports whether the terminal has no control sequences. Windows terminals set no TERM.
func dumb(env func(string) string, goos string) bool {
	name := env("TERM")
	return name == "dumb" || name == "" && goos != "windows"
}

// wantsColor follows https://no-color.org and https://bixense.com/clicolors.
func wantsColor(env func(string) string, capable, noColor bool) bool {
	switch {
	case noColor, env("NO_COLOR") != "":
		return false
	case env("CLICOLOR_FORCE") != "" && env("CLICOLOR_FORCE") != "0":
		return true
	}
	return capable && env("CLICOLOR") != "0"
}

// wantsUnicode looks at the locale as POSIX does. The font of the Linux console lacks our symbols.
func wantsUnicode(env func(string) string, goos string) bool {
	if env("TERM") == "linux" {
		return false
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(env(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return goos == "windows" && env("WT_SESSION") != ""
}
