package workload

import (
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/eventscale/eventscale/internal/loop"
)

// Shape is a built-in profile: how busy which stretch of time is, beside the others.
type Shape struct {
	Name, Text string // Text is one sentence: what it looks like, and how long it is
	parts      []part
}

// part is a stretch of time with a share of the jobs, which are spread evenly over it.
type part struct {
	minutes int64
	weight  int64 // its jobs, beside those of the other parts
}

// Shapes are the built-in profiles.
func Shapes() []Shape {
	return []Shape{
		{"steady", "4 hours of evenly spaced jobs", []part{{240, 1000}}},
		{"burst", "4 hours: a tenth of the jobs evenly, and 30 % each in 5 minutes from minute 30, 90 and 180 on", []part{
			{30, 13}, {5, 300}, {55, 25}, {5, 300}, {85, 37}, {5, 300}, {55, 25},
		}},
		{"diurnal", "24 hours: a day, whose busiest hour (14:00) has ten times the jobs of its quietest (04:00)", day()},
		{"nightly-batch", "24 hours: a third of the jobs evenly, and two thirds within 5 minutes from 02:00 on", []part{
			{120, 28}, {5, 667}, {1315, 305},
		}},
	}
}

// day is the share of each hour of a day: between the quietest, at 4, and the busiest, at 14.
func day() []part {
	hours := []int64{20, 15, 11, 9, 8, 10, 15, 23, 34, 46, 57, 67, 75, 79, 80, 76, 70, 63, 56, 50, 44, 38, 31, 23}
	parts := make([]part, len(hours))
	for i, weight := range hours {
		parts[i] = part{60, weight}
	}
	return parts
}

// Profile makes the jobs of a built-in profile: as many as come to the rate, in jobs a minute, on average.
// The options must have a job time.
func Profile(name string, rate float64, o Options) (*Loaded, error) {
	for _, s := range Shapes() {
		if s.Name == name {
			return s.jobs(rate, o)
		}
	}
	return nil, &InputError{Problem: fmt.Sprintf("there is no profile %q", name), Advice: "there are " + strings.Join(ProfileNames(), ", ")}
}

// ProfileNames are those of the built-in profiles.
func ProfileNames() []string {
	var names []string
	for _, s := range Shapes() {
		names = append(names, s.Name)
	}
	return names
}

func (s Shape) jobs(rate float64, o Options) (*Loaded, error) {
	var minutes, weight int64
	for _, p := range s.parts {
		minutes, weight = minutes+p.minutes, weight+p.weight
	}
	count := math.Round(rate * float64(minutes))
	if !(count >= 1 && count <= MaxJobs) {
		return nil, &InputError{
			Problem: fmt.Sprintf("%v jobs a minute for %d minutes are %v jobs: there must be 1 to %d", rate, minutes, count, MaxJobs),
			Advice:  "for example --rate 5",
		}
	}
	jobs := make([]loop.Job, 0, int(count))
	var begin loop.Millis
	var below int64 // the weight of the parts before
	for _, p := range s.parts {
		jobs = p.fill(jobs, int64(count), begin, below, weight)
		begin, below = begin+loop.Millis(p.minutes)*loop.Minute, below+p.weight
	}
	serve(jobs, o)
	return New(s.Name, jobs)
}

// fill adds the part's jobs. Job j stands at (2j+1)/(2n) of all weight; where that lies within the part
// says when it comes.
func (p part) fill(jobs []loop.Job, n int64, begin loop.Millis, below, all int64) []loop.Job {
	for int64(len(jobs)) < n {
		at := (2*int64(len(jobs))+1)*all - 2*n*below // of 2n * weight
		if at >= 2*n*p.weight {
			break
		}
		high, low := bits.Mul64(uint64(at), uint64(p.minutes)*uint64(loop.Minute))
		offset, _ := bits.Div64(high, low, uint64(2*n*p.weight))
		jobs = append(jobs, loop.Job{Arrival: begin + loop.Millis(offset)})
	}
	return jobs
}

// serve gives each job its time.
func serve(jobs []loop.Job, o Options) {
	for i := range jobs {
		jobs[i].Service = o.JobTime.Of(uint64(i), o.Seed)
	}
}
