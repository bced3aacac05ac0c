package sandbox

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/eventscale/eventscale/internal/loop"
)

// explain says in CloudWatch's words why an alarm came into a state, and gives the data for programs. The
// points are the newest first.
func explain(a *types.MetricAlarm, rule *loop.AlarmConfig, g grid, points []loop.Datapoint, now time.Time, state loop.State) (string, *string) {
	used := newest(points, rule.EvaluationPeriods)
	data := reasonData(a, rule, g, points, used, now)
	if state == loop.StateUnknown {
		return fmt.Sprintf("Insufficient Data: %s unknown.", were(rule.EvaluationPeriods-len(used), "datapoint")), data
	}
	if len(used) == 0 {
		return fmt.Sprintf("Threshold Crossed: no datapoints were received for %s and %s treated as [%s].",
			counted(rule.EvaluationPeriods, "period"), were(rule.EvaluationPeriods, "missing datapoint"), treatmentWord(rule.TreatMissingData)), data
	}
	return crossed(rule, g, points, used, state, a.StateValue), data
}

// newest are the places of the newest datapoints that are there.
func newest(points []loop.Datapoint, n int) []int {
	var places []int
	for i, p := range points {
		if p.Real && len(places) < n {
			places = append(places, i)
		}
	}
	return places
}

func crossed(rule *loop.AlarmConfig, g grid, points []loop.Datapoint, used []int, state loop.State, was types.StateValue) string {
	var shown []string
	for _, i := range used {
		one := []loop.Datapoint{points[i]}
		single := loop.AlarmConfig{EvaluationPeriods: 1, DatapointsToAlarm: 1, Comparison: rule.Comparison, Threshold: rule.Threshold}
		if single.Judge(loop.StateOK, one) == state {
			shown = append(shown, fmt.Sprintf("%s (%s)", point(points[i].Value), g.newestFirst(i).Format("02/01/06 15:04:05")))
		}
	}
	least, not := rule.DatapointsToAlarm, ""
	if state == loop.StateOK {
		least, not = rule.EvaluationPeriods-rule.DatapointsToAlarm+1, "not "
	}
	// "1 out of the last 1 datapoints" is how CloudWatch says it.
	return fmt.Sprintf("Threshold Crossed: %d out of the last %d datapoints [%s] %s %s%s the threshold (%s) (minimum %s for %s -> %s transition).",
		len(shown), rule.EvaluationPeriods, strings.Join(shown, ", "), map[bool]string{true: "was", false: "were"}[len(shown) == 1],
		not, comparisonWords(rule.Comparison), point(rule.Threshold), counted(least, "datapoint"), was, state)
}

func comparisonWords(c loop.Comparison) string {
	switch c {
	case loop.AtLeast:
		return "greater than or equal to"
	case loop.MoreThan:
		return "greater than"
	case loop.AtMost:
		return "less than or equal to"
	default:
		return "less than"
	}
}

func treatmentWord(t loop.Treatment) string {
	return map[loop.Treatment]string{loop.TreatBreaching: "Breaching", loop.TreatNotBreaching: "NonBreaching", loop.TreatIgnore: "Ignore", loop.TreatMissing: "Missing"}[t]
}

// point writes a number with a decimal point, as Java does.
func point(x float64) string {
	if text := decimal(x); strings.ContainsAny(text, ".e") {
		return text
	}
	return decimal(x) + ".0"
}

func counted(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func were(n int, word string) string {
	if n == 1 {
		return "1 " + word + " was"
	}
	return counted(n, word) + " were"
}

// cloudwatchTime is how CloudWatch writes times into its JSON.
const cloudwatchTime = "2006-01-02T15:04:05.000-0700"

func reasonData(a *types.MetricAlarm, rule *loop.AlarmConfig, g grid, points []loop.Datapoint, used []int, now time.Time) *string {
	type evaluated struct {
		Timestamp string  `json:"timestamp"`
		Count     float64 `json:"sampleCount"`
		Value     float64 `json:"value"`
	}
	data := struct {
		Version   string      `json:"version"`
		Queried   string      `json:"queryDate"`
		Start     string      `json:"startDate,omitempty"`
		Statistic string      `json:"statistic,omitempty"`
		Period    int         `json:"period"`
		Recent    []float64   `json:"recentDatapoints"`
		Threshold float64     `json:"threshold"`
		Evaluated []evaluated `json:"evaluatedDatapoints"`
	}{
		Version: "1.0", Queried: now.UTC().Format(cloudwatchTime), Statistic: string(a.Statistic), Period: int(rule.Period / loop.Second),
		Recent: []float64{}, Threshold: rule.Threshold, Evaluated: []evaluated{},
	}
	for _, i := range used {
		at := g.newestFirst(i).Format(cloudwatchTime)
		data.Start = at
		data.Recent = append([]float64{points[i].Value}, data.Recent...)
		data.Evaluated = append(data.Evaluated, evaluated{at, float64(g.period), points[i].Value})
	}
	return aws.String(plainJSON(data))
}

// told says whether an action could be executed: that of a policy which is gone cannot.
func (c *course) told(a *alarm, action string) (summary, data string) {
	summary, state := "Successfully executed action "+action, "Succeeded"
	if _, policy := c.place.policyAt(action); policy == nil && isPolicyARN(action) {
		summary, state = "Failed to execute action "+action, "Failed"
	}
	return summary, plainJSON(map[string]any{
		"version": "1.0", "actionState": state, "notificationResource": action,
		"stateUpdateTimestamp": c.r.now.UnixMilli(), "publishedMessage": aws.ToString(a.Alarm.StateReason),
	})
}
