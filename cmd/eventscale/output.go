package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/ui"
)

func newOutput(a *app) *cobra.Command {
	var shell bool
	cmd := a.command("output [KEY]", "Print the names and URLs that workers and scripts need", upTo(1), func(_ context.Context, _ *cobra.Command, args []string) error {
		return a.output(args, shell)
	})
	cmd.Long = "Print the outputs of a stack from the state file, without a call to AWS: all of them, or the bare value of one."
	cmd.Example = `  eventscale output queue_url
  eval "$(eventscale output --shell)"
  eventscale output -o json | jq -r .outputs.lambda_function_name`
	cmd.Flags().BoolVar(&shell, "shell", false, "print KEY='VALUE' lines for eval")
	return cmd
}

func (a *app) output(args []string, shell bool) error {
	snapshot, err := a.recorded()
	if err != nil {
		return err
	}
	outputs := stack.OutputsOf(snapshot)
	if len(args) == 1 {
		value, err := valueOf(outputs, args[0])
		if err != nil {
			return err
		}
		outputs.Values = []stack.Output{{Key: args[0], Value: value}}
	}
	switch {
	case a.json():
		return ui.OutputsJSON(a.stdout, &outputs)
	case shell:
		return ui.OutputsShell(a.out(), &outputs)
	case len(args) == 1:
		return ui.OutputValue(a.out(), outputs.Values[0].Value)
	}
	return ui.Outputs(a.out(), &outputs)
}

func valueOf(outputs stack.Outputs, key string) (string, error) {
	var keys []string
	for _, o := range outputs.Values {
		if o.Key == key {
			return o.Value, nil
		}
		keys = append(keys, o.Key)
	}
	return "", &usageError{
		text: fmt.Sprintf("output %s: stack %s has no such output", key, outputs.Stack),
		hint: didYouMean("", key, keys) + "there are " + strings.Join(keys, ", "),
	}
}
