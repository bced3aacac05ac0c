package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestTheClockRunsFastForAnHour(t *testing.T) {
	c := newClock(noon)
	c.anchor(noon, 60)
	for wall, world := range map[time.Duration]time.Duration{
		0: 0, time.Second: time.Minute, time.Minute: time.Hour, time.Hour: 60 * time.Hour, 25 * time.Hour: 84 * time.Hour, -time.Hour: 0,
	} {
		same(t, c.at(noon.Add(wall)).Sub(noon), world)
	}
	c.Ran = noon.Add(time.Hour)
	same(t, c.at(noon), c.Ran) // it never goes back
	c.anchor(noon.Add(2*time.Minute), 1)
	same(t, c.at(noon.Add(3*time.Minute)), noon.Add(2*time.Hour+time.Minute))
}

// machine is a machine with a clock, on which processes open one sandbox.
type machine struct {
	*testing.T
	path string
	now  time.Time
}

func newMachine(t *testing.T) *machine { return &machine{t, sandboxPath(t), noon} }

func (m *machine) open(o Options) aws.Config {
	o.Path, o.Now = m.path, func() time.Time { return m.now }
	return testConfig(opened(m.T, o))
}

// wireUp makes the queue jobs, and an alarm on it whose policy is gpu-workers'.
func wireUp(t *testing.T, config aws.Config) *string {
	t.Helper()
	url := must(sqs.NewFromConfig(config).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")})).QueueUrl
	policy := must(autoscaling.NewFromConfig(config).PutScalingPolicy(t.Context(), &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(firstGroup), PolicyName: aws.String("out"), AdjustmentType: aws.String(changeInCapacity), ScalingAdjustment: aws.Int32(2),
	}))
	alarm := simpleAlarm("out")
	alarm.AlarmActions, alarm.Threshold, alarm.TreatMissingData = []string{*policy.PolicyARN}, aws.Float64(3), aws.String("notBreaching")
	must(cloudwatch.NewFromConfig(config).PutMetricAlarm(t.Context(), alarm))
	return url
}

func sendJobs(t *testing.T, config aws.Config, url *string, n int) {
	t.Helper()
	for range n {
		must(sqs.NewFromConfig(config).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("job")}))
	}
}

// look counts visible messages, those in flight, and instances in service.
func look(t *testing.T, config aws.Config, url *string) string {
	t.Helper()
	a := must(sqs.NewFromConfig(config).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})).Attributes
	group := must(autoscaling.NewFromConfig(config).DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})).AutoScalingGroups[0]
	n := 0
	for _, in := range group.Instances {
		if in.LifecycleState == "InService" {
			n++
		}
	}
	return fmt.Sprintf("%s+%s %d", a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"], n)
}

// Processes that come one after another find one world, whatever each of them saw.
func TestTimePassesBetweenProcesses(t *testing.T) {
	m := newMachine(t)
	workers := DefaultWorkers()
	first := m.open(Options{Workers: &workers})
	url := wireUp(t, first)
	sendJobs(t, first, url, 9)
	same(t, look(t, m.open(Options{}), url), "8+1 1")
	m.now = noon.Add(41 * time.Second)
	same(t, []string{look(t, m.open(Options{}), url), look(t, first, url)}, []string{"7+1 1", "7+1 1"})
	m.now = noon.Add(3*time.Minute + time.Second) // the alarm acted at 12:02:30
	second := m.open(Options{Adjust: func(w *Workers) { w.JobTime = time.Hour }})
	same(t, look(t, second, url), "4+1 3")
	m.now = noon.Add(5 * time.Minute)
	same(t, []string{look(t, first, url), look(t, second, url), look(t, m.open(Options{}), url)}, []string{"1+3 3", "1+3 3", "1+3 3"})
}

func TestALookThatFindsNothingNewDoesNotWrite(t *testing.T) {
	m := newMachine(t)
	config := m.open(Options{})
	url := wireUp(t, config)
	m.now = noon.Add(10 * time.Minute)
	look(t, config, url) // the alarm is OK by now
	before := must(os.Stat(m.path))
	for _, later := range []time.Duration{time.Minute, time.Hour, 48 * time.Hour} {
		m.now = m.now.Add(later)
		look(t, config, url)
		look(t, m.open(Options{}), url)
	}
	if !os.SameFile(before, must(os.Stat(m.path))) {
		t.Error("the file was replaced")
	}
	sendJobs(t, config, url, 1)
	m.now = m.now.Add(time.Minute)
	sent := must(os.Stat(m.path))
	look(t, config, url) // the job is done
	if os.SameFile(sent, must(os.Stat(m.path))) {
		t.Error("what happened is not in the file")
	}
}

func TestOneProcessSetsTheSpeedForAll(t *testing.T) {
	m := newMachine(t)
	fast := m.open(Options{Speed: 60})
	url := wireUp(t, fast)
	sendJobs(t, fast, url, 2)
	m.now = noon.Add(time.Second)
	same(t, look(t, m.open(Options{}), url), "0+1 1") // a minute later
	var date time.Time
	note := middleware.DeserializeMiddlewareFunc("date", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if answer, ok := out.RawResponse.(*smithyhttp.Response); ok {
			date, _ = http.ParseTime(answer.Header.Get("Date"))
		}
		return out, metadata, err
	})
	config := m.open(Options{})
	config.APIOptions = append(config.APIOptions, func(s *middleware.Stack) error { return s.Deserialize.Add(note, middleware.After) })
	must(sqs.NewFromConfig(config).ListQueues(t.Context(), &sqs.ListQueuesInput{}))
	same(t, date, noon.Add(time.Minute)) // the world's clock, by which a client tells ages
	slow := m.open(Options{Speed: 1})
	look(t, slow, url)
	m.now = m.now.Add(time.Second)
	same(t, look(t, fast, url), "0+1 1")
}

// Instances is told in order, of what has work, whatever changed it; and may use the sandbox itself.
func TestInstancesAreToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		var config aws.Config
		workers := Workers{LaunchTime: 30 * time.Second, MetricDelay: time.Second}
		cloud := opened(t, Options{Workers: &workers, Endpoint: "http://here", Instances: func(e InstanceEvent) {
			group := must(autoscaling.NewFromConfig(config).DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})).AutoScalingGroups[0]
			told = append(told, fmt.Sprintf("%s %s %s, %d desired", e.Kind, e.Group, e.QueueURL, *group.DesiredCapacity))
		}})
		config = testConfig(cloud)
		groups := autoscaling.NewFromConfig(config)
		must(groups.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{}))
		same(t, len(told), 0) // the instance in service has no work
		url := wireUp(t, config)
		sendJobs(t, config, url, 5)
		in := "InService gpu-workers http://here/123456789012/jobs, "
		same(t, told, []string{in + "1 desired"})
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error)
		go func() { ran <- cloud.Run(ctx) }()
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		same(t, told, []string{in + "1 desired", in + "3 desired", in + "3 desired"}) // nobody asked
		must(groups.SetDesiredCapacity(t.Context(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String(firstGroup), DesiredCapacity: aws.Int32(2)}))
		must(groups.DeletePolicy(t.Context(), &autoscaling.DeletePolicyInput{AutoScalingGroupName: aws.String(firstGroup), PolicyName: aws.String("out")}))
		out := strings.Replace(in, "InService", "Terminating", 1) + "2 desired"
		same(t, told[3:], []string{out, out, out})
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
}

func TestRunLeavesTheWorldAtThePaceOfTheRealClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := sandboxPath(t)
		cloud := opened(t, Options{Path: path, Speed: 60})
		must(cloudwatch.NewFromConfig(testConfig(cloud)).PutMetricAlarm(t.Context(), simpleAlarm("then")))
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error)
		go func() { ran <- cloud.Run(ctx) }()
		time.Sleep(3 * time.Hour) // longer than a clock runs fast that nobody looks at
		cancel()
		if err := <-ran; err != nil {
			t.Fatal(err)
		}
		age := func() time.Duration {
			alarms := cloudwatch.NewFromConfig(testConfig(opened(t, Options{Path: path})))
			must(alarms.PutMetricAlarm(t.Context(), simpleAlarm("now")))
			all := must(alarms.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})).MetricAlarms
			return all[0].AlarmConfigurationUpdatedTimestamp.Sub(*all[1].AlarmConfigurationUpdatedTimestamp).Round(time.Minute)
		}
		same(t, age(), 180*time.Hour)
		time.Sleep(time.Hour)
		same(t, age(), 181*time.Hour)
	})
}

func TestAFileOfVersion1IsTakenOver(t *testing.T) {
	m := newMachine(t)
	config := m.open(Options{})
	url := wireUp(t, config)
	text := string(must(os.ReadFile(m.path)))
	text = strings.Replace(text, `"version":2`, `"version":1`, 1)
	for _, gone := range []string{`"Workers"`, `"Sampled"`, `"Evaluated"`, `"Cooldown"`} {
		text = strings.ReplaceAll(text, gone, `"Not`+gone[1:])
	}
	if err := os.WriteFile(m.path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m.now = noon.AddDate(0, 1, 0)
	after := m.open(Options{})
	sendJobs(t, after, url, 2)
	same(t, look(t, after, url), "1+1 1")
	m.now = m.now.Add(2 * time.Minute)
	same(t, look(t, after, url), "0+0 1")
}
