package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/scanner"
	"unicode/utf8"
)

// Metric math, as far as it is arithmetic, comparison, logic and the functions of mathFunctions.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html

// expression is a parsed formula.
type expression interface {
	// names adds the IDs that the expression is made of.
	names(ids []string) []string
	eval(e *mathEnv) (mathValue, error)
}

type (
	mathNumber   float64
	mathName     string
	mathList     []expression
	mathNegative struct{ of expression }
	mathBinary   struct {
		operator    string
		left, right expression
	}
	mathCall struct {
		function  string
		arguments []expression
	}
)

func (mathNumber) names(ids []string) []string     { return ids }
func (n mathName) names(ids []string) []string     { return append(ids, string(n)) }
func (n mathNegative) names(ids []string) []string { return n.of.names(ids) }
func (l mathList) names(ids []string) []string {
	for _, item := range l {
		ids = item.names(ids)
	}
	return ids
}
func (b mathBinary) names(ids []string) []string { return b.right.names(b.left.names(ids)) }
func (c mathCall) names(ids []string) []string   { return mathList(c.arguments).names(ids) }

// mathParser reads an expression from left to right. Its first fault ends it.
type mathParser struct {
	scanner.Scanner
	token string // "" at the end
	kind  rune
	fault error
}

// maxExpression is CloudWatch's bound, in characters. It bounds how deep brackets can be, too.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
const maxExpression = 2048

func parseMath(text string) (expression, error) {
	if n := utf8.RuneCountInString(text); n > maxExpression {
		return nil, fmt.Errorf("an expression has at most %d characters, and this one %d", maxExpression, n)
	}
	p := &mathParser{}
	p.Init(strings.NewReader(text))
	p.Mode = scanner.ScanIdents | scanner.ScanFloats | scanner.ScanInts
	p.Error = func(_ *scanner.Scanner, message string) { p.fail("%s", message) }
	p.next()
	e := p.binary(0)
	if p.fault == nil && p.kind != scanner.EOF {
		p.fail("unexpected %q", p.token)
	}
	return e, p.fault
}

func (p *mathParser) fail(format string, args ...any) {
	if p.fault == nil {
		p.fault = fmt.Errorf(format, args...)
	}
}

// next reads a token; operators of two characters are one.
func (p *mathParser) next() {
	p.kind = p.Scan()
	p.token = p.TokenText()
	two := p.token + string(p.Peek())
	if slices.Contains([]string{"<=", ">=", "==", "!=", "&&", "||"}, two) {
		p.Scan()
		p.token = two
	}
}

func (p *mathParser) take(token string) bool {
	if p.kind == scanner.EOF || p.token != token {
		return false
	}
	p.next()
	return true
}

func (p *mathParser) want(token string) {
	if !p.take(token) {
		p.fail("%q is missing", token)
	}
}

// mathLevels are the operators, the loosest first.
func mathLevels() [][]string {
	return [][]string{{"OR", "||"}, {"AND", "&&"}, {"==", "!=", "<", "<=", ">", ">="}, {"+", "-"}, {"*", "/"}, {"^"}}
}

func (p *mathParser) binary(level int) expression {
	levels := mathLevels()
	if level == len(levels) {
		return p.unary()
	}
	left := p.binary(level + 1)
	for p.fault == nil && slices.Contains(levels[level], strings.ToUpper(p.token)) {
		operator := strings.ToUpper(p.token)
		p.next()
		left = mathBinary{operator, left, p.binary(level + 1)}
	}
	return left
}

func (p *mathParser) unary() expression {
	token, kind := p.token, p.kind
	switch {
	case p.fault != nil:
		return mathNumber(0)
	case p.take("-"):
		return mathNegative{p.unary()}
	case p.take("+"):
		return p.unary()
	case p.take("("):
		e := p.binary(0)
		p.want(")")
		return e
	case p.take("["):
		return mathList(p.items("]"))
	case kind == scanner.Int || kind == scanner.Float:
		p.next()
		x, err := strconv.ParseFloat(token, 64)
		if err != nil {
			p.fail("%q is no number", token)
		}
		return mathNumber(x)
	case kind == scanner.Ident:
		p.next()
		if p.take("(") {
			return p.call(strings.ToUpper(token))
		}
		return mathName(token)
	}
	p.fail("a value is missing where %s stands", map[bool]string{true: "the end", false: strconv.Quote(token)}[kind == scanner.EOF])
	return mathNumber(0)
}

// items reads expressions up to a closing bracket.
func (p *mathParser) items(closing string) []expression {
	var list []expression
	for p.fault == nil && !p.take(closing) {
		if len(list) > 0 {
			p.want(",")
		}
		list = append(list, p.binary(0))
	}
	return list
}

func (p *mathParser) call(function string) expression {
	arguments := p.items(")")
	f, ok := mathFunctions()[function]
	switch {
	case p.fault != nil:
	case !ok:
		p.fail("the sandbox does not have the function %s", function)
	case len(arguments) < f.least || len(arguments) > f.most:
		p.fail("%s takes %d to %d arguments", function, f.least, f.most)
	}
	return mathCall{function, arguments}
}
