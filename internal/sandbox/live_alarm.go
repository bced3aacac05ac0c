package sandbox

import (
	"cmp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/eventscale/eventscale/internal/loop"
)

// extraPeriods is how many periods an evaluation fetches beyond those it needs, as in the model.
const extraPeriods = 2

// evaluate lets every alarm see the datapoints up to a minute, and then the policies act.
func (c *course) evaluate() {
	c.place.Evaluated++
	readings := map[string]loop.Reading{}
	for _, a := range byName(c.place.Alarms) {
		readings[*a.Alarm.AlarmName] = c.read(a, c.place.Evaluated)
	}
	if c.act(readings) {
		c.settle()
	}
}

// read evaluates one alarm.
func (c *course) read(a *alarm, m minute) loop.Reading {
	rule := alarmConfig(&a.Alarm)
	g := grid{period: max(1, int64(rule.Period/loop.Minute)), n: rule.EvaluationPeriods + extraPeriods}
	g.first = m + 1 - minute(g.period)*minute(g.n)
	points, series, err := c.place.watched(&a.Alarm, g)
	if err != nil {
		points = make([]loop.Datapoint, g.n)
	}
	for _, s := range series {
		if !s.flatSince(g.first) {
			c.restless = true
		}
	}
	slices.Reverse(points)
	was := loop.State(a.Alarm.StateValue)
	reading := loop.Reading{State: rule.Judge(was, points)}
	for _, p := range points {
		if p.Real {
			reading.Newest = p
			break
		}
	}
	if reading.State != was {
		c.happened()
		reason, data := explain(&a.Alarm, &rule, g, points, c.r.now, reading.State)
		if err != nil {
			reason = "Insufficient Data: " + err.Error()
		}
		c.transition(a, types.StateValue(reading.State), reason, data)
	}
	return reading
}

// alarmConfig is an alarm as the model has it. What it watches is told by watched.
func alarmConfig(a *types.MetricAlarm) loop.AlarmConfig {
	period := time.Duration(aws.ToInt32(a.Period)) * time.Second
	for _, query := range a.Metrics {
		period = max(period, time.Duration(queryPeriod(query))*time.Second)
	}
	n := number32(a.EvaluationPeriods)
	return loop.AlarmConfig{
		Period:            max(loop.Minute, loop.Millis(period.Milliseconds())),
		EvaluationPeriods: n, DatapointsToAlarm: cmp.Or(number32(a.DatapointsToAlarm), n),
		Comparison: loop.Comparison(a.ComparisonOperator), Threshold: aws.ToFloat64(a.Threshold),
		TreatMissingData: loop.Treatment(cmp.Or(aws.ToString(a.TreatMissingData), string(loop.TreatMissing))),
	}
}

// transition puts the alarm into another state, and tells of it and of the actions that it sets off.
func (c *course) transition(a *alarm, state types.StateValue, reason string, data *string) {
	old := a.Alarm
	a.enter(c.r.now, state, reason, data)
	summary := "Alarm updated from " + string(old.StateValue) + " to " + string(state)
	c.place.remember(c.r.now, *a.Alarm.AlarmName, types.HistoryItemTypeStateUpdate, summary, stateChange(old, a.Alarm))
	for _, action := range a.actions() {
		summary, data := c.told(a, action)
		c.place.remember(c.r.now, *a.Alarm.AlarmName, types.HistoryItemTypeAction, summary, data)
	}
}

// actions are those of the alarm's state, none while they are disabled.
func (a *alarm) actions() []string {
	if !aws.ToBool(a.Alarm.ActionsEnabled) {
		return nil
	}
	switch a.Alarm.StateValue {
	case types.StateValueAlarm:
		return a.Alarm.AlarmActions
	case types.StateValueOk:
		return a.Alarm.OKActions
	default:
		return a.Alarm.InsufficientDataActions
	}
}
