package stack

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Check returns every value of the spec that cannot be used, joined: *FieldErrors.
func (s *Spec) Check() error {
	var c checker
	c.names(s)
	c.scaling(s)
	c.alarms(s)
	c.queue(s)
	c.function(s)
	c.tags(s.Tags)
	return errors.Join(c.errs...)
}

type checker struct{ errs []error }

func (c *checker) must(ok bool, field string, value any, allowed, advice string) {
	if !ok {
		c.errs = append(c.errs, &FieldError{field, fmt.Sprint(value), allowed, advice})
	}
}

var stackName = pattern(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// groupName: AWS takes any character but control characters, 1..255.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html
var groupName = pattern(`^[^\p{Cc}]{1,255}$`)

func (c *checker) names(s *Spec) {
	c.must(s.ASG != "", "asg", s.ASG, "the name of an existing Auto Scaling group is required", "eventscale up --asg NAME; try it without an account: eventscale up --asg gpu-workers --sandbox")
	c.must(s.ASG == "" || groupName().MatchString(s.ASG), "asg", s.ASG, groupNameAllowed, "")
	c.must(stackName().MatchString(s.Stack), "stack", s.Stack, "must be of a-z, 0-9 and -, and begin and end with a letter or digit", "for example --stack "+cmp.Or(StackName(s.Stack), "gpu-workers"))
	c.must(len(s.Stack) <= maxStackName, "stack", s.Stack, fmt.Sprintf("must have at most %d characters, has %d", maxStackName, len(s.Stack)), "for example --stack "+StackName(s.Stack))
	c.must(s.Stack != reservedStack, "stack", s.Stack, "is the name of the sandbox's own file in the state folder", "for example --stack sandbox-1")
	c.must(known(s.Preset), "preset", s.Preset, "must be "+orList(Presets()), "")
}

// Limits of CloudWatch, SQS and Auto Scaling.
const (
	maxStackName        = 32
	maxEvaluation       = 24 * time.Hour // period x periods, for periods under an hour
	maxVisibility       = 12 * time.Hour
	maxFunctionTimeout  = 15 * time.Minute
	minMemory           = 128   // MB
	maxMemory           = 10240 // MB
	maxTags             = 50 - 5
	maxJobs             = 1_000_000_000 // far above the 120,000 that SQS has in flight at once
	maxInstances        = 10_000        // of one step
	maxCooldown         = 24 * time.Hour
	maxTagKey           = 128
	maxTagValue         = 256
	maxEnvironmentBytes = 4096
)

// alarms: CloudWatch takes periods below a minute too; above it any multiple of a minute does. AWS/SQS
// publishes once a minute, so shorter ones would see nothing most of the time.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
func (c *checker) alarms(s *Spec) {
	period := time.Duration(s.Period)
	c.must(period >= time.Minute && period%time.Minute == 0, "period", s.Period, "must be a multiple of 1m: SQS publishes its metrics once a minute", "for example --period 1m")
	c.must(s.Periods >= 1, "periods", s.Periods, "must be at least 1", "")
	c.must(period < time.Minute || time.Duration(s.Periods) <= maxEvaluation/period, "periods", s.Periods, fmt.Sprintf("--period x --periods must be at most 24h, and --period is %s", s.Period), "")
}

func (c *checker) queue(s *Spec) {
	c.must(s.VisibilityTimeout >= 0 && time.Duration(s.VisibilityTimeout) <= maxVisibility && wholeSeconds(s.VisibilityTimeout), "visibility-timeout", s.VisibilityTimeout, "must be whole seconds, from 0s to 12h", "for example --visibility-timeout 15m")
}

func wholeSeconds(d Duration) bool { return time.Duration(d)%time.Second == 0 }

func intList(list []int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, ", ")
}

// orList is "a, b or c".
func orList(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// handlerName and environmentName are Lambda's.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
var (
	handlerName     = pattern(`^[^\s]{1,128}$`)
	environmentName = pattern(`^[a-zA-Z][a-zA-Z0-9_]+$`)
)

func (c *checker) function(s *Spec) {
	timeout := time.Duration(s.FunctionTimeout)
	c.must(slices.Contains(retentionDays, s.LogRetention), "log-retention", s.LogRetention, "must be a number of days that CloudWatch Logs takes: "+intList(retentionDays), "")
	c.must(handlerName().MatchString(s.Handler), "handler", s.Handler, "must be 1 to 128 characters without white space", "for example --handler index.handler")
	c.must(s.Runtime != "", "runtime", s.Runtime, "must be a Lambda runtime", "for example --runtime python3.13")
	c.must(s.Memory >= minMemory && s.Memory <= maxMemory, "memory", s.Memory, "must be 128 to 10240 (MB)", "")
	c.must(timeout >= time.Second && timeout <= maxFunctionTimeout && wholeSeconds(s.FunctionTimeout), "function-timeout", s.FunctionTimeout, "must be whole seconds, from 1s to 15m", "")
	size := 0
	for name, value := range s.Env {
		size += len(name) + len(value.Reveal())
		c.must(environmentName().MatchString(name), "env", name, "a name must be of letters, digits and _, begin with a letter and have at least 2 characters", "--env NAME=VALUE")
		c.must(value.Reveal() != unshown, "env", name+"="+unshown, "the dots stand for a value that is not shown: give the value itself", "")
		c.must(name != queueURLVariable, "env", name, "is set by eventscale itself", "")
		c.must(!strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "LAMBDA_"), "env", name, "names that begin with AWS_ or LAMBDA_ are Lambda's own", "")
	}
	c.must(size <= maxEnvironmentBytes-len(queueURLVariable)-maxQueueURL, "env", fmt.Sprintf("(%d bytes)", size), "all variables together must fit into 4 KB", "")
}

// maxQueueURL is room for QUEUE_URL's value in the function's 4 KB of environment.
const maxQueueURL = 256

func (c *checker) tags(tags map[string]string) {
	c.must(len(tags) <= maxTags, "tag", len(tags), fmt.Sprintf("at most %d tags: AWS takes 50, and 5 are eventscale's own", maxTags), "")
	for key, value := range tags {
		c.must(key != "" && len([]rune(key)) <= maxTagKey, "tag", key+"="+value, "a key must be 1 to 128 characters", "--tag KEY=VALUE")
		c.must(len([]rune(value)) <= maxTagValue, "tag", key+"="+value, "a value must be at most 256 characters", "")
		c.must(tagText().MatchString(key) && tagText().MatchString(value), "tag", key+"="+value, "must be of letters, digits, spaces and _.:/=+-@", "")
		c.must(!strings.HasPrefix(strings.ToLower(key), "aws:"), "tag", key+"="+value, "keys that begin with aws: are AWS's own", "")
		c.must(!strings.HasPrefix(key, "eventscale:"), "tag", key+"="+value, "keys that begin with eventscale: are eventscale's own", "")
	}
}

// tagText is what every service here takes in tags.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
var tagText = pattern(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// pattern returns a regular expression that is compiled when first used: most commands use none.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
