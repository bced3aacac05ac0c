package stack

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// Spec is what a user asks for. Its JSON names are the flags' and the config file's: one word for one thing.
type Spec struct {
	ASG               string   `json:"asg"`
	Stack             string   `json:"stack"`
	Preset            string   `json:"preset"` // Safe or Classic
	Policy            string   `json:"policy"` // SimplePolicy, StepPolicy or TablePolicy
	FIFO              bool     `json:"fifo"`
	VisibilityTimeout Duration `json:"visibility-timeout"`

	ScaleOutAt int      `json:"scale-out-at"` // jobs
	ScaleInAt  int      `json:"scale-in-at"`  // jobs
	ScaleOutBy int      `json:"scale-out-by"` // instances
	ScaleInBy  int      `json:"scale-in-by"`  // instances
	Cooldown   Duration `json:"cooldown"`
	Period     Duration `json:"period"`
	Periods    int      `json:"periods"`

	Steps           []ScaleStep `json:"step,omitempty"`              // of StepPolicy, in ascending order
	Table           []TableRow  `json:"table,omitempty"`             // of TablePolicy, in ascending order; or
	JobsPerInstance int         `json:"jobs-per-instance,omitempty"` // from which the table is derived
	Warmup          Duration    `json:"warmup,omitempty"`            // of StepPolicy and TablePolicy: until a new instance counts; 0 leaves it to the group

	FunctionZip     string                      `json:"function-zip,omitempty"`
	Handler         string                      `json:"handler"`
	Runtime         string                      `json:"runtime"`
	Memory          int                         `json:"memory"` // MB
	FunctionTimeout Duration                    `json:"function-timeout"`
	Env             map[string]provision.Secret `json:"env,omitempty"`
	LogRetention    int                         `json:"log-retention"` // days
	CodeSHA256      string                      `json:"code-sha256"`   // of the deployment package, in base64

	Tags map[string]string `json:"tag,omitempty"`
}

// The presets.
const (
	Safe    = "safe"    // the reference design, mended
	Classic = "classic" // the reference design to the letter
)

// Defaults returns the spec of a user who names nothing but a group.
func Defaults() Spec {
	return Spec{
		Preset: Safe, Policy: SimplePolicy, VisibilityTimeout: Duration(15 * time.Minute),
		ScaleOutAt: 10, ScaleInAt: 2, ScaleOutBy: 2, ScaleInBy: 1,
		Cooldown: Duration(5 * time.Minute), Period: Duration(time.Minute), Periods: 2,
		Handler: "index.handler", Runtime: "python3.13", Memory: 256, FunctionTimeout: Duration(30 * time.Second),
		LogRetention: 14,
	}
}

// Duration is a time.Duration that is written as "5m0s".
type Duration time.Duration

// Seconds returns whole seconds.
func (d Duration) Seconds() int { return int(time.Duration(d) / time.Second) }

func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalJSON writes "5m".
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads it.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	parsed, err := time.ParseDuration(s)
	*d = Duration(parsed)
	return err
}

// FieldError is a value that cannot be used. It names the setting by the word that flag and config key
// have in common.
type FieldError struct {
	Field   string
	Value   string
	Allowed string // what would do
	Advice  string // what to type next; may be ""
}

func (e *FieldError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("--%s: %s", e.Field, e.Allowed)
	}
	return fmt.Sprintf("--%s %s: %s", e.Field, quoted(e.Value), e.Allowed)
}

// Hint says what to do.
func (e *FieldError) Hint() string { return e.Advice }

// quoted is a value as one would type it.
func quoted(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '"' || r == '\'' || r == 0x7f }) {
		return strconv.Quote(s)
	}
	return s
}

// Check returns every value of the spec that cannot be used, joined: *FieldErrors.
func (s *Spec) Check() error {
	var c checker
	c.names(s)
	c.numbers(s)
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
	c.must(s.ASG == "" || groupName().MatchString(s.ASG), "asg", s.ASG, "must be 1 to 255 characters, none of them a control character", "")
	c.must(stackName().MatchString(s.Stack), "stack", s.Stack, "must be of a-z, 0-9 and -, and begin and end with a letter or digit", "for example --stack "+cmp.Or(StackName(s.Stack), "gpu-workers"))
	c.must(len(s.Stack) <= maxStackName, "stack", s.Stack, fmt.Sprintf("must have at most %d characters, has %d", maxStackName, len(s.Stack)), "for example --stack "+StackName(s.Stack))
	c.must(s.Stack != reservedStack, "stack", s.Stack, "is the name of the sandbox's own file in the state folder", "for example --stack sandbox-1")
	c.must(s.Preset == Safe || s.Preset == Classic, "preset", s.Preset, "must be safe or classic", "")
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

// numbers: CloudWatch takes periods below a minute too; above it any multiple of a minute does. AWS/SQS
// publishes once a minute, so shorter ones would see nothing most of the time.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
func (c *checker) numbers(s *Spec) {
	period := time.Duration(s.Period)
	c.must(s.ScaleOutAt >= 1 && s.ScaleOutAt <= maxJobs, "scale-out-at", s.ScaleOutAt, "must be at least 1 job, and at most 1000000000", "")
	c.must(s.ScaleInAt >= 0, "scale-in-at", s.ScaleInAt, "must be at least 0 jobs", "")
	c.must(s.ScaleInAt < s.ScaleOutAt, "scale-in-at", s.ScaleInAt, fmt.Sprintf("must be less than --scale-out-at %d, or both alarms are true at once and the group goes up and down", s.ScaleOutAt),
		fmt.Sprintf("for example --scale-in-at %d", max(0, min(2, s.ScaleOutAt-1))))
	c.must(s.ScaleOutBy >= 1 && s.ScaleOutBy <= maxInstances, "scale-out-by", s.ScaleOutBy, "must be at least 1 instance, and at most 10000", "")
	c.must(s.ScaleInBy >= 1 && s.ScaleInBy <= maxInstances, "scale-in-by", s.ScaleInBy, "must be at least 1 instance, and at most 10000 (they are taken away)", "")
	c.must(s.Cooldown > 0 && time.Duration(s.Cooldown) <= maxCooldown && wholeSeconds(s.Cooldown), "cooldown", s.Cooldown, "must be whole seconds, from 1s to 24h", "for example --cooldown 5m")
	c.must(period >= time.Minute && period%time.Minute == 0, "period", s.Period, "must be a multiple of 1m: SQS publishes its metrics once a minute", "for example --period 1m")
	c.must(s.Periods >= 1, "periods", s.Periods, "must be at least 1", "")
	c.must(period < time.Minute || time.Duration(s.Periods) <= maxEvaluation/period, "periods", s.Periods, fmt.Sprintf("--period x --periods must be at most 24h, and --period is %s", s.Period), "")
	c.must(s.VisibilityTimeout >= 0 && time.Duration(s.VisibilityTimeout) <= maxVisibility && wholeSeconds(s.VisibilityTimeout), "visibility-timeout", s.VisibilityTimeout, "must be whole seconds, from 0s to 12h", "for example --visibility-timeout 15m")
	c.must(slices.Contains(retentionDays, s.LogRetention), "log-retention", s.LogRetention, "must be a number of days that CloudWatch Logs takes: "+intList(retentionDays), "")
}

func wholeSeconds(d Duration) bool { return time.Duration(d)%time.Second == 0 }

func intList(list []int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, ", ")
}

// handlerName and environmentName are Lambda's.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
var (
	handlerName     = pattern(`^[^\s]{1,128}$`)
	environmentName = pattern(`^[a-zA-Z][a-zA-Z0-9_]+$`)
)

func (c *checker) function(s *Spec) {
	timeout := time.Duration(s.FunctionTimeout)
	c.must(handlerName().MatchString(s.Handler), "handler", s.Handler, "must be 1 to 128 characters without white space", "for example --handler index.handler")
	c.must(s.Runtime != "", "runtime", s.Runtime, "must be a Lambda runtime", "for example --runtime python3.13")
	c.must(s.Memory >= minMemory && s.Memory <= maxMemory, "memory", s.Memory, "must be 128 to 10240 (MB)", "")
	c.must(timeout >= time.Second && timeout <= maxFunctionTimeout && wholeSeconds(s.FunctionTimeout), "function-timeout", s.FunctionTimeout, "must be whole seconds, from 1s to 15m", "")
	size := 0
	for name, value := range s.Env {
		size += len(name) + len(value.Reveal())
		c.must(environmentName().MatchString(name), "env", name, "a name must be of letters, digits and _, begin with a letter and have at least 2 characters", "--env NAME=VALUE")
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

// DefaultStackName returns the stack's name for a group, where the user gives none: the group's own, and
// where that had to be changed or cut, with some digits of its digest, so that no two groups share one.
func DefaultStackName(group string) string {
	name := StackName(group)
	if name == group && name != reservedStack || group == "" {
		return name
	}
	sum := sha256.Sum256([]byte(group))
	short := strings.TrimRight(name[:min(len(name), maxStackName-1-digestDigits)], "-")
	return strings.TrimLeft(short+"-"+hex.EncodeToString(sum[:])[:digestDigits], "-")
}

// digestDigits tell some tens of groups of one account apart without doubt.
const digestDigits = 6

// reservedStack is the name that the sandbox's world has in the state folder.
const reservedStack = "sandbox"

// StackName makes a name of any text that is one for a stack: at most 32 characters of a-z, 0-9 and -.
func StackName(group string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(group) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
	}
	name := b.String()
	return strings.Trim(name[:min(len(name), maxStackName)], "-")
}
