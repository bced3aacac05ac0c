package simulation

import (
	"slices"

	"github.com/eventscale/eventscale/internal/loop"
)

// describe puts jobs into figures. There is at least one.
func describe(jobs []loop.Job) Workload {
	services := make([]loop.Millis, len(jobs))
	var busy loop.Millis
	for i, j := range jobs {
		services[i] = j.Service
		busy += j.Service
	}
	slices.Sort(services)
	return Workload{
		Messages: int64(len(jobs)), SpanSeconds: jobs[len(jobs)-1].Arrival.Seconds(), BusySeconds: busy.Seconds(),
		ServiceP50: percentile(services, 50).Seconds(), ServiceP95: percentile(services, 95).Seconds(),
		PeakPerMinute: peak(jobs),
	}
}

// percentile is the model's: of n values the one at floor((p*n+99)/100)-1.
func percentile(sorted []loop.Millis, p int) loop.Millis {
	return sorted[max((p*len(sorted)+99)/100-1, 0)]
}

// peak is the number of arrivals in the busiest minute.
func peak(jobs []loop.Job) int64 {
	var most, n int64
	minute := loop.Millis(-1)
	for _, j := range jobs {
		if at := j.Arrival / loop.Minute; at != minute {
			minute, n = at, 0
		}
		n++
		most = max(most, n)
	}
	return most
}

func groupOf(g *loop.GroupConfig) Group {
	return Group{
		Min: g.Min, Max: g.Max, Initial: g.Initial, Slots: g.Slots, LaunchSeconds: g.Launch.Seconds(),
		BootSeconds: g.Boot[0].Seconds(), WarmupSeconds: g.Warmup.Seconds(), ScaleIn: string(g.ScaleIn),
	}
}

// NotModelled is what the model leaves out, a sentence each.
func NotModelled() []string {
	return []string{
		"SQS's own approximation of its metrics, and the up to 15 minutes until the metrics of a queue that was idle for 6 hours start again.",
		"Jitter in when CloudWatch evaluates an alarm.",
		"Latency and batches of ReceiveMessage.",
		"A visibility timeout that ends under a live worker.",
		"Rebalancing between zones, launches that fail, lack of capacity, and Spot.",
		"Warm pools.",
		"EC2's minimum of 60 seconds in each bill.",
		"The order in which CloudWatch computes alarms of several metrics whose period is above a minute: each metric over the period first.",
		"The default cooldown of a group that has no default warm-up.",
	}
}
