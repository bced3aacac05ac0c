package sandbox

import (
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// function is a Lambda function: its version $LATEST, for the sandbox publishes no other. Its state
// is not kept but follows from the times.
type function struct {
	Configuration types.FunctionConfiguration
	Created       time.Time
	Updated       time.Time // zero if never
	Zip           []byte
	Tags          map[string]string
	Permissions   []permission
	PolicyID      string // revision of the permissions
	Reserved      *int32 // concurrent executions; nil where none are reserved
}

func (w *world) lambdaOperations() []operation {
	return []operation{
		op("CreateFunction", w.createFunction),
		op("GetFunction", w.getFunction),
		op("GetFunctionConfiguration", w.getFunctionConfiguration),
		op("GetFunctionConcurrency", w.getFunctionConcurrency),
		op("PutFunctionConcurrency", w.putFunctionConcurrency),
		op("DeleteFunctionConcurrency", w.deleteFunctionConcurrency),
		op("GetFunctionCodeSigningConfig", w.getFunctionCodeSigningConfig),
		op("ListFunctions", w.listFunctions),
		op("ListVersionsByFunction", w.listVersionsByFunction),
		op("UpdateFunctionCode", w.updateFunctionCode),
		op("UpdateFunctionConfiguration", w.updateFunctionConfiguration),
		op("DeleteFunction", w.deleteFunction),
		op("TagResource", w.tagFunction),
		op("UntagResource", w.untagFunction),
		op("ListTags", w.listFunctionTags),
		op("AddPermission", w.addPermission),
		op("RemovePermission", w.removePermission),
		op("GetPolicy", w.getFunctionPolicy),
		op("Invoke", w.invoke),
	}
}

// lambdaPageMost is Lambda's largest page, and the page of those who ask for none.
const lambdaPageMost = 50

func (w *world) getFunction(r *request, in *lambda.GetFunctionInput) (*lambda.GetFunctionOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	configuration := w.configurationOf(f, r.now)
	tags, why := w.shownTags(r, in, f.Tags)
	return &lambda.GetFunctionOutput{
		Configuration: &configuration,
		Concurrency:   f.concurrency(),
		Code: &types.FunctionCodeLocation{
			RepositoryType: aws.String("S3"),
			Location:       aws.String("https://awslambda-" + r.region + "-tasks.s3." + r.region + ".amazonaws.com/snapshots/" + r.account + "/" + *configuration.FunctionName),
		},
		Tags: tags, TagsError: why,
	}, nil
}

func (w *world) getFunctionConfiguration(r *request, in *lambda.GetFunctionConfigurationInput) (*lambda.GetFunctionConfigurationOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	out := configurationAs[lambda.GetFunctionConfigurationOutput](w.configurationOf(f, r.now))
	return &out, nil
}

// getFunctionCodeSigningConfig answers for a function without code signing, as all are here.
func (w *world) getFunctionCodeSigningConfig(r *request, in *lambda.GetFunctionCodeSigningConfigInput) (*lambda.GetFunctionCodeSigningConfigOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	return &lambda.GetFunctionCodeSigningConfigOutput{FunctionName: f.Configuration.FunctionName}, nil
}

func (w *world) listFunctions(r *request, in *lambda.ListFunctionsInput) (*lambda.ListFunctionsOutput, error) {
	part, next, ok := page(byName(w.in(r).Functions), in.Marker, pageSize(in.MaxItems, lambdaPageMost, lambdaPageMost))
	if !ok {
		return nil, lambdaInvalid("Invalid pagination token")
	}
	out := &lambda.ListFunctionsOutput{NextMarker: next}
	for _, f := range part {
		listed := w.configurationOf(f, r.now)
		listed.State, listed.StateReason, listed.StateReasonCode = "", nil, "" // lists say nothing of states
		listed.LastUpdateStatus, listed.LastUpdateStatusReason, listed.LastUpdateStatusReasonCode = "", nil, ""
		out.Functions = append(out.Functions, listed)
	}
	return out, nil
}

func (w *world) listVersionsByFunction(r *request, in *lambda.ListVersionsByFunctionInput) (*lambda.ListVersionsByFunctionOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	latest := w.configurationOf(f, r.now)
	latest.FunctionArn = aws.String(*latest.FunctionArn + ":$LATEST")
	return &lambda.ListVersionsByFunctionOutput{Versions: []types.FunctionConfiguration{latest}}, nil
}

// deleteFunction deletes at once, which is what 204 says; AWS's 202 would mean that it goes on.
func (w *world) deleteFunction(r *request, in *lambda.DeleteFunctionInput) (*lambda.DeleteFunctionOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	delete(w.in(r).Functions, *f.Configuration.FunctionName)
	return &lambda.DeleteFunctionOutput{StatusCode: 204}, nil
}

func (w *world) tagFunction(r *request, in *lambda.TagResourceInput) (*lambda.TagResourceOutput, error) {
	f, err := w.functionAt(r, in.Resource)
	if err != nil {
		return nil, err
	}
	tags, fault := addTags(f.Tags, in.Tags)
	if fault != "" {
		return nil, lambdaInvalid(fault)
	}
	f.Tags = tags
	return &lambda.TagResourceOutput{}, nil
}

func (w *world) untagFunction(r *request, in *lambda.UntagResourceInput) (*lambda.UntagResourceOutput, error) {
	f, err := w.functionAt(r, in.Resource)
	if err != nil {
		return nil, err
	}
	f.Tags = withoutTags(f.Tags, in.TagKeys)
	return &lambda.UntagResourceOutput{}, nil
}

func (w *world) listFunctionTags(r *request, in *lambda.ListTagsInput) (*lambda.ListTagsOutput, error) {
	f, err := w.functionAt(r, in.Resource)
	if err != nil {
		return nil, err
	}
	return &lambda.ListTagsOutput{Tags: maps.Clone(f.Tags)}, nil
}

// functionReference is what Lambda takes for a function: its name, its ARN or a part of it, and a
// qualifier behind any of them.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
var functionReference = pattern(
	`^(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?$`)

// functionNamed finds a function by what functionReference takes.
func (w *world) functionNamed(r *request, reference, qualifier *string) (*function, error) {
	parts := functionReference().FindStringSubmatch(aws.ToString(reference))
	if parts == nil {
		return nil, lambdaValidation(constraint(aws.ToString(reference), "functionName",
			"Member must satisfy regular expression pattern: "+strings.Trim(functionReference().String(), "^$")))
	}
	// By the groups of the pattern, which is AWS's own and so has many.
	region, account, name, version := strings.TrimSuffix(parts[3], ":"), strings.TrimSuffix(parts[8], ":"), parts[10], parts[12]
	if qualifier != nil {
		version = *qualifier
	}
	arn := r.arn("lambda", "function:"+name)
	if version != "" {
		arn += ":" + version
	}
	f, ok := w.in(r).Functions[name]
	elsewhere := region != "" && region != r.region || account != "" && account != r.account
	if !ok || elsewhere || version != "" && version != "$LATEST" {
		return nil, functionNotFound(arn)
	}
	return f, nil
}

// functionAt finds a function by its ARN, which is all that the tagging operations take.
func (w *world) functionAt(r *request, arn *string) (*function, error) {
	name, ok := strings.CutPrefix(aws.ToString(arn), r.arn("lambda", "function:"))
	if !ok {
		return nil, lambdaValidation(constraint(aws.ToString(arn), "resource", "Member must be the ARN of a function"))
	}
	f, ok := w.in(r).Functions[name]
	if !ok {
		return nil, functionNotFound(*arn)
	}
	return f, nil
}

func functionNotFound(arn string) error {
	return &types.ResourceNotFoundException{Type: aws.String("User"), Message: aws.String("Function not found: " + arn)}
}

func lambdaConflict(message string) error {
	return &types.ResourceConflictException{Type: aws.String("User"), Message: aws.String(message)}
}

func lambdaInvalid(message string) error {
	return &types.InvalidParameterValueException{Type: aws.String("User"), Message: aws.String(message)}
}

// lambdaValidation returns the error for a fault that the API's model alone shows, nil for none.
// The SDK models no type for it.
func lambdaValidation(fault string) error {
	if fault == "" {
		return nil
	}
	return &apiError{code: "ValidationException", message: fault}
}

func tagsOrNil(tags map[string]string) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	return maps.Clone(tags)
}
