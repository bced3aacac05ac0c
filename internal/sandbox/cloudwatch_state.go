package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/eventscale/eventscale/internal/loop"
)

// maxHistory is how many items a region's alarm history holds; AWS keeps 30 days of them.
const maxHistory = 1000

// enter puts the alarm into a state; re-entering the same one only renews its reason.
func (a *alarm) enter(now time.Time, state types.StateValue, reason string, data *string) {
	if a.Alarm.StateValue != state {
		a.Alarm.StateTransitionedTimestamp = aws.Time(now.UTC())
	}
	a.Alarm.StateValue, a.Alarm.StateReason, a.Alarm.StateReasonData = state, aws.String(reason), data
	a.Alarm.StateUpdatedTimestamp = aws.Time(now.UTC())
}

func (a *alarm) keepState(old types.MetricAlarm) {
	a.Alarm.StateValue, a.Alarm.StateReason, a.Alarm.StateReasonData = old.StateValue, old.StateReason, old.StateReasonData
	a.Alarm.StateUpdatedTimestamp, a.Alarm.StateTransitionedTimestamp = old.StateUpdatedTimestamp, old.StateTransitionedTimestamp
}

// setAlarmState changes the state until the alarm is evaluated again, within the minute. The actions of the
// new state run at once.
func (w *world) setAlarmState(r *request, in *cloudwatch.SetAlarmStateInput) (*cloudwatch.SetAlarmStateOutput, error) {
	if err := cloudwatchFault(firstFault(
		checkState(in.StateValue, false),
		checkLength(aws.ToString(in.StateReason), "stateReason", 0, 1023),
	)); err != nil {
		return nil, err
	}
	place := w.in(r)
	a, ok := place.Alarms[aws.ToString(in.AlarmName)]
	if !ok {
		return nil, alarmNotFound()
	}
	if in.StateReasonData != nil && !json.Valid([]byte(*in.StateReasonData)) {
		return nil, &types.InvalidFormatFault{Message: aws.String("StateReasonData is not valid JSON.")}
	}
	if a.Alarm.StateValue == in.StateValue {
		a.enter(r.now, in.StateValue, aws.ToString(in.StateReason), in.StateReasonData)
		return &cloudwatch.SetAlarmStateOutput{}, nil
	}
	c := w.course(r)
	c.transition(a, in.StateValue, aws.ToString(in.StateReason), in.StateReasonData)
	c.act(map[string]loop.Reading{*in.AlarmName: {Newest: newestOf(in.StateReasonData)}})
	return &cloudwatch.SetAlarmStateOutput{}, nil
}

// newestOf reads the datapoint that a step policy must know out of the data of a reason.
func newestOf(reasonData *string) loop.Datapoint {
	var data struct {
		Recent []float64 `json:"recentDatapoints"`
	}
	_ = json.Unmarshal([]byte(aws.ToString(reasonData)), &data) // other data has no datapoint
	if len(data.Recent) == 0 {
		return loop.Datapoint{}
	}
	return loop.Datapoint{Value: data.Recent[len(data.Recent)-1], Real: true}
}

// deleteAlarm leaves the alarm's history.
func (place *regional) deleteAlarm(now time.Time, name string) {
	delete(place.Alarms, name)
	place.remember(now, name, types.HistoryItemTypeConfigurationUpdate, "Alarm \""+name+"\" deleted", configurationChange("Delete"))
}

// remember adds an item to the alarm history, newest first.
func (place *regional) remember(now time.Time, name string, kind types.HistoryItemType, summary, data string) {
	place.AlarmHistory = slices.Insert(place.AlarmHistory, 0, types.AlarmHistoryItem{
		AlarmName:       aws.String(name),
		AlarmType:       types.AlarmTypeMetricAlarm,
		HistoryItemType: kind,
		HistorySummary:  aws.String(summary),
		HistoryData:     aws.String(data),
		Timestamp:       aws.Time(now.UTC()),
	})
	place.AlarmHistory = place.AlarmHistory[:min(len(place.AlarmHistory), maxHistory)]
}

func configurationChange(kind string) string {
	return fmt.Sprintf(`{"version":"1.0","type":%q}`, kind)
}

func stateChange(from, to types.MetricAlarm) string {
	type state struct {
		Value  types.StateValue `json:"stateValue"`
		Reason *string          `json:"stateReason"`
		Data   json.RawMessage  `json:"stateReasonData,omitempty"`
	}
	return plainJSON(struct {
		Version string `json:"version"`
		Old     state  `json:"oldState"`
		New     state  `json:"newState"`
	}{"1.0", state{from.StateValue, from.StateReason, rawJSON(from.StateReasonData)}, state{to.StateValue, to.StateReason, rawJSON(to.StateReasonData)}})
}

// plainJSON writes what always marshals, without the escapes that are for web pages.
func plainJSON(v any) string {
	text, _ := formatJSON(v)
	return string(text)
}

func rawJSON(text *string) json.RawMessage {
	if text == nil {
		return nil
	}
	return json.RawMessage(*text)
}

// describeAlarmHistory knows deleted alarms too. An alarm that never was has no history, which is no error.
func (w *world) describeAlarmHistory(r *request, in *cloudwatch.DescribeAlarmHistoryInput) (*cloudwatch.DescribeAlarmHistoryOutput, error) {
	var found []types.AlarmHistoryItem
	for _, item := range w.in(r).AlarmHistory {
		switch {
		case in.AlarmName != nil && *in.AlarmName != *item.AlarmName:
		case in.HistoryItemType != "" && in.HistoryItemType != item.HistoryItemType:
		case in.StartDate != nil && item.Timestamp.Before(*in.StartDate):
		case in.EndDate != nil && item.Timestamp.After(*in.EndDate):
		default:
			found = append(found, item)
		}
	}
	if in.ScanBy == types.ScanByTimestampAscending {
		slices.Reverse(found)
	}
	part, next, ok := page(found, in.NextToken, pageSize(in.MaxRecords, 100, 100))
	if !ok {
		return nil, cloudwatchBadToken()
	}
	return &cloudwatch.DescribeAlarmHistoryOutput{AlarmHistoryItems: part, NextToken: next}, nil
}
