package tune

import (
	"fmt"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
)

// note says in words what the figures do not.
func (p *Problem) note(r *Report, found []*trial) {
	for _, look := range []func(*Report, []*trial) (simulation.Finding, bool){
		p.nothing, p.notHolding, p.nextBest, p.holding, p.standing, p.costly, p.stopped, p.margin, p.foreign, p.unknownMax, p.oneTrace,
	} {
		if f, ok := look(r, found); ok {
			r.Notes = append(r.Notes, f)
		}
	}
}

// nothing is for a search that found no policy.
func (p *Problem) nothing(r *Report, _ []*trial) (simulation.Finding, bool) {
	f := simulation.Finding{Text: fmt.Sprintf("no policy was found that holds %s with %s killed: a fixed fleet of %d holds %s, for %.2f instance-hours",
		r.TunedFor, jobs(p.Kills), r.Fixed.Min, r.SLO, r.Fixed.Hours)}
	switch {
	case p.group().ScaleIn == loop.Kill:
		f.Hint = "a scale-in kills what runs on the instance: --scale-in protect or drain shows what workers that protect themselves would do; or allow some with --kills"
	case p.Margin != 1:
		f.Hint = "--margin 1 leaves no room for days that are worse, and makes it easier"
	}
	return f, len(r.Best) == 0
}

func jobs(n int64) string {
	switch n {
	case 0:
		return "no job"
	case 1:
		return "at most 1 job"
	}
	return fmt.Sprintf("at most %d jobs", n)
}

// notHolding is for a winner that fails on the validation trace.
func (p *Problem) notHolding(r *Report, _ []*trial) (simulation.Finding, bool) {
	w := r.Winner()
	if w == nil || w.Validation == nil || w.Validation.Holds {
		return simulation.Finding{}, false
	}
	return simulation.Finding{
		Text: fmt.Sprintf("none of the best holds %s on %s: there the winner has %s", r.SLO, r.Validation.Name, p.told(w.Validation)),
		Hint: "a smaller --margin leaves more room; or tune on a trace that has both",
	}, true
}

// told is what a check found.
func (p *Problem) told(c *Check) string {
	text := ""
	for _, f := range c.Figures {
		text += fmt.Sprintf("a %s of %s, ", f.Name, clock(toSecond(f.Seconds)))
	}
	text += fmt.Sprintf("%d killed, %d unfinished", c.Totals.JobsKilled, c.Totals.Unfinished+c.Totals.DeadLettered)
	return text
}

// nextBest is for a winner that is not the best on the first trace.
func (p *Problem) nextBest(r *Report, found []*trial) (simulation.Finding, bool) {
	w := r.Winner()
	if w == nil || w.Validation == nil || !w.Validation.Holds || w.Totals == found[0].totals {
		return simulation.Finding{}, false
	}
	return simulation.Finding{Text: fmt.Sprintf("the best on %s, %s with %.2f instance-hours, does not hold %s on %s; the winner is the best that does",
		r.Workload.Name, found[0].candidate.Family, found[0].totals.InstanceHours, r.SLO, r.Validation.Name)}, true
}

// holding is for a winner that holds on the validation trace.
func (p *Problem) holding(r *Report, _ []*trial) (simulation.Finding, bool) {
	w := r.Winner()
	if w == nil || w.Validation == nil || !w.Validation.Holds {
		return simulation.Finding{}, false
	}
	return simulation.Finding{Text: fmt.Sprintf("the winner holds %s on %s too: %s, %.2f instance-hours", r.SLO, r.Validation.Name, p.told(w.Validation), w.Validation.Totals.InstanceHours)}, true
}

// standing is for an objective that leaves no time to launch an instance.
func (p *Problem) standing(r *Report, _ []*trial) (simulation.Finding, bool) {
	bound := p.tuned.tightest()
	text := fmt.Sprintf("detection and boot take up to %s (%s until an alarm sees a job, %s until an instance works): %s needs capacity that is already there when jobs come",
		clock(r.Reaction.Sum()), clock(r.Reaction.Detection), clock(r.Reaction.Boot), r.TunedFor)
	w := r.Winner()
	if w == nil {
		return simulation.Finding{Text: text}, bound < r.Reaction.Sum()
	}
	text += fmt.Sprintf("; the cheapest policy that was found costs %.2f instance-hours", w.Hours)
	if w.Min > 0 {
		text += " and keeps at least " + instances(w.Min)
	}
	f := simulation.Finding{Text: text, Hint: "a shorter boot (an image with all in it), or a longer objective, costs less"}
	if w.Min > p.group().Min {
		f.Hint = fmt.Sprintf("set the group's minimum, which `eventscale up` does not change: aws autoscaling update-auto-scaling-group --auto-scaling-group-name NAME --min-size %d; %s", w.Min, f.Hint)
	}
	return f, bound < r.Reaction.Sum()
}

func instances(n int) string {
	switch n {
	case 0:
		return "no instance"
	case 1:
		return "1 instance"
	}
	return fmt.Sprintf("%d instances", n)
}

// costly is for a winner that a fixed fleet beats.
func (p *Problem) costly(r *Report, _ []*trial) (simulation.Finding, bool) {
	if !r.FleetIsCheaper() {
		return simulation.Finding{}, false
	}
	return simulation.Finding{
		Text: fmt.Sprintf("a fixed fleet of %d costs less than any policy that was found: %.2f instance-hours, not %.2f", r.Fixed.Min, r.Fixed.Hours, r.Winner().Hours),
		Hint: fmt.Sprintf("give the group a minimum and a maximum of %d, and no policy at all", r.Fixed.Min),
	}, true
}

// stopped is for a search that had no time to come to its end.
func (p *Problem) stopped(r *Report, _ []*trial) (simulation.Finding, bool) {
	return simulation.Finding{
		Text: fmt.Sprintf("the budget of %s was used up after %d candidates: there may be better ones, and another machine may find others", p.Budget, r.Tried),
		Hint: "a larger --budget, or one --policy",
	}, r.OutOfTime
}

// margin is for one that nobody asked for.
func (p *Problem) margin(r *Report, _ []*trial) (simulation.Finding, bool) {
	usual := p.SLO.scaled(DefaultMargin)
	return simulation.Finding{
		Text: fmt.Sprintf("the margin is %.2f, not %.1f: detection and boot take up to %s, which leaves %s no room", r.Margin, DefaultMargin, clock(r.Reaction.Sum()), usual),
		Hint: fmt.Sprintf("--margin %.1f tunes for that all the same, with instances that are always there", DefaultMargin),
	}, p.Margin == 0 && r.Margin != DefaultMargin
}

// foreign is for a winner that `eventscale up` does not make.
func (p *Problem) foreign(r *Report, _ []*trial) (simulation.Finding, bool) {
	w := r.Winner()
	if w == nil || w.Target == nil {
		return simulation.Finding{}, false
	}
	f := simulation.Finding{Text: "the winner is target tracking, with which `eventscale up` can only be compared"}
	if r.Writable != nil {
		f.Text += fmt.Sprintf("; the best that it makes is %s with %.2f instance-hours", r.Writable.Name, r.Writable.Hours)
	}
	return f, true
}

// unknownMax is for a group of which nobody said how large it may become.
func (p *Problem) unknownMax(r *Report, _ []*trial) (simulation.Finding, bool) {
	f := simulation.Finding{Text: fmt.Sprintf("the group was taken to have up to %s", instances(p.group().Max))}
	if w := r.Winner(); w != nil {
		f.Text += fmt.Sprintf("; the winner had %d at most", w.Totals.PeakInstances)
	}
	f.Hint = "give the group's own with --max"
	return f, p.OpenMax
}

// oneTrace is for a search without another trace.
func (p *Problem) oneTrace(*Report, []*trial) (simulation.Finding, bool) {
	return simulation.Finding{
		Text: "this was tuned on one trace, and held against no other",
		Hint: "--validate FILE holds the winner against another, --holdout 30% against the last part of this one",
	}, p.Validation == nil
}
