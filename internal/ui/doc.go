// Package ui turns events, plans and reports into text: for a terminal, for a pipe, and as JSON.
//
// It knows how things look: colours, widths, symbols, alignment, and how to keep what strangers wrote
// (names, messages of AWS) from steering the terminal. It knows no AWS call, no command and no flag,
// and decides nothing: the verdicts that it shows were reached elsewhere.
//
// A renderer is a function from a value to an *Output, which knows the width, the colours and the
// symbols of the place where its text goes. Renderers of JSON take a plain io.Writer. All of them
// return the writer's error; only progress, which is advice and no result, drops it.
package ui
