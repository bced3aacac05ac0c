//go:build interop

package interop_test

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBoto3OnSandbox makes, reads, tags and deletes each kind with Python's SDK.
func TestBoto3OnSandbox(t *testing.T) {
	url := serveSandbox(t, "role=0s") // Lambda's waits are left on: boto3 has waiters for them
	for _, kind := range []string{"queue", "role", "log_group", "function", "policy", "metrics_collection", "alarm"} {
		t.Run(kind, func(t *testing.T) { newShell(t, url).script("sandbox.py", kind) })
	}
}

// step is a call of the aws CLI and what it must print as text; "..." stands for anything.
type step struct{ call, want string }

// TestAWSCLIOnSandbox does the same with the aws CLI. The steps of a kind build on one another.
func TestAWSCLIOnSandbox(t *testing.T) {
	url := serveSandbox(t, "0")
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	send := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]}`
	for kind, steps := range map[string][]step{
		"queue": {
			{"sqs create-queue --queue-name jobs --attributes VisibilityTimeout=900,SqsManagedSseEnabled=true --tags team=gpu", url + "/123456789012/jobs"},
			{"sqs get-queue-attributes --queue-url " + url + "/123456789012/jobs --attribute-names All --query Attributes.VisibilityTimeout", "900"},
			{"sqs list-queue-tags --queue-url " + url + "/123456789012/jobs --query Tags.team", "gpu"},
			{"sqs send-message --queue-url " + url + "/123456789012/jobs --message-body hello --query MD5OfMessageBody", "5d41402abc4b2a76b9719d911017c592"},
			{"sqs receive-message --queue-url " + url + "/123456789012/jobs --query Messages[].Body", "hello"},
			{"sqs delete-queue --queue-url " + url + "/123456789012/jobs", ""},
			{"sqs list-queues --query QueueUrls", "None"},
		},
		"role and function": {
			{"iam create-role --role-name ingest --tags Key=team,Value=gpu --query Role.Arn --assume-role-policy-document " + trust, "arn:aws:iam::123456789012:role/ingest"},
			{"iam put-role-policy --role-name ingest --policy-name send --policy-document " + send, ""},
			{"iam list-role-policies --role-name ingest --query PolicyNames", "send"},
			{"lambda create-function --function-name ingest --runtime python3.13 --handler index.handler --architectures arm64 --memory-size 256 --role arn:aws:iam::123456789012:role/ingest --zip-file fileb://function.zip --query FunctionArn", "arn:aws:lambda:us-east-1:123456789012:function:ingest"},
			{"lambda wait function-active-v2 --function-name ingest", ""},
			{"lambda get-function-configuration --function-name ingest --query [Runtime,MemorySize,Architectures[0]]", "python3.13\t256\tarm64"},
			{"lambda tag-resource --resource arn:aws:lambda:us-east-1:123456789012:function:ingest --tags team=gpu", ""},
			{"lambda list-tags --resource arn:aws:lambda:us-east-1:123456789012:function:ingest --query Tags.team", "gpu"},
			{"lambda delete-function --function-name ingest", "..."},
			{"iam delete-role-policy --role-name ingest --policy-name send", ""},
			{"iam delete-role --role-name ingest", ""},
			{"iam list-roles --query Roles", ""},
		},
		"log group": {
			{"logs create-log-group --log-group-name /aws/lambda/ingest --tags team=gpu", ""},
			{"logs put-retention-policy --log-group-name /aws/lambda/ingest --retention-in-days 14", ""},
			{"logs describe-log-groups --query logGroups[].[logGroupName,retentionInDays]", "/aws/lambda/ingest\t14"},
			{"logs delete-log-group --log-group-name /aws/lambda/ingest", ""},
			{"logs describe-log-groups --query logGroups", ""},
		},
		"policy, alarm and metrics": {
			{"autoscaling put-scaling-policy --auto-scaling-group-name gpu-workers --policy-name out --adjustment-type ChangeInCapacity --scaling-adjustment 2 --cooldown 300 --query PolicyARN", "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:..."},
			{"autoscaling describe-policies --query ScalingPolicies[].[PolicyName,PolicyType,ScalingAdjustment,Cooldown]", "out\tSimpleScaling\t2\t300"},
			{"cloudwatch put-metric-alarm --alarm-name plain --namespace AWS/SQS --metric-name ApproximateNumberOfMessagesVisible --dimensions Name=QueueName,Value=jobs --statistic Maximum --period 60 --evaluation-periods 2 --threshold 10.5 --comparison-operator GreaterThanOrEqualToThreshold --tags Key=team,Value=gpu", ""},
			{"cloudwatch describe-alarms --query MetricAlarms[].[AlarmName,Threshold,Period,Dimensions[0].Value]", "plain\t10.5\t60\tjobs"},
			{"cloudwatch list-tags-for-resource --resource-arn arn:aws:cloudwatch:us-east-1:123456789012:alarm:plain --query Tags[].Value", "gpu"},
			{"autoscaling enable-metrics-collection --auto-scaling-group-name gpu-workers --granularity 1Minute --metrics GroupInServiceInstances", ""},
			{"autoscaling describe-auto-scaling-groups --query AutoScalingGroups[].EnabledMetrics[].Metric", "GroupInServiceInstances"},
			{"autoscaling disable-metrics-collection --auto-scaling-group-name gpu-workers --metrics GroupInServiceInstances", ""},
			{"cloudwatch delete-alarms --alarm-names plain", ""},
			{"autoscaling delete-policy --auto-scaling-group-name gpu-workers --policy-name out", ""},
			{"autoscaling describe-policies --query ScalingPolicies", ""},
		},
	} {
		t.Run(kind, func(t *testing.T) {
			s := newShell(t, url)
			s.functionZip()
			for _, step := range steps {
				s.cli(url, step)
			}
		})
	}
}

// cli does a step. The CLI's first version heeds AWS_ENDPOINT_URL for some services only.
func (s shell) cli(url string, do step) {
	s.Helper()
	args := append([]string{"--endpoint-url", url, "--output", "text"}, strings.Fields(do.call)...)
	got := s.run("aws", args...).stdout
	beginning, open := strings.CutSuffix(do.want, "...")
	if fits := got == do.want || open && strings.HasPrefix(got, beginning); !fits {
		s.Errorf("aws %s: printed %q, want %q", do.call, got, do.want)
	}
}

// functionZip puts a Lambda package into the folder.
func (s shell) functionZip() {
	s.Helper()
	f, err := os.Create(filepath.Join(s.dir, "function.zip"))
	if err != nil {
		s.Fatal(err)
	}
	defer f.Close()
	archive := zip.NewWriter(f)
	w, err := archive.Create("index.py")
	if err == nil {
		_, err = w.Write([]byte("def handler(event, context): pass\n"))
	}
	if err == nil {
		err = archive.Close()
	}
	if err != nil {
		s.Fatal(err)
	}
}
