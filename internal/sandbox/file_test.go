package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

func queuesOf(t *testing.T, path string) *sqs.Client {
	t.Helper()
	return sqs.NewFromConfig(testConfig(opened(t, Options{Path: path})))
}

func createQueue(t *testing.T, client *sqs.Client, name string) {
	t.Helper()
	if _, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
}

func queueNames(t *testing.T, client *sqs.Client) []string {
	t.Helper()
	out, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, url := range out.QueueUrls {
		names = append(names, filepath.Base(url))
	}
	return names
}

func sandboxPath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "state", "sandbox.json")
}

func TestSandboxesOnOnePathSeeEachOther(t *testing.T) {
	path := sandboxPath(t)
	a, b := queuesOf(t, path), queuesOf(t, path)
	createQueue(t, a, "one")
	createQueue(t, b, "two")
	createQueue(t, a, "three")
	for _, client := range []*sqs.Client{a, b, queuesOf(t, path)} {
		if got := fmt.Sprint(queueNames(t, client)); got != "[one three two]" {
			t.Errorf("got %s", got)
		}
	}
}

func TestNoWriteIsLostBetweenSandboxes(t *testing.T) {
	path := sandboxPath(t)
	var all sync.WaitGroup
	for i := range 4 {
		client := queuesOf(t, path)
		all.Go(func() {
			for j := range 10 {
				createQueue(t, client, fmt.Sprintf("q-%d-%d", i, j))
			}
		})
	}
	all.Wait()
	if n := len(queueNames(t, queuesOf(t, path))); n != 40 {
		t.Errorf("%d queues, want 40", n)
	}
}

func TestOpeningTouchesNoDisk(t *testing.T) {
	path := sandboxPath(t)
	queuesOf(t, path)
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open touched the disk: %v", err)
	}
}

func TestReadingDoesNotWrite(t *testing.T) {
	path := sandboxPath(t)
	client := queuesOf(t, path)
	createQueue(t, client, "jobs")
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	queueNames(t, client)
	queueNames(t, queuesOf(t, path))
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was replaced: %v", err)
	}
}

func TestANewWorldIsTheSameForTheNextProcess(t *testing.T) {
	path := sandboxPath(t)
	arn := func() string {
		client := autoscaling.NewFromConfig(testConfig(opened(t, Options{Path: path})))
		out, err := client.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})
		if err != nil || len(out.AutoScalingGroups) != 1 {
			t.Fatalf("got %v, %v", out, err)
		}
		return *out.AutoScalingGroups[0].AutoScalingGroupARN
	}
	if first, second := arn(), arn(); first != second {
		t.Errorf("the group was %s, and is %s", first, second)
	}
}

func TestOnlyTheOwnerReadsTheFile(t *testing.T) {
	path := sandboxPath(t)
	createQueue(t, queuesOf(t, path), "jobs")
	for name, want := range map[string]fs.FileMode{path: 0o600, path + ".lock": 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(name), got, want)
		}
	}
	if left, _ := filepath.Glob(path + ".*.tmp"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDeletingTheFileStartsAnew(t *testing.T) {
	path := sandboxPath(t)
	client := queuesOf(t, path)
	createQueue(t, client, "jobs")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got := queueNames(t, client); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestWhatAKilledProcessLeftIsClearedAway(t *testing.T) {
	path := sandboxPath(t)
	client := queuesOf(t, path)
	createQueue(t, client, "jobs")
	left, others := path+".123.tmp", filepath.Join(filepath.Dir(path), "other.json.123.tmp")
	for _, name := range []string{left, others} {
		if err := os.WriteFile(name, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	same(t, queueNames(t, queuesOf(t, path)), []string{"jobs"})
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", left, err)
	}
	if _, err := os.Stat(others); err != nil {
		t.Errorf("a stranger's file is gone: %v", err)
	}
}

// JSON that is no world must not be taken for one: what is missing is named, and nothing is written.
func TestADamagedWorldIsReportedAndLeftAlone(t *testing.T) {
	good := sandboxPath(t)
	createQueue(t, queuesOf(t, good), "jobs")
	text := string(must(os.ReadFile(good)))
	for _, test := range []struct{ old, damage, want string }{
		{`"world":{`, `"world":null,"was":{`, "there is no list of its roles"},
		{`"clock":{`, `"clock":{},"was":{`, "its clock is damaged"},
		{`"Regions":{`, `"Regions":{"eu-west-1":null,`, `region "eu-west-1" is null`},
		{`"Regions":{`, `"Regions":null,"Was":{`, `there is no list of its regions`},
		{`"Queues":{`, `"Queues":{"bad":null,`, `queue "bad" is null`},
		{`"Messages":null`, `"Messages":[null]`, `queue "jobs" is damaged`},
		{`"DeletedQueues":{}`, `"DeletedQueues":null`, `there is no list of deleted queues`},
		{`"Alarms":{}`, `"Alarms":{"bad":{}}`, `alarm "bad" is damaged`},
		{`"Groups":{`, `"Groups":{"bad":null,`, `group "bad" is null`},
		{`"Groups":{`, `"Groups":{"bad":{},`, `group "bad" is damaged`},
		{`"Workers":{"i-`, `"Workers":{"i-1`, `group "gpu-workers" is damaged`},
		{`"DesiredCapacity":1`, `"DesiredCapacity":null`, `group "gpu-workers" is damaged`},
		{`"Policies":{}`, `"Policies":{"bad":{}}`, `group "gpu-workers" is damaged`},
	} {
		path := sandboxPath(t)
		client := queuesOf(t, path)
		content := strings.Replace(text, test.old, test.damage, 1)
		if content == text {
			t.Fatalf("there is no %s in %s", test.old, text)
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
		_, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("more")})
		if err == nil || !strings.Contains(err.Error(), path+": "+test.want) {
			t.Errorf("%s: got %v", test.damage, err)
		}
		same(t, string(must(os.ReadFile(path))), content)
	}
}

// Where a save fails, as on a full disk, the world that is in the file is in order, and worth keeping.
func TestNobodyIsToldToDeleteAWorldThatCannotBeSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("w", 245)) // a name that leaves no room for a temporary one
	_, err := queuesOf(t, path).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")})
	if err == nil || !strings.Contains(err.Error(), "writing the sandbox's file") || !strings.Contains(err.Error(), "as it was before this call") || strings.Contains(err.Error(), "delete") {
		t.Errorf("got %v", err)
	}
}

func TestABrokenFileIsReportedAndLeftAlone(t *testing.T) {
	for name, content := range map[string]string{
		"not JSON":      `{"version": 1, "world`,
		"empty":         ``,
		"no version":    `{}`,
		"newer version": `{"version": 3, "world": {}}`,
		"other world":   `{"version": 1, "world": []}`,
		"no world":      `{"version": 1}`,
	} {
		t.Run(name, func(t *testing.T) {
			path := sandboxPath(t)
			client := queuesOf(t, path)
			createQueue(t, client, "jobs") // so that the folder is there, and a world in memory
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("more")})
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != "SandboxUnavailable" || !strings.Contains(api.ErrorMessage(), path) || !strings.Contains(api.ErrorMessage(), "delete it to start") {
				t.Errorf("got %v", err)
			}
			after, err := os.ReadFile(path)
			if err != nil || string(after) != content {
				t.Errorf("the file is now %q, %v", after, err)
			}
		})
	}
}
