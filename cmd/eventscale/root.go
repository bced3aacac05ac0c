package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/stack"
)

const longHelp = `eventscale puts an existing EC2 Auto Scaling group behind a job queue:

  events -> Lambda function -> SQS queue -> CloudWatch alarms -> scaling policies -> your group

It creates the function, the queue, the alarms and the policies, records them in a local state file,
and removes exactly them again. It never creates, changes or deletes the group itself.

  eventscale up --asg gpu-workers      create or update; safe to repeat
  eventscale status                    health, drift and the live loop
  eventscale destroy                   remove exactly what was created

Add --sandbox to any command to try it on an AWS inside the process, without an account.`

// defaultStateDir is relative to the working directory: a project's stacks lie beside it.
const defaultStateDir = ".eventscale"

// newRoot makes the command tree.
func newRoot(a *app) *cobra.Command {
	cobra.EnableCommandSorting = false // they are listed as they are used: up first
	root := &cobra.Command{
		Use: "eventscale", Short: "Put an EC2 Auto Scaling group behind a job queue", Long: longHelp,
		SilenceErrors: true, SilenceUsage: true,
		Args: subcommand, Version: versionLine(),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.configure(cmd)
		},
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	a.globalFlags(root.PersistentFlags())
	root.AddGroup(&cobra.Group{ID: "stack", Title: "The stack:"}, &cobra.Group{ID: "state", Title: "Its state:"}, &cobra.Group{ID: "loop", Title: "The loop:"}, &cobra.Group{ID: "more", Title: "More:"})
	add(root, "stack", newUp(a), newPlan(a), newStatus(a), newOutput(a), newDestroy(a), newList(a))
	add(root, "state", newState(a), newRecover(a), newUnlock(a))
	add(root, "loop", newDemo(a), newSimulate(a), newTune(a), newSend(a))
	add(root, "more", newIAMPolicy(a), newSandbox(a), newVersion(a))
	root.AddCommand(newMan(a), exitCodesTopic())
	root.SetHelpCommandGroupID("more")
	root.SetCompletionCommandGroupID("more")
	return root
}

func add(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = group
		root.AddCommand(c)
	}
}

func (a *app) globalFlags(f *pflag.FlagSet) {
	g := &a.global
	f.StringVar(&g.stack, "stack", "", "name of the stack (default: made of the group's name; else the only one in the state folder)")
	f.StringVar(&g.region, "region", "", "AWS region (default: the SDK's: AWS_REGION, the profile)")
	f.StringVar(&g.profile, "profile", "", "profile of the AWS configuration files")
	f.StringVar(&g.endpointURL, "endpoint-url", "", "send all AWS calls to this URL (also AWS_ENDPOINT_URL)")
	f.BoolVar(&g.sandbox, "sandbox", false, "use the AWS inside the process, kept in the state folder; no account is needed")
	f.StringVar(&g.stateDir, "state-dir", defaultStateDir, "folder of the state files")
	f.StringVarP(&g.output, "output", "o", formatText, "format of results: text or json")
	f.BoolVar(&g.verbose, "verbose", false, "log every AWS call to stderr, without bodies")
	f.BoolVar(&g.yes, "yes", false, "do not ask")
	f.BoolVar(&g.noColor, "no-color", false, "no colours (also NO_COLOR)")
	f.DurationVar(&g.timeout, "timeout", 0, "stop the whole command after this time (default: no limit)")
	f.DurationVar(&g.lockTimeout, "lock-timeout", 0, "wait so long for another run on the same stack")
	f.StringVarP(&g.file, "file", "f", "", "configuration file (default: eventscale.yaml in the working directory, if there)")
}

// configure brings the flags to their values before any command runs.
func (a *app) configure(cmd *cobra.Command) error {
	if err := a.fill(cmd); err != nil {
		return err
	}
	if o := a.global.output; o != formatText && o != formatJSON {
		a.global.output = formatText
		return &stack.FieldError{Field: "output", Value: o, Allowed: "must be text or json"}
	}
	return errors.Join(notNegative("timeout", a.global.timeout), notNegative("lock-timeout", a.global.lockTimeout))
}

func notNegative(field string, d time.Duration) error {
	if d >= 0 {
		return nil
	}
	return &stack.FieldError{Field: field, Value: d.String(), Allowed: "must not be negative"}
}

func exitCodesTopic() *cobra.Command {
	text := "Exit codes\n\n"
	for _, m := range exitMeanings {
		text += fmt.Sprintf("  %3d  %s\n", m.code, m.meaning)
	}
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: text}
}
