package sandbox

import (
	"errors"
	"fmt"
	"slices"
)

// check looks for what no program of ours leaves out of a world: a file that somebody edited may be JSON and yet no
// world, and everything else relies on it.
func (w *world) check() error {
	errs := []error{complete("role", w.Roles), complete("region", w.Regions)}
	for _, name := range sortedKeys(w.Regions) {
		if place := w.Regions[name]; place != nil {
			errs = append(errs, place.check())
		}
	}
	return firstError(errs...)
}

func (place *regional) check() error {
	if place.DeletedQueues == nil {
		return errors.New("there is no list of deleted queues")
	}
	if err := firstError(
		complete("queue", place.Queues), complete("function", place.Functions), complete("log group", place.LogGroups),
		complete("alarm", place.Alarms), complete("group", place.Groups),
	); err != nil {
		return err
	}
	for _, name := range sortedKeys(place.Queues) {
		if q := place.Queues[name]; q.Attributes == nil || slices.Contains(q.Messages, nil) {
			return damaged("queue", name)
		}
	}
	for _, name := range sortedKeys(place.Alarms) {
		if place.Alarms[name].Alarm.AlarmName == nil {
			return damaged("alarm", name)
		}
	}
	for _, name := range sortedKeys(place.Groups) {
		if !place.Groups[name].isWhole() {
			return damaged("group", name)
		}
	}
	return nil
}

// isWhole is whether the group has its numbers, and each of its instances a worker.
func (g *group) isWhole() bool {
	is := &g.Group
	if is.AutoScalingGroupName == nil || is.MinSize == nil || is.MaxSize == nil || is.DesiredCapacity == nil || len(is.AvailabilityZones) == 0 {
		return false
	}
	for i := range is.Instances {
		in := &is.Instances[i]
		if in.InstanceId == nil || in.AvailabilityZone == nil || g.Workers[*in.InstanceId] == nil {
			return false
		}
	}
	for _, p := range g.Policies {
		if p == nil || p.PolicyName == nil || p.PolicyARN == nil || p.PolicyType == nil {
			return false
		}
	}
	for i := range g.Activities {
		if a := &g.Activities[i]; a.ActivityId == nil || a.StartTime == nil {
			return false
		}
	}
	return g.Workers != nil && g.Policies != nil
}

// complete is whether there is a map, and everything in it.
func complete[T any](kind string, all map[string]*T) error {
	if all == nil {
		return fmt.Errorf("there is no list of its %ss", kind)
	}
	for _, name := range sortedKeys(all) {
		if all[name] == nil {
			return fmt.Errorf("%s %q is null", kind, name)
		}
	}
	return nil
}

func damaged(kind, name string) error { return fmt.Errorf("%s %q is damaged", kind, name) }
