// Package yamltree parses YAML that is no larger and no deeper than a file that somebody wrote by hand. It knows
// nothing of what the file says.
package yamltree

import (
	"fmt"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What a file may be at most. The parser's work grows with the square of what it is given, and its stack with
// the depth.
const (
	MaxBytes  = 64 << 10
	maxTokens = 10_000
	maxDepth  = 8 // of lists and mappings in each other
)

// BoundError says that a file is beyond a bound, and where it gets there.
type BoundError struct {
	Line    int // from 1; 0 where the whole file is too large
	Problem string
}

func (e *BoundError) Error() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Problem)
}

// Parse returns the tree of a file. Its errors are *[BoundError]s and the parser's own.
func Parse(data []byte, mode parser.Mode) (*ast.File, error) {
	if len(data) > MaxBytes {
		return nil, &BoundError{Problem: fmt.Sprintf("the file is larger than %d bytes", MaxBytes)}
	}
	tokens := lexer.Tokenize(string(data))
	if len(tokens) > maxTokens {
		return nil, &BoundError{tokens[maxTokens].Position.Line, fmt.Sprintf("the file has more than %d words and signs", maxTokens)}
	}
	if t := tooDeep(tokens); t != nil {
		return nil, &BoundError{t.Position.Line, fmt.Sprintf("lists and mappings stand in each other more than %d deep", maxDepth)}
	}
	return parser.Parse(tokens, mode)
}

// marks are the tokens that can follow one another without a value between them.
var marks = []token.Type{
	token.SequenceEntryType, token.MappingKeyType, token.MappingValueType, token.TagType, token.AnchorType, token.AliasType, token.MergeKeyType,
}

// tooDeep returns the token that is in more brackets, or behind more marks, than a file has.
func tooDeep(tokens token.Tokens) *token.Token {
	brackets, run := 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		}
		run++
		if !slices.Contains(marks, t.Type) {
			run = 0
		}
		if max(brackets, run) > maxDepth {
			return t
		}
	}
	return nil
}
