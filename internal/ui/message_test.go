package ui

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/eventscale/eventscale/internal/stack"
)

func TestErrorText(t *testing.T) {
	text := "creating AWS::IAM::Role IngestRole: AccessDenied: User: arn:aws:iam::123456789012:user/someone is not authorized to perform: iam:CreateRole\n" +
		"creating AWS::SQS::Queue JobQueue: the name is taken\r\n\n"
	goldens(t, "error", true, func(o *Output) error {
		return errors.Join(
			Error(o, text,
				"`eventscale iam-policy --asg gpu-workers` prints the permissions this stack needs",
				"4 of 11 resources are recorded in .eventscale/gpu-workers.json; run `eventscale up --asg gpu-workers` again to continue"),
			Warning(o, "the runtime python3.99 is not one of those known when this program was made"),
			Done(o, "Stack gpu-workers is up.", "eventscale status", "eventscale destroy"),
			Done(o, "stack gpu-workers is as wanted: nothing to change, and this line is longer than a terminal is wide"),
		)
	})
}

func TestOutputsText(t *testing.T) {
	goldens(t, "outputs", true, func(o *Output) error { return Outputs(o, someOutputs) })
}

var someOutputs = &stack.Outputs{Stack: "gpu-workers", Values: []stack.Output{
	{Key: "lambda_function_name", Value: "eventscale-gpu-workers-ingest"},
	{Key: "sqs_queue_name", Value: "eventscale-gpu-workers-jobs"},
	{Key: "queue_url", Value: "https://sqs.eu-central-1.amazonaws.com/123456789012/eventscale-gpu-workers-jobs"},
	{Key: "asg", Value: "it's $HOME\t& <co>"},
}}

func TestOutputsForPrograms(t *testing.T) {
	var shell, value, document bytes.Buffer
	err := errors.Join(
		OutputsShell(NewFixedOutput(&shell, Fixed{}), someOutputs),
		OutputValue(NewFixedOutput(&value, Fixed{Width: 10}), someOutputs.Values[2].Value),
		OutputsJSON(&document, someOutputs),
	)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "outputs.sh", shell.String())
	golden(t, "outputs.json", document.String())
	if got, want := value.String(), someOutputs.Values[2].Value+"\n"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestListText(t *testing.T) {
	rows := []StackRow{
		{Name: "gpu-workers", ASG: "gpu-workers", Account: "123456789012", Region: "eu-central-1", Resources: 9, Path: ".eventscale/gpu-workers.json"},
		{Name: "render", ASG: "Render Farm", Account: "123456789012", Region: "us-east-1", Resources: 11, Path: ".eventscale/render.json"},
		{Name: "broken", Path: ".eventscale/broken.json", Problem: "line 3: unexpected end of JSON input"},
	}
	goldens(t, "list", true, func(o *Output) error { return List(o, rows) })
	goldens(t, "list-empty", true, func(o *Output) error { return List(o, nil) })
	for name, rows := range map[string][]StackRow{"list.json": rows, "list-empty.json": nil} {
		var b bytes.Buffer
		if err := ListJSON(&b, rows); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.String())
	}
}

func TestOnlyYesIsYes(t *testing.T) {
	for answer, want := range map[string]bool{
		"y\n": true, "yes\r\n": true, " YES \n": true, "y": true,
		"\n": false, "": false, "n\n": false, "yess\n": false, "\ny\n": false,
	} {
		got, err := Confirm(strings.NewReader(answer), NewFixedOutput(io.Discard, Fixed{}), "Destroy?")
		if got != want || err != nil {
			t.Errorf("%q: %v, %v", answer, got, err)
		}
	}
}

func TestConfirmAsksAndReadsOneLine(t *testing.T) {
	var b bytes.Buffer
	in := strings.NewReader("yes\nrest")
	if _, err := Confirm(in, NewFixedOutput(&b, Fixed{}), "Destroy stack gpu-workers?"); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != "Destroy stack gpu-workers? [y/N] " {
		t.Errorf("%q", got)
	}
	if rest, _ := io.ReadAll(in); string(rest) != "rest" {
		t.Errorf("%q is left", rest)
	}
}

func TestABrokenInputIsNotYes(t *testing.T) {
	broken := errors.New("broken")
	in := io.MultiReader(strings.NewReader("yes"), iotest.ErrReader(broken))
	if yes, err := Confirm(in, NewFixedOutput(io.Discard, Fixed{}), "Destroy?"); yes || !errors.Is(err, broken) {
		t.Errorf("%v, %v", yes, err)
	}
}

func TestRenderersReturnTheWritersError(t *testing.T) {
	full := NewFixedOutput(failingWriter{}, Fixed{})
	for name, err := range map[string]error{
		"Plan": Plan(full, mixedPlan()), "PlanJSON": PlanJSON(full, "s", mixedPlan()),
		"Status": Status(full, healthyStatus()), "Outputs": Outputs(full, someOutputs),
		"OutputValue": OutputValue(full, "v"), "List": List(full, make([]StackRow, 1)),
		"Error": Error(full, "text"),
	} {
		if !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var errFull = errors.New("no space left on device")

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }
