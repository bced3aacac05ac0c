package sandbox

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/eventscale/eventscale/internal/loop"
)

// mathFunction is a function of metric math.
type mathFunction struct {
	least, most int // arguments
	apply       func(e *mathEnv, arguments []mathValue) (mathValue, error)
}

// mathFunctions are those that the sandbox has: enough for the alarms and charts of queues and groups.
func mathFunctions() map[string]mathFunction {
	return map[string]mathFunction{
		"ABS": {1, 1, pointwise(math.Abs)}, "CEIL": {1, 1, pointwise(math.Ceil)}, "FLOOR": {1, 1, pointwise(math.Floor)},
		"SUM": {1, 1, reduce(loop.Sum)}, "AVG": {1, 1, reduce(loop.Average)}, "MAX": {1, 1, reduce(loop.Maximum)}, "MIN": {1, 1, reduce(loop.Minimum)},
		"IF": {2, 3, mathIf}, "FILL": {2, 2, fillGaps}, "PERIOD": {1, 1, mathPeriod}, "METRICS": {0, 0, allMetrics},
	}
}

func pointwise(f func(float64) float64) func(*mathEnv, []mathValue) (mathValue, error) {
	return func(e *mathEnv, v []mathValue) (mathValue, error) {
		return e.each(v, func(p []loop.Datapoint) loop.Datapoint { return loop.Datapoint{Value: f(p[0].Value), Real: p[0].Real} })
	}
}

// mathIf is IF(condition, a, b). Without b it passes a where the condition holds. A condition that is
// missing makes no datapoint; one that holds makes 0 where a is missing.
func mathIf(e *mathEnv, v []mathValue) (mathValue, error) {
	return e.each(v, func(p []loop.Datapoint) loop.Datapoint {
		switch {
		case !p[0].Real:
			return loop.Datapoint{}
		case p[0].Value != 0:
			return loop.Datapoint{Value: p[1].Value, Real: p[1].Real || len(p) == 3}
		case len(p) == 3:
			return p[2]
		}
		return loop.Datapoint{}
	})
}

// reduce makes one row of a list, and one number of a row.
func reduce(statistic loop.Statistic) func(*mathEnv, []mathValue) (mathValue, error) {
	return func(e *mathEnv, v []mathValue) (mathValue, error) {
		if v[0].list == nil {
			d := aggregate(string(statistic), v[0].points)
			return mathValue{number: d.Value}, nil
		}
		if len(v[0].list) == 0 {
			return mathValue{}, fmt.Errorf("there is nothing to put together")
		}
		return e.each(v[0].list, func(p []loop.Datapoint) loop.Datapoint { return aggregate(string(statistic), p) })
	}
}

// fillGaps is FILL(metric, value), where the value is a number or a time series.
func fillGaps(e *mathEnv, v []mathValue) (mathValue, error) {
	row := v[0]
	if !row.isRow() || v[1].list != nil {
		return row, fmt.Errorf("FILL needs a time series and a value")
	}
	out := mathValue{points: make([]loop.Datapoint, e.n)}
	for i := range out.points {
		if out.points[i] = row.points[i]; !row.points[i].Real {
			out.points[i] = v[1].at(i)
		}
	}
	return out, nil
}

func mathPeriod(e *mathEnv, _ []mathValue) (mathValue, error) {
	return mathValue{number: e.period}, nil
}

func allMetrics(e *mathEnv, _ []mathValue) (mathValue, error) {
	v := mathValue{list: []mathValue{}}
	for _, id := range e.metrics {
		points, err := e.lookup(id)
		if err != nil {
			return v, err
		}
		v.list = append(v.list, mathValue{points: points})
	}
	return v, nil
}

// aggregate makes one datapoint of the real ones: Sum, Average, Maximum, Minimum, SampleCount, or a
// percentile such as p90. Of statistics that the sandbox does not have it is the average.
func aggregate(statistic string, points []loop.Datapoint) loop.Datapoint {
	var values []float64
	sum, low, high := 0.0, math.Inf(1), math.Inf(-1)
	for _, p := range points {
		if p.Real {
			values = append(values, p.Value)
			sum += p.Value
			low, high = min(low, p.Value), max(high, p.Value)
		}
	}
	d := loop.Datapoint{Real: len(values) > 0}
	switch {
	case !d.Real:
	case statistic == "Sum":
		d.Value = sum
	case statistic == "Maximum":
		d.Value = high
	case statistic == "Minimum":
		d.Value = low
	case statistic == "SampleCount":
		d.Value = float64(len(values))
	case strings.HasPrefix(statistic, "p"):
		d.Value = percentile(statistic, values)
	default:
		d.Value = sum / float64(len(values))
	}
	return d
}

func percentile(statistic string, values []float64) float64 {
	var p float64
	_, _ = fmt.Sscanf(statistic, "p%g", &p) // its form was checked
	slices.Sort(values)
	return values[max(0, int(math.Ceil(p/100*float64(len(values))))-1)]
}
