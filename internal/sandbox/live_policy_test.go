package sandbox

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func (l *living) suspend(process string) {
	must(l.groups.SuspendProcesses(l.Context(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: aws.String(firstGroup), ScalingProcesses: []string{process}}))
}

func (l *living) resume() {
	must(l.groups.ResumeProcesses(l.Context(), &autoscaling.ResumeProcessesInput{AutoScalingGroupName: aws.String(firstGroup)}))
}

// What keeps an alarm from scaling out, and what happens when it is gone.
func TestWhatIsSwitchedOffDoesNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		off, on          func(l *living)
		meanwhile, after string
	}{
		"nothing":                        {func(*living) {}, func(*living) {}, "3 of 3", "3 of 3"},
		"AlarmNotification is suspended": {func(l *living) { l.suspend("AlarmNotification") }, (*living).resume, "1 of 1", "3 of 3"},
		"Launch is suspended":            {func(l *living) { l.suspend("Launch") }, (*living).resume, "1 of 3", "3 of 3"},
		"Terminate is suspended":         {func(l *living) { l.suspend("Terminate") }, (*living).resume, "3 of 3", "3 of 3"},
		"the alarm's actions are disabled": {func(l *living) {
			must(l.metrics.DisableAlarmActions(l.Context(), &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"out"}}))
		}, func(l *living) {
			must(l.metrics.EnableAlarmActions(l.Context(), &cloudwatch.EnableAlarmActionsInput{AlarmNames: []string{"out"}}))
		}, "1 of 1", "3 of 3"},
		"the policy is disabled": {func(l *living) {
			p := simplePolicy("out", 2)
			p.Enabled = aws.Bool(false)
			must(l.groups.PutScalingPolicy(l.Context(), p))
		}, func(l *living) { must(l.groups.PutScalingPolicy(l.Context(), simplePolicy("out", 2))) }, "1 of 1", "3 of 3"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLiving(t, Options{Adjust: func(w *Workers) { w.JobTime = time.Hour }}, nil)
			tt.off(l)
			l.send(t, 9)
			l.pass(4 * time.Minute)
			same(t, l.capacity(), tt.meanwhile)
			tt.on(l)
			l.pass(time.Minute)
			same(t, l.capacity(), tt.after)
		})
	}
}

// A state that somebody sets sets off the actions at once, and lasts until the next evaluation.
func TestAStateThatIsSetActsOnce(t *testing.T) {
	l := newLiving(t, Options{}, nil)
	set := func() {
		must(l.metrics.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("out"), StateValue: types.StateValueAlarm, StateReason: aws.String("a drill")}))
	}
	set()
	same(t, l.capacity(), "3 of 3")
	set() // it is in this state already
	same(t, l.capacity(), "3 of 3")
	l.pass(2 * time.Minute)
	out := must(l.metrics.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"out"}})).MetricAlarms[0]
	same(t, out.StateValue, types.StateValueOk)
	same(t, l.capacity(), "3 of 3") // the other policy waits for the same cooldown
	l.pass(4 * time.Minute)
	same(t, l.capacity(), "2 of 2")
}

// A busy instance is protected by its worker, and any by its owner; it goes as soon as it may.
func TestProtectedInstancesGoWhenTheyMay(t *testing.T) {
	l := newLiving(t, Options{Adjust: func(w *Workers) { w.JobTime = 10 * time.Minute }}, nil)
	l.suspend("AlarmNotification")
	l.desire(t, 3)
	l.pass(2 * time.Minute)
	l.send(t, 1)
	l.pass(time.Second)
	group := func() *autoscaling.DescribeAutoScalingGroupsOutput {
		return must(l.groups.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{}))
	}
	instances := group().AutoScalingGroups[0].Instances
	same(t, []bool{*instances[0].ProtectedFromScaleIn, *instances[1].ProtectedFromScaleIn, *instances[2].ProtectedFromScaleIn}, []bool{true, false, false})
	protect := func(yes bool) {
		must(l.groups.SetInstanceProtection(t.Context(), &autoscaling.SetInstanceProtectionInput{
			AutoScalingGroupName: aws.String(firstGroup), InstanceIds: []string{*instances[2].InstanceId}, ProtectedFromScaleIn: &yes,
		}))
	}
	protect(true)
	l.desire(t, 0)
	same(t, l.capacity(), "2 of 0")
	protect(false)
	same(t, l.capacity(), "1 of 0")
	l.pass(10 * time.Minute)
	same(t, l.capacity(), "0 of 0")
}
