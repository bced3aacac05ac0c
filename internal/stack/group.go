package stack

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/eventscale/eventscale/internal/provision"
)

type groupAPI interface {
	DescribeAutoScalingGroups(context.Context, *autoscaling.DescribeAutoScalingGroupsInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error)
}

// groupReader returns a group by name: ErrNotFound where there is none. It asks AWS once for each.
type groupReader func(ctx context.Context, name string) (*types.AutoScalingGroup, error)

func newGroupReader(api groupAPI) groupReader {
	var mu sync.Mutex
	calls := map[string]func() (*types.AutoScalingGroup, error){}
	return func(ctx context.Context, name string) (*types.AutoScalingGroup, error) {
		mu.Lock()
		call, ok := calls[name]
		if !ok {
			call = fetch(ctx, func(ctx context.Context) (*types.AutoScalingGroup, error) { return describeGroup(ctx, api, name) })
			calls[name] = call
		}
		mu.Unlock()
		return call()
	}
}

func describeGroup(ctx context.Context, api groupAPI, name string) (*types.AutoScalingGroup, error) {
	out, err := api.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return nil, concise(err)
	}
	for _, g := range out.AutoScalingGroups {
		if aws.ToString(g.AutoScalingGroupName) == name {
			return &g, nil
		}
	}
	return nil, fmt.Errorf("the Auto Scaling group %q: %w", name, provision.ErrNotFound)
}

// GroupError says that the group of --asg does not exist.
type GroupError struct {
	Name   string
	Region string
	Nearby []string // names of other groups in the region, the nearest first

	unread error // why nothing is known of the resources either; nil where they were read
}

func (e *GroupError) Error() string {
	return fmt.Sprintf("--asg %s: there is no Auto Scaling group of that name in %s", quoted(e.Name), e.Region)
}

// Hint says what to do.
func (e *GroupError) Hint() string {
	if len(e.Nearby) == 0 {
		return "there is no Auto Scaling group in this region at all: check --region and --profile"
	}
	return "did you mean " + strings.Join(e.Nearby, ", ") + "? (the group must exist: eventscale never creates one)"
}

// mostNearby is how many names an error lists.
const mostNearby = 3

// missingGroup returns the error for a group that does not exist, with the names most like it.
func missingGroup(ctx context.Context, api groupAPI, name, region string) *GroupError {
	e := &GroupError{Name: name, Region: region}
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(api, &autoscaling.DescribeAutoScalingGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			break // the names are a courtesy
		}
		for _, g := range page.AutoScalingGroups {
			e.Nearby = append(e.Nearby, aws.ToString(g.AutoScalingGroupName))
		}
	}
	e.Nearby = Nearest(name, e.Nearby, mostNearby)
	return e
}

// Nearest returns at most n of the words, those most like the given one first.
func Nearest(word string, words []string, n int) []string {
	sorted := slices.Clone(words)
	slices.SortStableFunc(sorted, func(a, b string) int { return Distance(word, a) - Distance(word, b) })
	return sorted[:min(n, len(sorted))]
}

// Distance is Levenshtein's: how many letters must be put in, taken out or changed.
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
