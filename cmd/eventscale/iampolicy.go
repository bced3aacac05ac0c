package main

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/ui"
)

// policyOptions are the flags of `iam-policy`.
type policyOptions struct {
	settings
	account string
}

func newIAMPolicy(a *app) *cobra.Command {
	o := &policyOptions{}
	cmd := a.command("iam-policy", "Print the permissions that this stack needs, as an IAM policy", upTo(0), func(context.Context, *cobra.Command, []string) error {
		return a.iamPolicy(o)
	})
	cmd.Long = `Print the least-privilege IAM policy for whoever runs eventscale on this stack, scoped to its names. With
--asg and the settings it is for that configuration; without, for the stack that is recorded. Where the
account is not known it stands as *; give --account. No call to AWS is made.`
	cmd.Example = `  eventscale iam-policy --asg gpu-workers --region us-east-1 --account 123456789012 > policy.json`
	a.settingFlags(cmd, &o.settings)
	cmd.Flags().Lookup("asg").Usage = "the Auto Scaling group (default: that of the recorded stack)"
	cmd.Flags().StringVar(&o.account, "account", "", "AWS account ID, 12 digits")
	return cmd
}

func (a *app) iamPolicy(o *policyOptions) error {
	if err := checkAccount(o.account); err != nil {
		return err
	}
	spec, account, err := a.policyOf(o)
	if err == nil {
		err = checkRegion(account.Region)
	}
	if err != nil {
		return err
	}
	return ui.PolicyJSON(a.stdout, stack.Permissions(spec, account))
}

// checkAccount refuses what is no account's number: it would stand in every ARN of the policy.
func checkAccount(id string) error {
	digits := strings.Trim(id, "0123456789") == ""
	if id == "" || digits && len(id) == 12 {
		return nil
	}
	return &stack.FieldError{
		Field: "account", Value: id, Allowed: "must be the 12 digits of an AWS account",
		Advice: "`aws sts get-caller-identity` prints those of yours",
	}
}

var regionName = regexp.MustCompile(`^[a-z0-9-]+$`)

// checkRegion refuses what is no region's name, since it too stands in every ARN: "us-east-1:*" would be every
// account.
func checkRegion(name string) error {
	if name == "*" || regionName.MatchString(name) {
		return nil
	}
	return &stack.FieldError{Field: "region", Value: name, Allowed: "must be a region's name, of a-z, 0-9 and -", Advice: "for example --region us-east-1, or set AWS_REGION"}
}

// policyOf returns the spec of the flags, or of the recorded stack where no group is named.
func (a *app) policyOf(o *policyOptions) (stack.Spec, stack.Account, error) {
	region := cmp.Or(a.global.region, a.env("AWS_REGION"), a.env("AWS_DEFAULT_REGION"), "*")
	account := stack.Account{Partition: stack.PartitionOf(region), ID: cmp.Or(o.account, "*"), Region: region}
	if o.spec.ASG != "" {
		spec, _, err := o.resolve(a.global.stack)
		return spec, account, err
	}
	snapshot, err := a.recorded()
	if usage, ok := errors.AsType[*usageError](err); ok && a.global.stack == "" {
		usage.hint = "name the group with --asg NAME, or the stack with --stack"
	}
	if err != nil {
		return stack.Spec{}, account, err
	}
	account = stack.Account{Partition: stack.PartitionOf(snapshot.Region), ID: snapshot.Account, Region: snapshot.Region}
	spec, err := stack.SpecOf(snapshot)
	return spec, account, err
}
