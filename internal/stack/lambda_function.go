package stack

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/eventscale/eventscale/internal/provision"
)

// functionProperties are the properties of an AWS::Lambda::Function.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
type functionProperties struct {
	Handler      string
	Runtime      string
	Architecture string // x86_64 or arm64
	MemorySize   int    // MB
	Timeout      int    // seconds, 1..900
	Role         string // ARN
	RoleID       string `json:",omitempty"` // see roleIDTag
	Environment  map[string]provision.Secret
	Code         code
	KmsKeyArn    string    `json:",omitempty"` // by which the environment is encrypted; "" for Lambda's own key, the one that the role needs no right to
	Layers       []string  `json:",omitempty"` // ARNs of code that is put beside ours
	VpcConfig    vpcConfig `json:",omitzero"`  // none, as the queue is not in a VPC
	LogGroup     string    // the one group that the role may write to
	Tags         provision.Tags
}

// vpcConfig is where a function is that is in a VPC.
type vpcConfig struct {
	SubnetIDs        []string `json:"SubnetIds,omitempty"`
	SecurityGroupIDs []string `json:"SecurityGroupIds,omitempty"`
}

// roleIDTag holds the unique ID of the role that a function was configured with. Lambda keeps the right to decrypt
// the environment for the very role, not for its name: after the role was made anew, the function fails until it
// is configured again. https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
const roleIDTag = "eventscale:role-id"

// code is a deployment package. Two are equal if their digests are; the bytes are needed to send it only.
type code struct {
	sha256 string // base64, as Lambda shows it in CodeSha256
	zip    []byte
}

func codeOf(zip []byte) code {
	sum := sha256.Sum256(zip)
	return code{base64.StdEncoding.EncodeToString(sum[:]), zip}
}

// CodeSHA256 returns the digest of a deployment package, as Lambda shows it.
func CodeSHA256(zip []byte) string { return codeOf(zip).sha256 }

func (c code) String() string               { return "sha256 " + c.sha256 }
func (c code) MarshalJSON() ([]byte, error) { return json.Marshal(c.sha256) }

type functionAPI interface {
	CreateFunction(context.Context, *lambda.CreateFunctionInput, ...func(*lambda.Options)) (*lambda.CreateFunctionOutput, error)
	GetFunction(context.Context, *lambda.GetFunctionInput, ...func(*lambda.Options)) (*lambda.GetFunctionOutput, error)
	UpdateFunctionConfiguration(context.Context, *lambda.UpdateFunctionConfigurationInput, ...func(*lambda.Options)) (*lambda.UpdateFunctionConfigurationOutput, error)
	UpdateFunctionCode(context.Context, *lambda.UpdateFunctionCodeInput, ...func(*lambda.Options)) (*lambda.UpdateFunctionCodeOutput, error)
	TagResource(context.Context, *lambda.TagResourceInput, ...func(*lambda.Options)) (*lambda.TagResourceOutput, error)
	UntagResource(context.Context, *lambda.UntagResourceInput, ...func(*lambda.Options)) (*lambda.UntagResourceOutput, error)
	DeleteFunction(context.Context, *lambda.DeleteFunctionInput, ...func(*lambda.Options)) (*lambda.DeleteFunctionOutput, error)
}

const functionType = "AWS::Lambda::Function"

// functionKind makes functions. The physical ID is the function's name. What is no property of one that is read,
// too, is given to saw.
func functionKind(api functionAPI, saw func(*lambda.GetFunctionOutput)) provision.Kind[functionProperties] {
	f := functions{api, saw}
	return provision.Kind[functionProperties]{
		Type: functionType,
		Tags: func(p functionProperties) provision.Tags { return p.Tags },
		Read: f.read,
		Create: func(ctx context.Context, id provision.Identity, want functionProperties) (provision.Live[functionProperties], error) {
			live, err := f.create(ctx, id, want)
			return live, hidden(err, want.Environment)
		},
		Update: func(ctx context.Context, live provision.Live[functionProperties], want functionProperties, changed provision.Changed) error {
			return hidden(f.update(ctx, live, want, changed), want.Environment)
		},
		Ready: func(ctx context.Context, live provision.Live[functionProperties]) error {
			return hidden(f.ready(ctx, live.PhysicalID), live.Properties.Environment)
		},
		Delete: f.delete,
	}
}

type functions struct {
	api functionAPI
	saw func(*lambda.GetFunctionOutput)
}

func (f functions) read(ctx context.Context, id provision.Identity) (provision.Live[functionProperties], error) {
	out, err := f.get(ctx, id.Name)
	if err != nil {
		return provision.Live[functionProperties]{}, missingFunction(err)
	}
	if out.TagsError != nil {
		return provision.Live[functionProperties]{}, fmt.Errorf("reading its tags: %w", tagsRefused(out.TagsError))
	}
	c := out.Configuration
	f.saw(out)
	if c.State == types.StateDeleting {
		return provision.Live[functionProperties]{}, fmt.Errorf("%w: %w", provision.ErrNotFound, errLeaving)
	}
	p := functionProperties{
		Handler: aws.ToString(c.Handler), Runtime: string(c.Runtime),
		MemorySize: int(aws.ToInt32(c.MemorySize)), Timeout: int(aws.ToInt32(c.Timeout)),
		Role: aws.ToString(c.Role), Environment: map[string]provision.Secret{},
		Code: code{sha256: aws.ToString(c.CodeSha256)}, Tags: provision.Tags{},
	}
	if len(c.Architectures) > 0 {
		p.Architecture = string(c.Architectures[0])
	}
	if c.Environment != nil {
		for k, v := range c.Environment.Variables {
			p.Environment[k] = provision.NewSecret(v)
		}
	}
	p.settings(c)
	maps.Copy(p.Tags, out.Tags)
	p.RoleID = p.Tags[roleIDTag]
	delete(p.Tags, roleIDTag)
	return liveFunction(id.Name, c.FunctionArn, p), nil
}

func (f functions) get(ctx context.Context, name string) (*lambda.GetFunctionOutput, error) {
	out, err := f.api.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &name})
	return out, incomplete(err, out == nil || out.Configuration == nil)
}

// settings reads what a function of ours has none of.
func (p *functionProperties) settings(c *types.FunctionConfiguration) {
	p.KmsKeyArn = aws.ToString(c.KMSKeyArn)
	for _, layer := range c.Layers {
		p.Layers = append(p.Layers, aws.ToString(layer.Arn))
	}
	if c.VpcConfig != nil && len(c.VpcConfig.SubnetIds) > 0 { // a function that has left a VPC shows empty lists
		p.VpcConfig = vpcConfig{c.VpcConfig.SubnetIds, c.VpcConfig.SecurityGroupIds}
	}
	p.LogGroup = logGroupOf(aws.ToString(c.FunctionName))
	if c.LoggingConfig != nil && c.LoggingConfig.LogGroup != nil {
		p.LogGroup = *c.LoggingConfig.LogGroup
	}
}

// logGroupOf is where a function writes that was told nothing else.
func logGroupOf(function string) string { return "/aws/lambda/" + function }

// tags are all that the function is tagged with.
func (p functionProperties) tags() provision.Tags {
	tags := provision.Tags{}
	maps.Copy(tags, p.Tags)
	if p.RoleID != "" {
		tags[roleIDTag] = p.RoleID
	}
	return tags
}

// tagsRefused is an error of AWS like any other, though it comes within an answer.
func tagsRefused(e *types.TagsError) error {
	refusal := &smithy.GenericAPIError{Code: aws.ToString(e.ErrorCode), Message: aws.ToString(e.Message)}
	return &CallError{text: refusal.Code + ": " + refusal.Message, err: refusal}
}

func (f functions) create(ctx context.Context, id provision.Identity, want functionProperties) (provision.Live[functionProperties], error) {
	out, err := provision.Retry(ctx, functionDeleted, func(ctx context.Context) (*lambda.CreateFunctionOutput, error) {
		out, err := f.make(ctx, id.Name, want)
		if _, taken := errors.AsType[*types.ResourceConflictException](err); taken && f.leaving(ctx, id.Name) {
			err = fmt.Errorf("%w: %w", errLeaving, err)
		}
		return out, err
	})
	if _, taken := errors.AsType[*types.ResourceConflictException](err); taken {
		err = fmt.Errorf("%w: %w", provision.ErrExists, err)
	}
	if err != nil {
		return provision.Live[functionProperties]{}, err
	}
	return liveFunction(id.Name, out.FunctionArn, want), nil
}

func (f functions) make(ctx context.Context, name string, want functionProperties) (*lambda.CreateFunctionOutput, error) {
	return provision.Retry(ctx, roleAssumable, func(ctx context.Context) (*lambda.CreateFunctionOutput, error) {
		return f.api.CreateFunction(ctx, &lambda.CreateFunctionInput{
			FunctionName: &name, Role: &want.Role,
			Handler: &want.Handler, Runtime: types.Runtime(want.Runtime),
			Architectures: []types.Architecture{types.Architecture(want.Architecture)},
			MemorySize:    aws.Int32(int32(want.MemorySize)), Timeout: aws.Int32(int32(want.Timeout)),
			Environment:   environment(want.Environment),
			LoggingConfig: loggingTo(name, want.LogGroup),
			Code:          &types.FunctionCode{ZipFile: want.Code.zip},
			Tags:          want.tags(),
		})
	})
}

// leaving reports whether the function that has the name is being deleted. What cannot be read has gone meanwhile,
// or the next attempt to make it will say what is wrong.
func (f functions) leaving(ctx context.Context, name string) bool {
	out, err := f.get(ctx, name)
	return err == nil && out.Configuration.State == types.StateDeleting
}

// update changes the configuration before the code, as new code can need the new configuration, and
// waits between the two: Lambda takes one update at a time.
func (f functions) update(ctx context.Context, live provision.Live[functionProperties], want functionProperties, changed provision.Changed) error {
	name := live.PhysicalID
	if changed.Any("Handler", "Runtime", "MemorySize", "Timeout", "Role", "RoleID", "Environment", "KmsKeyArn", "Layers", "VpcConfig", "LogGroup") {
		if err := f.configure(ctx, name, live.Properties, want); err != nil {
			return err
		}
	}
	if changed.Any("Code", "Architecture") {
		if err := f.upload(ctx, name, want); err != nil {
			return err
		}
	}
	return retag(live.Properties.tags(), want.tags(),
		func(set provision.Tags) error {
			_, err := f.api.TagResource(ctx, &lambda.TagResourceInput{Resource: &live.ARN, Tags: set})
			return err
		},
		func(keys []string) error {
			_, err := f.api.UntagResource(ctx, &lambda.UntagResourceInput{Resource: &live.ARN, TagKeys: keys})
			return err
		})
}

func (f functions) configure(ctx context.Context, name string, have, want functionProperties) error {
	_, err := provision.Retry(ctx, functionUpdatable, func(ctx context.Context) (*lambda.UpdateFunctionConfigurationOutput, error) {
		in := &lambda.UpdateFunctionConfigurationInput{
			FunctionName: &name, Role: &want.Role,
			Handler: &want.Handler, Runtime: types.Runtime(want.Runtime),
			MemorySize: aws.Int32(int32(want.MemorySize)), Timeout: aws.Int32(int32(want.Timeout)),
			Environment: environment(want.Environment),
		}
		want.unset(in, have)
		return f.api.UpdateFunctionConfiguration(ctx, in)
	})
	if err != nil {
		return err
	}
	return f.ready(ctx, name)
}

// unset names, of the settings that a function of ours has none of, those that this one has: Lambda leaves what is
// not named as it is.
func (p functionProperties) unset(in *lambda.UpdateFunctionConfigurationInput, have functionProperties) {
	if have.KmsKeyArn != p.KmsKeyArn {
		in.KMSKeyArn = &p.KmsKeyArn
	}
	if !slices.Equal(have.Layers, p.Layers) {
		in.Layers = append([]string{}, p.Layers...)
	}
	if !reflect.DeepEqual(have.VpcConfig, p.VpcConfig) {
		in.VpcConfig = &types.VpcConfig{
			SubnetIds: append([]string{}, p.VpcConfig.SubnetIDs...), SecurityGroupIds: append([]string{}, p.VpcConfig.SecurityGroupIDs...),
		}
	}
	if have.LogGroup != p.LogGroup {
		in.LoggingConfig = &types.LoggingConfig{LogGroup: &p.LogGroup}
	}
}

// loggingTo is nil for the group to which the function would write anyway.
func loggingTo(function, group string) *types.LoggingConfig {
	if group == logGroupOf(function) {
		return nil
	}
	return &types.LoggingConfig{LogGroup: &group}
}

func (f functions) upload(ctx context.Context, name string, want functionProperties) error {
	_, err := provision.Retry(ctx, functionUpdatable, func(ctx context.Context) (*lambda.UpdateFunctionCodeOutput, error) {
		return f.api.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{
			FunctionName: &name, ZipFile: want.Code.zip,
			Architectures: []types.Architecture{types.Architecture(want.Architecture)},
		})
	})
	if err != nil {
		return err
	}
	return f.ready(ctx, name)
}

// ready waits until the function can be invoked and its last update is in force. A failed state ends
// the wait at once. GetFunction is polled, which has a rate of its own (100 a second) and not a share
// of the 15 a second of all other calls.
func (f functions) ready(ctx context.Context, name string) error {
	_, err := provision.Retry(ctx, functionReady, func(ctx context.Context) (*lambda.GetFunctionOutput, error) {
		out, err := f.get(ctx, name)
		if err != nil {
			return nil, err
		}
		return out, settled(out.Configuration)
	})
	return err
}

// settled returns nil for a function that can be used, errSettling for one that soon can, and what
// Lambda says of one that never will.
func settled(c *types.FunctionConfiguration) error {
	switch {
	case c.State == types.StateFailed:
		return fmt.Errorf("the function is Failed: %s: %s", c.StateReasonCode, aws.ToString(c.StateReason))
	case c.LastUpdateStatus == types.LastUpdateStatusFailed:
		return fmt.Errorf("the function's update Failed: %s: %s", c.LastUpdateStatusReasonCode, aws.ToString(c.LastUpdateStatusReason))
	case c.State == types.StateDeleting:
		return errLeaving
	case c.State == types.StatePending, c.LastUpdateStatus == types.LastUpdateStatusInProgress:
		return errSettling
	}
	return nil
}

func (f functions) delete(ctx context.Context, id provision.Identity) error {
	out, err := f.api.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &id.Name})
	if err != nil {
		return gone(missingFunction(err))
	}
	if out.StatusCode != deletionAccepted {
		return nil
	}
	_, err = provision.Retry(ctx, functionGone, func(ctx context.Context) (struct{}, error) {
		_, err := f.api.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &id.Name})
		if err == nil {
			err = errSettling
		}
		return struct{}{}, err
	})
	return gone(missingFunction(err))
}

// deletionAccepted is the HTTP status by which Lambda says that it deletes in the background.
const deletionAccepted = 202

// roleAssumable: Lambda sees a new role some 5 to 15 s after IAM has made it, and its policy as late. The
// same words are permanent if the trust policy is wrong, so there is an end to it.
var roleAssumable = provision.Patience{
	Reason: "IAM to let Lambda assume the new role",
	Cap:    5 * time.Minute, First: 500 * time.Millisecond, Longest: 5 * time.Second,
	Passing: roleNotYet,
}

func roleNotYet(err error) bool {
	var invalid *types.InvalidParameterValueException
	return errors.As(err, &invalid) &&
		(strings.Contains(invalid.ErrorMessage(), "The role defined for the function cannot be assumed by Lambda") ||
			strings.Contains(invalid.ErrorMessage(), "The provided execution role does not have permissions"))
}

// functionUpdatable: an update is refused while another is under way, or the function is still Pending.
// https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
var functionUpdatable = provision.Patience{
	Reason: "Lambda to finish the update under way",
	Cap:    5 * time.Minute, First: 500 * time.Millisecond, Longest: 5 * time.Second,
	Passing: func(err error) bool {
		_, busy := errors.AsType[*types.ResourceConflictException](err)
		return busy || roleNotYet(err)
	},
}

// errSettling: the function is there and cannot be used yet, or is on its way out.
var errSettling = errors.New("the function is not settled yet")

// functionReady: seconds as a rule; minutes only for functions in a VPC. A new one can be missing at first.
var functionReady = provision.Patience{
	Reason: "Lambda to activate the function",
	Cap:    5 * time.Minute, First: 200 * time.Millisecond, Longest: 3 * time.Second,
	Passing: func(err error) bool {
		return errors.Is(err, errSettling) || errors.Is(missingFunction(err), provision.ErrNotFound)
	},
}

// errLeaving: somebody has deleted the function, and Lambda has not finished.
var errLeaving = errors.New("the function is being deleted")

// functionDeleted: until an earlier function of the name is gone.
var functionDeleted = provision.Patience{
	Reason: "Lambda to delete the earlier function of that name",
	Cap:    5 * time.Minute, First: 500 * time.Millisecond,
	Passing: func(err error) bool { return errors.Is(err, errLeaving) },
}

var functionGone = provision.Patience{
	Reason: "Lambda to delete the function",
	Cap:    5 * time.Minute, First: 500 * time.Millisecond,
	Passing: func(err error) bool { return errors.Is(err, errSettling) },
}

func liveFunction(name string, arn *string, p functionProperties) provision.Live[functionProperties] {
	return provision.Live[functionProperties]{PhysicalID: name, ARN: aws.ToString(arn), Properties: p}
}

func environment(variables map[string]provision.Secret) *types.Environment {
	e := &types.Environment{Variables: map[string]string{}}
	for k, v := range variables {
		e.Variables[k] = v.Reveal()
	}
	return e
}

// missingFunction turns Lambda's words for a function that is not there into ErrNotFound.
func missingFunction(err error) error {
	if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
		return fmt.Errorf("%w: %w", provision.ErrNotFound, err)
	}
	return err
}
