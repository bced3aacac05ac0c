package main

import (
	"bufio"
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// TestServesWithFaults serves the sandbox as a user does, has calls go wrong, and reads what is told of them.
func TestServesWithFaults(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no way to interrupt the program")
	}
	dir := t.TempDir()
	rules := "faults: [{service: sqs, nth: 1, do: throttle}, {service: sqs, nth: 2, do: cut-before}]"
	if err := os.WriteFile(filepath.Join(dir, "faults.yaml"), []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(programs(t), "eventscale"), "sandbox", "serve", "--addr", "127.0.0.1:0", "--memory", "--faults", "faults.yaml", "--verbose")
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "serving on ")
	if !ok {
		t.Fatalf("it printed %q\n%s", line, stderr.String())
	}
	client := sqs.NewFromConfig(aws.Config{
		Region: sandboxRegion, BaseEndpoint: &url, HTTPClient: &http.Client{},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	if _, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{}); err != nil {
		t.Errorf("the SDK did not try again: %v", err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for _, want := range []string{"sqs ListQueues 403 RequestThrottled throttle\n", "sqs ListQueues 0 cut-before\n", "sqs ListQueues 200\n"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("it does not tell %q:\n%s", want, stderr.String())
		}
	}
}
