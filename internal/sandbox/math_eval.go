package sandbox

import (
	"fmt"
	"math"

	"github.com/eventscale/eventscale/internal/loop"
)

// mathEnv is what an expression is evaluated in: a row of instants, and the metrics by their IDs.
type mathEnv struct {
	n       int // instants
	period  float64
	lookup  func(id string) ([]loop.Datapoint, error)
	metrics []string // the IDs of the metrics, without expressions: METRICS()
}

// mathValue is a number, a row of datapoints or a list of rows.
type mathValue struct {
	number float64
	points []loop.Datapoint // nil for a number
	list   []mathValue
}

func (v mathValue) isRow() bool { return v.points != nil }

// at is the value at an instant; a number is the same at all.
func (v mathValue) at(i int) loop.Datapoint {
	if v.isRow() {
		return v.points[i]
	}
	return loop.Datapoint{Value: v.number, Real: true}
}

// evalMath evaluates an expression to one row.
func evalMath(e expression, env *mathEnv) ([]loop.Datapoint, error) {
	v, err := e.eval(env)
	switch {
	case err != nil:
		return nil, err
	case v.list != nil:
		return nil, fmt.Errorf("the expression makes %d time series, and here is room for one", len(v.list))
	case !v.isRow():
		return nil, fmt.Errorf("the expression is a number and no time series")
	}
	return v.points, nil
}

func (n mathNumber) eval(*mathEnv) (mathValue, error) { return mathValue{number: float64(n)}, nil }

func (n mathName) eval(e *mathEnv) (mathValue, error) {
	points, err := e.lookup(string(n))
	return mathValue{points: points}, err
}

func (l mathList) eval(e *mathEnv) (mathValue, error) {
	v := mathValue{list: []mathValue{}}
	for _, item := range l {
		x, err := item.eval(e)
		if err != nil {
			return v, err
		}
		v.list = append(v.list, x)
	}
	return v, nil
}

func (n mathNegative) eval(e *mathEnv) (mathValue, error) {
	v, err := n.of.eval(e)
	if err != nil {
		return v, err
	}
	return e.each([]mathValue{v}, func(p []loop.Datapoint) loop.Datapoint { return loop.Datapoint{Value: -p[0].Value, Real: p[0].Real} })
}

func (b mathBinary) eval(e *mathEnv) (mathValue, error) {
	left, err := b.left.eval(e)
	if err != nil {
		return left, err
	}
	right, err := b.right.eval(e)
	if err != nil {
		return right, err
	}
	return e.each([]mathValue{left, right}, func(p []loop.Datapoint) loop.Datapoint {
		x, y := p[0], p[1]
		switch { // a number is there only where the row beside it is
		case right.isRow() && !left.isRow() && left.list == nil:
			x.Real = y.Real
		case !right.isRow() && right.list == nil && (left.isRow() || left.list != nil):
			y.Real = x.Real
		}
		return operate(b.operator, x, y)
	})
}

func (c mathCall) eval(e *mathEnv) (mathValue, error) {
	arguments := make([]mathValue, len(c.arguments))
	for i, argument := range c.arguments {
		var err error
		if arguments[i], err = argument.eval(e); err != nil {
			return mathValue{}, err
		}
	}
	return mathFunctions()[c.function].apply(e, arguments)
}

// each computes instant by instant. A list is computed item by item. Numbers alone make a number.
func (e *mathEnv) each(values []mathValue, f func([]loop.Datapoint) loop.Datapoint) (mathValue, error) {
	at := make([]loop.Datapoint, len(values))
	if values[0].list != nil {
		out := mathValue{list: []mathValue{}}
		for _, item := range values[0].list {
			v, err := e.each(append([]mathValue{item}, values[1:]...), f)
			if err != nil {
				return v, err
			}
			out.list = append(out.list, v)
		}
		return out, nil
	}
	rows := false
	for _, v := range values {
		if v.list != nil {
			return v, fmt.Errorf("a list of time series is not expected here")
		}
		rows = rows || v.isRow()
	}
	if !rows {
		for i, v := range values {
			at[i] = v.at(0)
		}
		return mathValue{number: f(at).Value}, nil
	}
	out := mathValue{points: make([]loop.Datapoint, e.n)}
	for k := range out.points {
		for i, v := range values {
			at[i] = v.at(k)
		}
		out.points[k] = f(at)
	}
	return out, nil
}

// operate applies an operator at one instant. Arithmetic takes a missing operand for 0 where the other is
// there; a division by zero makes no datapoint. Comparison and logic of what is missing make none.
func operate(operator string, a, b loop.Datapoint) loop.Datapoint {
	x, y := a.Value, b.Value
	result := loop.Datapoint{Real: a.Real || b.Real}
	switch operator {
	case "+":
		result.Value = x + y
	case "-":
		result.Value = x - y
	case "*":
		result.Value = x * y
	case "/":
		result.Value = x / y
		result.Real = result.Real && y != 0
	case "^":
		result.Value = math.Pow(x, y)
	default:
		return loop.Datapoint{Value: truth(compare(operator, x, y)), Real: a.Real && b.Real}
	}
	if !result.Real || math.IsNaN(result.Value) || math.IsInf(result.Value, 0) {
		return loop.Datapoint{}
	}
	return result
}

func compare(operator string, x, y float64) bool {
	switch operator {
	case "==":
		return x == y
	case "!=":
		return x != y
	case "<":
		return x < y
	case "<=":
		return x <= y
	case ">":
		return x > y
	case ">=":
		return x >= y
	case "AND", "&&":
		return x != 0 && y != 0
	default:
		return x != 0 || y != 0
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
