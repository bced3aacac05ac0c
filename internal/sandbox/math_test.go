package sandbox

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
)

// points reads "1 - 3": a missing datapoint is a dash.
func pointsOf(text string) []loop.Datapoint {
	var points []loop.Datapoint
	for _, word := range strings.Fields(text) {
		var p loop.Datapoint
		if _, err := fmt.Sscan(word, &p.Value); err == nil {
			p.Real = true
		}
		points = append(points, p)
	}
	return points
}

func textOf(points []loop.Datapoint) string {
	var words []string
	for _, p := range points {
		if p.Real {
			words = append(words, decimal(p.Value))
		} else {
			words = append(words, "-")
		}
	}
	return strings.Join(words, " ")
}

// The rules for missing datapoints are those of
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
func TestMetricMathFollowsTheRules(t *testing.T) {
	metrics := map[string]string{"a": "1 2 - 12 -", "b": "2 0 4 - -", "c": "1 0 1 0 -"}
	env := &mathEnv{n: 5, period: 60, metrics: []string{"a", "b"}, lookup: func(id string) ([]loop.Datapoint, error) {
		text, ok := metrics[id]
		if !ok {
			return nil, fmt.Errorf("no metric %s", id)
		}
		return pointsOf(text), nil
	}}
	for _, tt := range []struct{ expression, want string }{
		{"a + b", "3 2 4 12 -"}, // what is missing is 0 where the other is there
		{"a - b", "-1 2 -4 12 -"},
		{"a * b", "2 0 0 0 -"},
		{"a / b", "0.5 - 0 - -"}, // a division by zero makes no datapoint
		{"a ^ 2", "1 4 - 144 -"},
		{"2 + 3 * a", "5 8 - 38 -"},
		{"(2 + 3) * a", "5 10 - 60 -"},
		{"-a + 1", "0 -1 - -11 -"},
		{"a > 1", "0 1 - 1 -"},
		{"a >= 1 AND b < 1", "0 1 - - -"},
		{"a>1||b>1", "1 1 - - -"},
		{"c == 1", "1 0 1 0 -"},
		{"c != 1", "0 1 0 1 -"},
		{"IF(a > 0 AND c < 1, 1, 0)", "0 1 - 1 -"},
		{"IF(c, a, b)", "1 0 0 - -"}, // where the condition holds a missing value is 0
		{"IF(c, a)", "1 - - - -"},
		{"a / IF(b > 0, b, 1)", "0.5 2 0 - -"},
		{"FILL(a, 0)", "1 2 0 12 0"},
		{"FILL(a, b)", "1 2 4 12 -"},
		{"ABS(0 - a)", "1 2 - 12 -"},
		{"CEIL(a / 5)", "1 1 - 3 -"},
		{"floor(a / 5)", "0 0 - 2 -"},
		{"SUM(METRICS())", "3 2 4 12 -"},
		{"MAX([a, b])", "2 2 4 12 -"},
		{"MIN([a, b, c])", "1 0 1 0 -"},
		{"a - AVG(a)", "-4 -3 - 7 -"},
		{"a * PERIOD(a)", "60 120 - 720 -"},
		{"a * 1.5e1", "15 30 - 180 -"},
	} {
		e, err := parseMath(tt.expression)
		if err != nil {
			t.Errorf("%s: %v", tt.expression, err)
			continue
		}
		points, err := evalMath(e, env)
		if got := textOf(points); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v, want %s", tt.expression, got, err, tt.want)
		}
	}
	for expression, fault := range map[string]string{
		"a +": "the end", "a b": "unexpected", "(a": `")" is missing`, "FOO(a)": "FOO", "IF(a)": "2 to 3", "*": "a value is missing",
		"a ? b": "unexpected", "[a, b": `"," is missing`, "": "the end", "'a'": "a value is missing",
	} {
		if _, err := parseMath(expression); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: %v, want %s", expression, err, fault)
		}
	}
	for expression, fault := range map[string]string{"1 + 1": "no time series", "METRICS()": "2 time series", "x": "no metric", "[a] + [b]": "not expected", "FILL(1, 2)": "FILL"} {
		e, err := parseMath(expression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := evalMath(e, env); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: %v, want %s", expression, err, fault)
		}
	}
}
