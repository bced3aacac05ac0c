package sandbox

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Where a sandbox lives unless it is told otherwise.
const (
	defaultAccount = "123456789012"
	defaultRegion  = "us-east-1"
)

// world is all that a sandbox holds. It goes to its file as JSON, so what must outlive the process
// is exported. It has no lock of its own: handlers run one at a time.
type world struct {
	Account string
	Region  string
	Roles   map[string]*role     // IAM is global; by name in lower case, because IAM compares names so
	Regions map[string]*regional // all other services; made when a region is first asked for
	Workers Workers

	delays Delays
	gate   gate
}

// regional is what one region holds.
type regional struct {
	Queues        map[string]*queue
	DeletedQueues map[string]time.Time // when a queue of this name was last deleted
	LeavingQueues map[string]*queue    // deleted ones that may still answer; nil at first
	Functions     map[string]*function
	LogGroups     map[string]*logGroup
	Alarms        map[string]*alarm
	AlarmHistory  []types.AlarmHistoryItem // newest first
	Groups        map[string]*group

	Sampled   minute // the newest of which the metrics have datapoints
	Evaluated minute // the newest that the alarms have seen
}

// newWorld returns a world in which nothing has happened yet: it holds the group gpu-workers.
func newWorld(now time.Time) *world {
	w := &world{
		Account: defaultAccount,
		Region:  defaultRegion,
		Roles:   map[string]*role{},
		Regions: map[string]*regional{},
		Workers: DefaultWorkers(),
		delays:  DefaultDelays(),
	}
	w.Regions[w.Region] = newRegional(w.Account, w.Region, now)
	return w
}

func newRegional(account, region string, now time.Time) *regional {
	return &regional{
		Queues:        map[string]*queue{},
		DeletedQueues: map[string]time.Time{},
		Functions:     map[string]*function{},
		LogGroups:     map[string]*logGroup{},
		Alarms:        map[string]*alarm{},
		Groups:        map[string]*group{firstGroup: newFirstGroup(account, region, now)},
		Sampled:       minuteOf(now) - 1,
		Evaluated:     minuteOf(now) - 1,
	}
}

// in returns the region that a request speaks to.
func (w *world) in(r *request) *regional {
	place, ok := w.Regions[r.region]
	if !ok {
		place = newRegional(r.account, r.region, r.now)
		w.Regions[r.region] = place
	}
	return place
}

// services lists every operation the sandbox knows, by the service's signing name.
func (w *world) services() map[string][]operation {
	return w.guarded(map[string][]operation{
		"sqs":         w.sqsOperations(),
		"iam":         w.iamOperations(),
		"sts":         w.stsOperations(),
		"lambda":      w.lambdaOperations(),
		"logs":        w.logsOperations(),
		"monitoring":  w.cloudwatchOperations(),
		"autoscaling": w.autoscalingOperations(),
	})
}

// arn returns the ARN of a regional resource of the caller's account.
func (r *request) arn(service, resource string) string {
	return strings.Join([]string{"arn", r.partition, service, r.region, r.account, resource}, ":")
}

// byName returns the values of a map in the order of their keys, which is the order of AWS's lists.
func byName[T any](m map[string]T) []T {
	values := make([]T, 0, len(m))
	for _, key := range sortedKeys(m) {
		values = append(values, m[key])
	}
	return values
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
