package loop

import (
	"fmt"
	"math"
)

func (a *AlarmConfig) check(k *checker, path string) {
	within(k, path+"metric", a.Metric, Visible, Inflight, Backlog, Age, BacklogPerInstance, Stranded, SpareBacklog)
	within(k, path+"statistic", a.Statistic, Sum, Average, Maximum, Minimum)
	k.time(path+"period_s", a.Period, Minute)
	k.require(a.Period%Minute == 0, path+"period_s", "%v s is not a multiple of 60 s", a.Period.Seconds())
	k.count(path+"evaluation_periods", a.EvaluationPeriods, 1, maxReach)
	k.require(int64(a.EvaluationPeriods)*int64(a.Period/Minute) <= maxReach, path+"evaluation_periods", "they are more than %d minutes together", maxReach)
	k.count(path+"datapoints_to_alarm", a.DatapointsToAlarm, 1, a.EvaluationPeriods)
	within(k, path+"comparison", a.Comparison, AtLeast, MoreThan, AtMost, LessThan)
	k.require(!math.IsNaN(a.Threshold) && !math.IsInf(a.Threshold, 0), path+"threshold", "%v is not a number", a.Threshold)
	within(k, path+"treat_missing_data", a.TreatMissingData, TreatMissing, TreatIgnore, TreatBreaching, TreatNotBreaching)
	within(k, path+"zero_instances", a.ZeroInstances, ZeroMissing, ZeroVisible)
}

func (t AdjustmentType) check(k *checker, path string) {
	within(k, path+"adjustment_type", t, ChangeInCapacity, PercentChangeInCapacity, ExactCapacity)
}

// checkAdjustment requires an exact capacity to be one.
func (t AdjustmentType) checkAdjustment(k *checker, path string, n int) {
	if t == ExactCapacity {
		k.count(path, n, 0, maxAdjustment)
	} else {
		k.count(path, n, -maxAdjustment, maxAdjustment)
	}
}

func (p *Simple) check(k *checker, path string) {
	p.Alarm.check(k, path+"alarm.")
	p.AdjustmentType.check(k, path)
	p.AdjustmentType.checkAdjustment(k, path+"adjustment", p.Adjustment)
	k.count(path+"min_magnitude", p.MinMagnitude, 0, maxAdjustment)
	k.time(path+"cooldown_s", p.Cooldown, 0)
}

func (p *Step) check(k *checker, path string) {
	p.Alarm.check(k, path+"alarm.")
	p.AdjustmentType.check(k, path)
	k.count(path+"min_magnitude", p.MinMagnitude, 0, maxAdjustment)
	k.require(len(p.Steps) > 0, path+"steps", "there are none")
	for i, s := range p.Steps {
		at := fmt.Sprintf("%ssteps[%d]", path, i)
		p.AdjustmentType.checkAdjustment(k, at+".adjustment", s.Adjustment)
		k.require(s.Lower == nil || s.Upper == nil || *s.Lower < *s.Upper, at, "lower is not below upper")
	}
}

func (p *Target) check(k *checker, path string) {
	k.require(p.Target >= 0.001 && p.Target <= maxNumber, path+"target", "%v is not between 0.001 and %v", p.Target, maxNumber)
	within(k, path+"zero_instances", p.ZeroInstances, ZeroMissing, ZeroVisible)
	k.count(path+"high_periods", p.HighPeriods, 1, maxReach)
	k.count(path+"low_periods", p.LowPeriods, 1, maxReach)
}

func (p *KEDA) check(k *checker, path string) {
	k.count(path+"queue_length", p.QueueLength, 1, math.MaxInt32)
	k.time(path+"poll_s", p.Poll, 1)
	k.time(path+"stabilization_s", p.Stabilization, 0)
}

func (p *Schedule) check(k *checker, path string) {
	for i, e := range p.Plan {
		at := fmt.Sprintf("%splan[%d]", path, i)
		k.time(at+"[0]", e.At, 0)
		k.count(at+"[1]", e.Capacity, 0, math.MaxInt32)
	}
}
