package stack

import (
	"cmp"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

// change is what somebody else does to one property of one resource behind our back.
type change struct {
	of     string // logical ID
	preset string // "" is the default
	by     func(*project)
	shown  string // the property as status names it; "" where that is its own name
	have   string // what status then shows, or a part of it
	drift  Drift  // "" is Modified
}

// keepsItsValue are the properties that nobody can change on an object that keeps its name, and why.
var keepsItsValue = map[string]string{
	"queueProperties.FifoQueue":                    "the name of a FIFO queue says what it is",
	"queueProperties.Others":                       "what is somebody else's is carried over, and is no drift",
	"alarmProperties.Others":                       "the same",
	"scalingPolicyProperties.AutoScalingGroupName": "a policy is on the group that it is found on",
}

func setsQueue(attribute, value string) func(*project) {
	return func(p *project) {
		p.done(p.theirs.sqs.SetQueueAttributes(p.Context(), &sqs.SetQueueAttributesInput{
			QueueUrl: testQueueURL(testQueue), Attributes: map[string]string{attribute: value},
		}))
	}
}

func setsFunction(set func(*lambda.UpdateFunctionConfigurationInput)) func(*project) {
	return func(p *project) {
		in := &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String(testFunction)}
		set(in)
		p.done(p.theirs.lambda.UpdateFunctionConfiguration(p.Context(), in))
	}
}

func tagsFunction(key, value string) func(*project) {
	return func(p *project) {
		p.done(p.theirs.lambda.TagResource(p.Context(), &lambda.TagResourceInput{
			Resource: aws.String(home.arn("lambda", "function:"+testFunction)), Tags: map[string]string{key: value},
		}))
	}
}

// setsAlarm puts an alarm again as it is but for one thing.
func setsAlarm(name string, set func(*cloudwatch.PutMetricAlarmInput)) func(*project) {
	return func(p *project) {
		alarm := must(p.T, func() (*cloudwatch.DescribeAlarmsOutput, error) {
			return p.theirs.cloudwatch.DescribeAlarms(p.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}})
		}).MetricAlarms[0]
		in := &cloudwatch.PutMetricAlarmInput{
			AlarmName: &name, AlarmDescription: alarm.AlarmDescription, EvaluationPeriods: alarm.EvaluationPeriods,
			DatapointsToAlarm: alarm.DatapointsToAlarm, Threshold: alarm.Threshold, ComparisonOperator: alarm.ComparisonOperator,
			TreatMissingData: alarm.TreatMissingData, ActionsEnabled: alarm.ActionsEnabled, AlarmActions: alarm.AlarmActions,
			Metrics: alarm.Metrics, Namespace: alarm.Namespace, MetricName: alarm.MetricName, Dimensions: alarm.Dimensions,
			Statistic: alarm.Statistic, Period: alarm.Period, Unit: alarm.Unit,
		}
		set(in)
		p.done(p.theirs.cloudwatch.PutMetricAlarm(p.Context(), in))
	}
}

// setsMath changes one entry of a metric-math alarm.
func setsMath(id string, set func(*cwtypes.MetricDataQuery)) func(*project) {
	return setsAlarm("eventscale-gpu-workers-scale-in", func(in *cloudwatch.PutMetricAlarmInput) {
		i := slices.IndexFunc(in.Metrics, func(q cwtypes.MetricDataQuery) bool { return *q.Id == id })
		set(&in.Metrics[i])
	})
}

// setsPolicy puts a policy again as it is but for one thing.
func setsPolicy(name string, set func(*autoscaling.PutScalingPolicyInput)) func(*project) {
	return func(p *project) {
		policy := must(p.T, func() (*autoscaling.DescribePoliciesOutput, error) {
			return p.theirs.autoscaling.DescribePolicies(p.Context(), &autoscaling.DescribePoliciesInput{
				AutoScalingGroupName: aws.String(testGroup), PolicyNames: []string{name},
			})
		}).ScalingPolicies[0]
		in := scalingPolicyFrom(policy).input(testGroup, name)
		set(in)
		p.done(p.theirs.autoscaling.PutScalingPolicy(p.Context(), in))
	}
}

func tagsRole(key, value string) func(*project) {
	return func(p *project) {
		p.done(p.theirs.iam.TagRole(p.Context(), &iam.TagRoleInput{RoleName: aws.String(testRole), Tags: roleTags(provision.Tags{key: value})}))
	}
}

// changes are one change, at least, to every property of every kind. Of a property that is a list of structs, to
// every field of these.
func changes() map[reflect.Type]map[string]change {
	const stepOut = "eventscale-gpu-workers-step-out"
	const team = "Tags.team"
	simple := func(set func(*autoscaling.PutScalingPolicyInput)) func(*project) { return setsPolicy(testPolicy, set) }
	step := func(set func(*autoscaling.PutScalingPolicyInput)) func(*project) { return setsPolicy(stepOut, set) }
	alarm := func(set func(*cloudwatch.PutMetricAlarmInput)) func(*project) { return setsAlarm(testAlarm, set) }
	return map[reflect.Type]map[string]change{
		reflect.TypeFor[queueProperties](): {
			"MessageRetentionPeriod":        {of: JobQueue, by: setsQueue("MessageRetentionPeriod", "60"), have: "60"},
			"VisibilityTimeout":             {of: JobQueue, by: setsQueue("VisibilityTimeout", "30"), have: "30"},
			"ReceiveMessageWaitTimeSeconds": {of: JobQueue, by: setsQueue("ReceiveMessageWaitTimeSeconds", "0"), have: "0"},
			"DelaySeconds":                  {of: JobQueue, by: setsQueue("DelaySeconds", "900"), have: "900"},
			"MaximumMessageSize":            {of: JobQueue, by: setsQueue("MaximumMessageSize", "1024"), have: "1024"},
			"SqsManagedSseEnabled":          {of: JobQueue, by: setsQueue("KmsMasterKeyId", "alias/aws/sqs"), have: "false"},
			"RedrivePolicy": {of: JobQueue, have: "theirs", by: func(p *project) {
				p.addQueue("theirs", nil)
				setsQueue("RedrivePolicy", redriveTo("theirs", "5"))(p)
			}},
			"RedriveAllowPolicy": {of: JobQueue, by: setsQueue("RedriveAllowPolicy", `{"redrivePermission":"denyAll"}`), have: "denyAll"},
			"Policy":             {of: JobQueue, by: setsQueue("Policy", "")},
			"Tags": {of: JobQueue, shown: team, have: "theirs", by: func(p *project) {
				p.done(p.theirs.sqs.TagQueue(p.Context(), &sqs.TagQueueInput{QueueUrl: testQueueURL(testQueue), Tags: map[string]string{"team": "theirs"}}))
			}},
		},
		reflect.TypeFor[roleProperties](): {
			"AssumeRolePolicyDocument": {of: IngestRole, have: "ec2.amazonaws.com", by: func(p *project) {
				p.done(p.theirs.iam.UpdateAssumeRolePolicy(p.Context(), &iam.UpdateAssumeRolePolicyInput{
					RoleName: aws.String(testRole), PolicyDocument: aws.String(trust("ec2.amazonaws.com")),
				}))
			}},
			"Description": {of: IngestRole, have: "mine", by: func(p *project) {
				p.done(p.theirs.iam.UpdateRole(p.Context(), &iam.UpdateRoleInput{RoleName: aws.String(testRole), Description: aws.String("mine")}))
			}},
			"Tags": {of: IngestRole, shown: team, by: tagsRole("team", "theirs"), have: "theirs"},
		},
		reflect.TypeFor[rolePolicyProperties](): {
			"PolicyDocument": {of: IngestRolePolicy, by: func(p *project) { p.addRolePolicy(ingestPolicy) }, have: "c:d"},
		},
		reflect.TypeFor[logGroupProperties](): {
			"RetentionInDays": {of: IngestLogGroup, have: "0", by: func(p *project) {
				p.done(p.theirs.logs.DeleteRetentionPolicy(p.Context(), &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: aws.String(logGroupOf(testFunction))}))
			}},
			"Tags": {of: IngestLogGroup, shown: team, have: "theirs", by: func(p *project) {
				p.done(p.theirs.logs.TagResource(p.Context(), &cloudwatchlogs.TagResourceInput{
					ResourceArn: aws.String(home.arn("logs", "log-group:"+logGroupOf(testFunction))), Tags: map[string]string{"team": "theirs"},
				}))
			}},
		},
		reflect.TypeFor[functionProperties](): {
			"Handler":    {of: IngestFunction, by: setsFunction(func(in *lambda.UpdateFunctionConfigurationInput) { in.Handler = aws.String("a.b") }), have: "a.b"},
			"Runtime":    {of: IngestFunction, by: setsFunction(func(in *lambda.UpdateFunctionConfigurationInput) { in.Runtime = "python3.12" }), have: "python3.12"},
			"MemorySize": {of: IngestFunction, by: setsFunction(func(in *lambda.UpdateFunctionConfigurationInput) { in.MemorySize = aws.Int32(128) }), have: "128"},
			"Timeout":    {of: IngestFunction, by: setsFunction(func(in *lambda.UpdateFunctionConfigurationInput) { in.Timeout = aws.Int32(3) }), have: "3"},
			"Role": {of: IngestFunction, have: "theirs", by: func(p *project) {
				p.addRole("theirs", "lambda.amazonaws.com")
				setsFunction(func(in *lambda.UpdateFunctionConfigurationInput) { in.Role = aws.String(roleARN("theirs")) })(p)
			}},
			"RoleID": {of: IngestFunction, by: tagsFunction(roleIDTag, "AROAOFBEFORE"), have: "AROAOFBEFORE"},
			"Environment": {of: IngestFunction, shown: "Environment." + queueURLVariable, by: setsFunction(func(in *lambda.UpdateFunctionConfigurationInput) {
				in.Environment = &lambdatypes.Environment{Variables: map[string]string{queueURLVariable: "elsewhere"}}
			})},
			"Architecture": {of: IngestFunction, have: "x86_64", by: func(p *project) {
				p.done(p.theirs.lambda.UpdateFunctionCode(p.Context(), &lambda.UpdateFunctionCodeInput{
					FunctionName: aws.String(testFunction), ZipFile: p.zip, Architectures: []lambdatypes.Architecture{"x86_64"},
				}))
			}},
			"Code": {of: IngestFunction, have: "sha256 ", by: func(p *project) {
				p.done(p.theirs.lambda.UpdateFunctionCode(p.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: aws.String(testFunction), ZipFile: zipped("1/0")}))
			}},
			"KmsKeyArn": {of: IngestFunction, have: "key/1", by: setsFunction(func(in *lambda.UpdateFunctionConfigurationInput) {
				in.KMSKeyArn = aws.String("arn:aws:kms:us-east-1:123456789012:key/1")
			})},
			"Layers": {of: IngestFunction, have: "layer:a:1", by: setsFunction(func(in *lambda.UpdateFunctionConfigurationInput) {
				in.Layers = []string{"arn:aws:lambda:us-east-1:123456789012:layer:a:1"}
			})},
			"VpcConfig": {of: IngestFunction, have: "subnet-1", by: setsFunction(func(in *lambda.UpdateFunctionConfigurationInput) {
				in.VpcConfig = &lambdatypes.VpcConfig{SubnetIds: []string{"subnet-1"}, SecurityGroupIds: []string{"sg-1"}}
			})},
			"LogGroup": {of: IngestFunction, have: "/theirs", by: setsFunction(func(in *lambda.UpdateFunctionConfigurationInput) {
				in.LoggingConfig = &lambdatypes.LoggingConfig{LogGroup: aws.String("/theirs")}
			})},
			"Tags": {of: IngestFunction, shown: team, by: tagsFunction("team", "theirs"), have: "theirs"},
		},
		reflect.TypeFor[scalingPolicyProperties](): {
			"PolicyType": {of: ScaleOutPolicy, have: stepScaling, by: func(p *project) {
				p.done(p.theirs.autoscaling.DeletePolicy(p.Context(), &autoscaling.DeletePolicyInput{
					AutoScalingGroupName: aws.String(testGroup), PolicyName: aws.String(testPolicy),
				}))
				p.done(p.theirs.autoscaling.PutScalingPolicy(p.Context(), &autoscaling.PutScalingPolicyInput{
					AutoScalingGroupName: aws.String(testGroup), PolicyName: aws.String(testPolicy), PolicyType: aws.String(stepScaling),
					AdjustmentType: aws.String("ChangeInCapacity"), StepAdjustments: stepAdjustments{}.from(0, 9).input(),
				}))
			}},
			"AdjustmentType":          {of: ScaleOutPolicy, by: simple(func(in *autoscaling.PutScalingPolicyInput) { in.AdjustmentType = aws.String("ExactCapacity") }), have: "ExactCapacity"},
			"ScalingAdjustment":       {of: ScaleOutPolicy, by: simple(func(in *autoscaling.PutScalingPolicyInput) { in.ScalingAdjustment = aws.Int32(20) }), have: "20"},
			"Cooldown":                {of: ScaleOutPolicy, by: simple(func(in *autoscaling.PutScalingPolicyInput) { in.Cooldown = aws.Int32(0) }), have: "0"},
			"Enabled":                 {of: ScaleOutPolicy, by: simple(func(in *autoscaling.PutScalingPolicyInput) { in.Enabled = aws.Bool(false) }), have: "false"},
			"MetricAggregationType":   {of: StepOutPolicy, preset: Step, by: step(func(in *autoscaling.PutScalingPolicyInput) { in.MetricAggregationType = aws.String("Average") }), have: "Average"},
			"EstimatedInstanceWarmup": {of: StepOutPolicy, preset: Step, by: step(func(in *autoscaling.PutScalingPolicyInput) { in.EstimatedInstanceWarmup = aws.Int32(7) }), have: "7"},
			"StepAdjustments.MetricIntervalLowerBound": {of: StepOutPolicy, preset: Step, have: "0..: 2", by: step(func(in *autoscaling.PutScalingPolicyInput) {
				in.StepAdjustments = []astypes.StepAdjustment{{MetricIntervalLowerBound: aws.Float64(0), ScalingAdjustment: aws.Int32(2)}}
			})},
			"StepAdjustments.MetricIntervalUpperBound": {of: StepOutPolicy, preset: Step, have: "0..60: 2", by: step(func(in *autoscaling.PutScalingPolicyInput) {
				in.StepAdjustments[0].MetricIntervalUpperBound, in.StepAdjustments[1].MetricIntervalLowerBound = aws.Float64(60), aws.Float64(60)
			})},
			"StepAdjustments.ScalingAdjustment": {of: StepOutPolicy, preset: Step, have: "19", by: step(func(in *autoscaling.PutScalingPolicyInput) {
				in.StepAdjustments[0].ScalingAdjustment = aws.Int32(19)
			})},
		},
		reflect.TypeFor[metricsCollectionProperties](): {
			"Metric": {of: GroupMetrics, drift: Deleted, by: func(p *project) {
				p.done(p.theirs.autoscaling.DisableMetricsCollection(p.Context(), &autoscaling.DisableMetricsCollectionInput{AutoScalingGroupName: aws.String(testGroup)}))
			}},
		},
		reflect.TypeFor[alarmProperties](): {
			"AlarmDescription":   {of: ScaleOutAlarm, by: alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmDescription = aws.String("mine") }), have: "mine"},
			"EvaluationPeriods":  {of: ScaleOutAlarm, by: alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.EvaluationPeriods = aws.Int32(5) }), have: "5"},
			"DatapointsToAlarm":  {of: ScaleOutAlarm, by: alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.DatapointsToAlarm = aws.Int32(1) }), have: "1"},
			"Threshold":          {of: ScaleOutAlarm, by: alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.Threshold = aws.Float64(1e6) }), have: "1000000"},
			"ComparisonOperator": {of: ScaleOutAlarm, by: alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.ComparisonOperator = atMost }), have: atMost},
			"TreatMissingData":   {of: ScaleOutAlarm, by: alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.TreatMissingData = nil }), have: "missing"},
			"ActionsEnabled":     {of: ScaleOutAlarm, by: alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.ActionsEnabled = aws.Bool(false) }), have: "false"},
			"AlarmActions": {of: ScaleOutAlarm, have: "sns", by: alarm(func(in *cloudwatch.PutMetricAlarmInput) {
				in.AlarmActions = []string{"arn:aws:sns:us-east-1:123456789012:mail"}
			})},
			"Tags": {of: ScaleOutAlarm, shown: team, have: "theirs", by: func(p *project) {
				p.done(p.theirs.cloudwatch.TagResource(p.Context(), &cloudwatch.TagResourceInput{
					ResourceARN: aws.String(home.arn("cloudwatch", "alarm:"+testAlarm)), Tags: alarmTags(provision.Tags{"team": "theirs"}),
				}))
			}},
			"Metrics.ID": {of: ScaleInAlarm, have: "renamed", by: setsMath("backlog", func(q *cwtypes.MetricDataQuery) { q.Id = aws.String("renamed") })},
			"Metrics.Expression": {of: ScaleInAlarm, have: "visible * 0", by: setsMath("backlog", func(q *cwtypes.MetricDataQuery) {
				q.Expression = aws.String("visible * 0")
			})},
			"Metrics.AccountID": {of: ScaleInAlarm, have: "999999999999", by: setsMath("in_flight", func(q *cwtypes.MetricDataQuery) { q.AccountId = aws.String("999999999999") })},
			"Metrics.NotWatched": {of: ScaleInAlarm, have: "NotWatched", by: func(p *project) {
				setsAlarm("eventscale-gpu-workers-scale-in", func(in *cloudwatch.PutMetricAlarmInput) {
					for i := range in.Metrics {
						in.Metrics[i].ReturnData = aws.Bool(*in.Metrics[i].Id == "visible")
					}
				})(p)
			}},
			"Metrics.Namespace":  {of: ScaleOutAlarm, by: alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.Namespace = aws.String("Mine") }), have: "Mine"},
			"Metrics.MetricName": {of: ScaleOutAlarm, by: alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.MetricName = aws.String("Mine") }), have: "Mine"},
			"Metrics.Dimensions": {of: ScaleOutAlarm, have: "theirs", by: alarm(func(in *cloudwatch.PutMetricAlarmInput) {
				in.Dimensions = dimensions(map[string]string{"QueueName": "theirs"})
			})},
			"Metrics.Statistic": {of: ScaleOutAlarm, have: "p99", by: alarm(func(in *cloudwatch.PutMetricAlarmInput) {
				in.Statistic, in.ExtendedStatistic = "", aws.String("p99")
			})},
			"Metrics.Period": {of: ScaleOutAlarm, by: alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.Period = aws.Int32(300) }), have: "300"},
			"Metrics.Unit":   {of: ScaleOutAlarm, by: alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.Unit = "Seconds" }), have: "Seconds"},
		},
	}
}

// kindProperties returns the properties' types of all kinds, by the field of kinds.
func kindProperties() []reflect.Type {
	var all []reflect.Type
	for _, kind := range reflect.VisibleFields(reflect.TypeFor[kinds]()) {
		tags, _ := kind.Type.FieldByName("Tags") // func(P) Tags
		all = append(all, tags.Type.In(0))
	}
	return all
}

// ownedProperties returns the names of all properties; of one that is a list of structs, those of their fields.
func ownedProperties(properties reflect.Type) []string {
	var all []string
	for _, f := range reflect.VisibleFields(properties) {
		if f.Type.Kind() != reflect.Slice || f.Type.Elem().Kind() != reflect.Struct {
			all = append(all, f.Name)
			continue
		}
		for _, part := range reflect.VisibleFields(f.Type.Elem()) {
			all = append(all, f.Name+"."+part.Name)
		}
	}
	return all
}

// Whatever somebody else changes is seen by status and plan, with what is and what shall be, and mended by up.
func TestEveryChangeBehindOurBackIsSeenAndMended(t *testing.T) {
	all := changes()
	for _, properties := range kindProperties() {
		for _, property := range ownedProperties(properties) {
			name := properties.Name() + "." + property
			c, ok := all[properties][property]
			if _, exempt := keepsItsValue[name]; exempt == ok {
				t.Errorf("%s must either be changed in this test or be among those that nobody can change", name)
			}
			delete(all[properties], property)
			if !ok {
				continue
			}
			t.Run(name, func(t *testing.T) {
				property, _, _ := strings.Cut(property, ".")
				c.shown = cmp.Or(c.shown, property)
				c.seenAndMended(t)
			})
		}
		if left := slices.Collect(maps.Keys(all[properties])); len(left) > 0 {
			t.Errorf("%s has no %v", properties.Name(), left)
		}
	}
}

func (c change) seenAndMended(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.spec = testSpecOf(cmp.Or(c.preset, Safe))
	p.spec.Tags = map[string]string{"team": "ours"}
	p.up()
	before := p.alike()
	c.by(p)
	c.isShown(t, p.status())
	c.isPlanned(t, p.plan())
	p.up()
	p.settled()
	if s := p.status(); !s.Healthy {
		t.Errorf("after up: %s", s.Verdict)
	}
	if after := p.alike(); after != before {
		t.Errorf("after up:\n%s\nbefore:\n%s", after, before)
	}
}

// alike is the stack as it is made, without what is another each time something is made.
func (p *project) alike() string {
	return regexp.MustCompile(uuid+"|AROA[A-Z2-7]{17}").ReplaceAllString(asJSON(p.made()), "ID")
}

func (c change) isShown(t *testing.T, s Status) {
	t.Helper()
	i := slices.IndexFunc(s.Resources, func(r ResourceStatus) bool { return r.LogicalID == c.of })
	r := s.Resources[i]
	want := cmp.Or(c.drift, Modified)
	if r.Drift != want || s.Healthy {
		t.Fatalf("%s is %s, want %s; %s", c.of, r.Drift, want, s.Verdict)
	}
	if want != Modified {
		return
	}
	j := slices.IndexFunc(r.Changes, func(d PropertyDrift) bool { return d.Property == c.shown })
	if j < 0 || !strings.Contains(r.Changes[j].Have, c.have) || r.Changes[j].Have == r.Changes[j].Want && c.have != "" {
		t.Errorf("%s is shown as %+v, want %s to be %q", c.of, r.Changes, c.shown, c.have)
	}
}

func (c change) isPlanned(t *testing.T, plan *provision.Plan) {
	t.Helper()
	i := slices.IndexFunc(plan.Steps, func(s provision.Step) bool { return s.LogicalID == c.of })
	s := plan.Steps[i]
	if c.drift == Deleted {
		if s.Action != provision.Create || !s.Gone {
			t.Errorf("the plan is to %s %s", s.Action, c.of)
		}
		return
	}
	changed := slices.ContainsFunc(s.Changes, func(d provision.Change) bool { return d.Property == c.shown })
	if s.Action != provision.Update && s.Action != provision.Replace || !changed {
		t.Errorf("the plan is to %s %s: %v", s.Action, c.of, s.Changes)
	}
}

// The page about drift names every property that is owned.
func TestThePageAboutDriftIsComplete(t *testing.T) {
	page, err := os.ReadFile("../../docs/drift.md")
	if err != nil {
		t.Fatal(err)
	}
	owned, _, _ := strings.Cut(string(page), "## What is left alone")
	for _, properties := range kindProperties() {
		for _, f := range reflect.VisibleFields(properties) {
			if f.Name != "Others" && !strings.Contains(owned, "`"+f.Name+"`") {
				t.Errorf("the page does not name %s of %s", f.Name, properties.Name())
			}
		}
	}
}
