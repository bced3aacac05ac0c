package workload

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
)

// JobTime says how long a worker takes for a job: one time for all, or a lognormal distribution, as job
// times mostly have. The zero JobTime says nothing.
type JobTime struct {
	Median time.Duration
	P95    time.Duration // 0: every job takes the median
}

// AllowedJobTime says what a job time looks like.
const AllowedJobTime = "must be a duration above 0 such as 40s, or lognormal:MEDIAN,P95 such as lognormal:30s,2m"

// maxJobTime: AWS lets no message be in flight for longer than 12 hours, so that no job of a queue takes longer.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const maxJobTime = 12 * time.Hour

// lognormalPrefix begins a distribution.
const lognormalPrefix = "lognormal:"

// ParseJobTime reads "40s" or "lognormal:30s,2m".
func ParseJobTime(s string) (JobTime, error) {
	refused := func() (JobTime, error) { return JobTime{}, errors.New(AllowedJobTime) }
	words, distributed := strings.CutPrefix(s, lognormalPrefix)
	median, p95, two := strings.Cut(words, ",")
	if two != distributed {
		return refused()
	}
	var j JobTime
	var err error
	if j.Median, err = time.ParseDuration(median); err != nil || j.Median < time.Millisecond {
		return refused()
	}
	if distributed {
		if j.P95, err = time.ParseDuration(p95); err != nil {
			return refused()
		}
		if j.P95 < j.Median {
			return JobTime{}, fmt.Errorf("the 95th percentile, %s, must not be below the median, %s", p95, median)
		}
	}
	if max(j.Median, j.P95) > maxJobTime {
		return JobTime{}, fmt.Errorf("must be at most 12h: SQS lets no message be in flight for longer")
	}
	return j, nil
}

// Given reports whether the job time says anything.
func (j JobTime) Given() bool { return j.Median > 0 }

// String is what ParseJobTime reads.
func (j JobTime) String() string {
	switch {
	case !j.Given():
		return ""
	case j.P95 == 0:
		return short(j.Median)
	}
	return lognormalPrefix + short(j.Median) + "," + short(j.P95)
}

// short writes 2m0s as 2m.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// z95 is the 95th percentile of the standard normal distribution.
const z95 = 1.6448536269514722

// Of is the time of the message with an index: for a distribution, its quantile at a number from 0 to 1
// that is a hash of the index and the seed.
func (j JobTime) Of(index, seed uint64) loop.Millis {
	if j.P95 == 0 {
		return max(1, loop.FromSeconds(j.Median.Seconds()))
	}
	sigma := math.Log(j.P95.Seconds()/j.Median.Seconds()) / z95
	z := math.Sqrt2 * math.Erfinv(2*uniform(seed^index)-1)
	return max(1, loop.FromSeconds(min(j.Median.Seconds()*math.Exp(sigma*z), maxDrawn.Seconds())))
}

// maxDrawn bounds what a distribution with a long tail can yield.
const maxDrawn = 10 * maxJobTime

// uniform is a hash of x as a number between 0 and 1, neither included.
func uniform(x uint64) float64 { return (float64(loop.Splitmix64(x)>>11) + 0.5) / (1 << 53) }
