package sandbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/eventscale/eventscale/internal/loop"
)

// jobs counts the messages of a queue that wait, and those under work.
func (l *living) jobs(name string) string {
	l.Helper()
	a := must(l.queues.GetQueueAttributes(l.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String("https://sqs/123456789012/" + name), AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll},
	})).Attributes
	return a["ApproximateNumberOfMessages"] + "+" + a["ApproximateNumberOfMessagesNotVisible"]
}

// Two instances work on two groups of a FIFO queue at once, but never on two jobs of one.
func TestAGroupOfAFIFOQueueIsWorkedOnInItsOrder(t *testing.T) {
	l := newLiving(t, Options{}, map[string]string{"FifoQueue": "true"})
	l.suspend("AlarmNotification")
	l.desire(t, 3)
	l.pass(2 * time.Minute)
	for i, group := range []string{"a", "a", "a", "b"} {
		must(l.queues.SendMessage(t.Context(), &sqs.SendMessageInput{
			QueueUrl: l.url(t), MessageBody: aws.String("x"), MessageGroupId: &group, MessageDeduplicationId: aws.String(fmt.Sprint(i)),
		}))
	}
	for _, want := range []string{"2+2", "1+1", "0+1", "0+0"} {
		l.pass(time.Second)
		same(t, l.jobs("jobs.fifo"), want)
		l.pass(39 * time.Second)
	}
}

// Jobs that were killed as often as the queue lets them be are dead letters.
func TestWhatIsKilledTooOftenIsADeadLetter(t *testing.T) {
	l := newLiving(t, Options{Adjust: func(w *Workers) { w.JobTime, w.ScaleIn = time.Hour, loop.Kill }}, map[string]string{"VisibilityTimeout": "60"})
	must(l.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("dead")}))
	must(l.queues.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: l.url(t), Attributes: map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-3:123456789012:dead","maxReceiveCount":2}`,
	}}))
	l.suspend("AlarmNotification")
	l.send(t, 1)
	for _, want := range []string{"0+1", "0+1", "0+0"} {
		l.desire(t, 1)
		l.pass(5 * time.Minute)
		same(t, l.jobs("jobs"), want)
		l.desire(t, 0)
		l.pass(time.Minute)
	}
	same(t, l.jobs("dead"), "1+0")
}

// When its timeout ends, as the model has it: not when the next worker has time to ask.
func TestADeadLetterWaitsForNoWorker(t *testing.T) {
	for _, attributes := range []map[string]string{{}, {"FifoQueue": "true"}} {
		l := newLiving(t, Options{Adjust: func(w *Workers) { w.JobTime, w.ScaleIn = time.Hour, loop.Kill }}, attributes)
		suffix := map[bool]string{true: ".fifo"}[len(attributes) > 0]
		must(l.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("dead" + suffix), Attributes: attributes}))
		must(l.queues.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: l.url(t), Attributes: map[string]string{
			"VisibilityTimeout": "60", "RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-3:123456789012:dead` + suffix + `","maxReceiveCount":1}`,
		}}))
		l.suspend("AlarmNotification")
		job := &sqs.SendMessageInput{QueueUrl: l.url(t), MessageBody: aws.String("job")}
		if suffix != "" {
			job.MessageGroupId, job.MessageDeduplicationId = aws.String("a"), aws.String("1")
		}
		must(l.queues.SendMessage(t.Context(), job))
		l.desire(t, 1)
		l.pass(5 * time.Minute)
		same(t, l.jobs("jobs"+suffix), "0+1")
		l.desire(t, 0)
		l.pass(59 * time.Second)
		same(t, []string{l.jobs("jobs" + suffix), l.jobs("dead" + suffix)}, []string{"0+1", "0+0"})
		l.pass(time.Second)
		same(t, []string{l.jobs("jobs" + suffix), l.jobs("dead" + suffix)}, []string{"0+0", "1+0"})
	}
}

// What a day was like can be read in any period, and computed with.
func TestHistoryIsReadInPeriodsAndExpressions(t *testing.T) {
	l := newLiving(t, Options{Adjust: func(w *Workers) { w.JobTime = 0 }}, nil)
	l.pass(time.Second) // what comes at the end of a minute belongs to it
	for minute := range 10 {
		l.send(t, minute%3)
		l.pass(time.Minute)
	}
	stat := func(id, metric, statistic string, period int32) types.MetricDataQuery {
		q := queueQuery(id, metric)
		q.ReturnData, q.MetricStat.Stat, q.MetricStat.Period = nil, &statistic, &period
		return q
	}
	out := must(l.metrics.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(birth()), EndTime: l.now, ScanBy: types.ScanByTimestampAscending,
		MetricDataQueries: []types.MetricDataQuery{
			stat("sent", sentMetric, "Sum", 60), stat("sent5", sentMetric, "Sum", 300), stat("visible5", visibleMetric, "Maximum", 300), stat("n", visibleMetric, "SampleCount", 300),
			{Id: aws.String("mean"), Expression: aws.String("sent5 / 5")}, {Id: aws.String("all"), Expression: aws.String("SUM([visible5, sent5])")},
			{Id: aws.String("waking"), Expression: aws.String("IF(sent > 1, 1, 0)")},
		},
	}))
	got := map[string][]float64{}
	for _, r := range out.MetricDataResults {
		got[*r.Id] = r.Values
	}
	same(t, got, map[string][]float64{
		"sent": {0, 1, 2, 0, 1, 2, 0, 1, 2, 0}, "sent5": {4, 5}, "visible5": {4, 9}, "n": {5, 5},
		"mean": {0.8, 1}, "all": {8, 14}, "waking": {0, 0, 1, 0, 0, 1, 0, 0, 1, 0},
	})
	same(t, out.MetricDataResults[1].Timestamps, []time.Time{birth(), birth().Add(5 * time.Minute)})
}
