package provision

import (
	"errors"
	"testing"
)

var errDenied, errGone = errors.New("AccessDenied"), errors.New("gone")

func TestACauseThatIsSharedIsNamedOnce(t *testing.T) {
	e := &RunError{Stopped: errors.New("interrupted"), Failures: []error{
		&Failure{"reading", "AWS::CloudWatch::Alarm", "ScaleOutAlarm", errDenied},
		&Failure{"reading", "AWS::SQS::Queue", "JobQueue", errDenied},
		&Failure{"reading", "AWS::CloudWatch::Alarm", "ScaleInAlarm", errDenied},
		&Failure{"reading", "AWS::CloudWatch::Alarm", "WakeAlarm", errGone},
	}}
	const want = `interrupted
reading AWS::CloudWatch::Alarm ScaleOutAlarm, ScaleInAlarm: AccessDenied
reading AWS::SQS::Queue JobQueue: AccessDenied
reading AWS::CloudWatch::Alarm WakeAlarm: gone`
	for range 2 { // what is shown does not change what is known
		if got := e.Error(); got != want {
			t.Errorf("%s\nand should be\n%s", got, want)
		}
	}
	if len(e.Failures) != 4 || !errors.Is(e, errDenied) || !errors.Is(e, errGone) {
		t.Errorf("the failures are %v", e.Failures)
	}
}
