package simulation

import (
	"fmt"

	"github.com/eventscale/eventscale/internal/loop"
)

// evidence is all that is known of a run.
type evidence struct {
	config *loop.Config
	jobs   []loop.Job
	result *loop.Result
	watch  *watch
}

// find looks for all that can have gone wrong, the worst first: jobs that were not done, jobs that were
// lost on the way, jobs that waited, and money.
func find(e *evidence) []Finding {
	found := []Finding{}
	for _, look := range []func(*evidence) (Finding, bool){
		unfinished, deadLettered, killed, atMaximum, firstJob, slowest, timeout, flapping, unused, idle,
	} {
		if f, ok := look(e); ok {
			found = append(found, f)
		}
	}
	return found
}

// unfinished is for jobs that were still there at the end.
func unfinished(e *evidence) (Finding, bool) {
	n := e.result.Totals.Unfinished
	if n == 0 {
		return Finding{}, false
	}
	f := Finding{Text: fmt.Sprintf("%d of %s%s never done, though the run went on for %s after the last had come", n, count(int64(len(e.jobs)), "job"), verb(n, " was", " were"), span(e.last()))}
	switch row := e.newest(); {
	case e.watch.early > 0 && row.Active < e.config.Group.Max:
		f.Text += fmt.Sprintf(": scale-in took %s away before %s ready, again and again", count(int64(e.watch.early), "instance"), verb(int64(e.watch.early), "it was", "they were"))
		f.Hint = e.later()
	case row.Active == 0:
		f.Text += ": there was no instance, and too few jobs waited to start one"
		f.Hint = adviceWake
	case row.Active >= e.config.Group.Max && row.Visible > 0:
		f.Text += ": the group was at its maximum"
		f.Hint = e.more()
	}
	return f, true
}

// Advice that more than one finding gives.
const (
	adviceProtect = "protect busy instances from scale-in; --scale-in protect shows what that changes"
	adviceWake    = "use --preset safe, which starts an instance for a single job; or keep one with --min 1"
)

// last is how long the run went on after the last arrival.
func (e *evidence) last() loop.Millis {
	return loop.FromSeconds(e.result.Totals.End) - e.jobs[len(e.jobs)-1].Arrival
}

// newest is the last row of the series.
func (e *evidence) newest() loop.Row { return e.result.Series[len(e.result.Series)-1] }

func (e *evidence) more() string { return fmt.Sprintf("try --max %d", max(1, 2*e.config.Group.Max)) }

// deadLettered is for jobs that were given up.
func deadLettered(e *evidence) (Finding, bool) {
	n := e.result.Totals.DeadLettered
	return Finding{
		Text: fmt.Sprintf("%s given up, to the dead-letter queue: %s each, and a scale-in killed every one", were(n, "job"), count(int64(e.config.Queue.MaxReceives), "start")),
		Hint: adviceProtect,
	}, n > 0
}

// killed is for jobs whose instance was taken while they ran.
func killed(e *evidence) (Finding, bool) {
	t := &e.result.Totals
	if t.JobsKilled == 0 {
		return Finding{}, false
	}
	by := e.killer()
	why, hint := e.blame(by)
	jobs := int64(len(e.watch.killed))
	f := Finding{Text: fmt.Sprintf("scale-in killed %d of %d running jobs: %s", jobs, e.watch.started, why), Hint: hint}
	if t.JobsKilled > jobs {
		f.Text += fmt.Sprintf("; some of them more than once, %d times in all", t.JobsKilled)
	}
	if t.WastedMillis >= int64(loop.Hour) {
		f.Text += fmt.Sprintf("; %s of work was lost", span(loop.Millis(t.WastedMillis)))
	}
	return f, true
}

// killer is the policy whose actions killed the most jobs; nil where none did so at once.
func (e *evidence) killer() loop.Policy {
	kills := map[string]int64{}
	most := ""
	for _, a := range e.result.Actions {
		if a.To >= a.From {
			continue
		}
		kills[a.Policy] += e.watch.kills[loop.FromSeconds(a.Time)]
		if kills[a.Policy] > kills[most] {
			most = a.Policy
		}
	}
	return e.policy(most)
}

func (e *evidence) policy(label string) loop.Policy {
	for _, p := range e.config.Policies {
		if p.Label() == label {
			return p
		}
	}
	return nil
}

// blame says why a policy took busy instances, and what helps.
func (e *evidence) blame(p loop.Policy) (why, hint string) {
	if p == nil {
		return fmt.Sprintf("draining them took longer than %s", span(e.config.Group.DrainTimeout)), "give them longer with --drain-timeout"
	}
	alarm, ok := alarmOf(p)
	switch {
	case ok && alarm.Metric == loop.Visible:
		return "it does not see messages in flight", "use --preset safe"
	case ok && seesWork(alarm) && !alarm.Comparison.Greater() && alarm.Threshold >= 1:
		left := are(int64(alarm.Threshold), "job") + " left"
		if alarm.Metric == loop.SpareBacklog {
			left += " and there are more instances than jobs"
		}
		return fmt.Sprintf("it acts while up to %s, and takes the oldest instance, busy or not", left),
			"--scale-in-at 0, or " + adviceProtect
	case ok && seesWork(alarm) && !alarm.Comparison.Greater():
		return "they came between the sample that showed none and the scale-in", adviceProtect
	}
	return "it shrinks a group that is still at work, and takes the oldest instance, busy or not", adviceProtect
}

// seesWork is whether an alarm counts the jobs under work with those that wait.
func seesWork(alarm loop.AlarmConfig) bool {
	return alarm.Metric == loop.Backlog || alarm.Metric == loop.SpareBacklog
}

// alarmOf is the alarm of a policy that has just one.
func alarmOf(p loop.Policy) (loop.AlarmConfig, bool) {
	switch p := p.(type) {
	case *loop.Simple:
		return p.Alarm, true
	case *loop.Step:
		return p.Alarm, true
	}
	return loop.AlarmConfig{}, false
}

// timeout is for jobs that take longer than the queue's visibility timeout.
func timeout(e *evidence) (Finding, bool) {
	var longer int64
	var longest loop.Millis
	for _, j := range e.jobs {
		longest = max(longest, j.Service)
		if j.Service > e.config.Queue.VisibilityTimeout {
			longer++
		}
	}
	f := Finding{
		Text: fmt.Sprintf("%s longer than the visibility timeout of %s, up to %s", take(longer, "job"), span(e.config.Queue.VisibilityTimeout), span(longest)),
		Hint: "set --visibility-timeout " + span(enough(longest)),
	}
	if e.config.Queue.Heartbeat {
		f.Text += ": the model takes workers to extend it while they work (a heartbeat); where they do not, SQS gives such a job to a second worker"
		f.Hint = "have workers extend it, or " + f.Hint
	} else {
		f.Text += ", and workers do not extend it: SQS gives such a job to a second worker while the first is still at it, which the model leaves out"
	}
	return f, longer > 0
}

// enough is a visibility timeout for jobs that take so long: twice that, in whole minutes, and within SQS's 12
// hours.
func enough(longest loop.Millis) loop.Millis {
	return min((2*longest+loop.Minute-1)/loop.Minute*loop.Minute, 12*loop.Hour)
}
