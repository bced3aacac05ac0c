package sandbox

import (
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda/schemas"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/traits"
)

// binding ties one operation of a REST protocol to HTTP. Method, path, status and the places of the
// members all come from the SDK's own schemas.
type binding struct {
	operation, input, output *smithy.Schema
}

// pathLabel is a value found in the place of a path's {Name}.
type pathLabel struct{ name, value string }

func lambdaBindings() []binding {
	return []binding{
		{schemas.AddPermission, schemas.AddPermissionRequest, schemas.AddPermissionResponse},
		{schemas.CreateFunction, schemas.CreateFunctionRequest, schemas.FunctionConfiguration},
		{schemas.DeleteFunction, schemas.DeleteFunctionRequest, schemas.DeleteFunctionResponse},
		{schemas.DeleteFunctionConcurrency, schemas.DeleteFunctionConcurrencyRequest, nil},
		{schemas.GetFunction, schemas.GetFunctionRequest, schemas.GetFunctionResponse},
		{schemas.GetFunctionCodeSigningConfig, schemas.GetFunctionCodeSigningConfigRequest, schemas.GetFunctionCodeSigningConfigResponse},
		{schemas.GetFunctionConcurrency, schemas.GetFunctionConcurrencyRequest, schemas.GetFunctionConcurrencyResponse},
		{schemas.GetFunctionConfiguration, schemas.GetFunctionConfigurationRequest, schemas.FunctionConfiguration},
		{schemas.GetPolicy, schemas.GetPolicyRequest, schemas.GetPolicyResponse},
		{schemas.Invoke, schemas.InvocationRequest, schemas.InvocationResponse},
		{schemas.ListFunctions, schemas.ListFunctionsRequest, schemas.ListFunctionsResponse},
		{schemas.ListTags, schemas.ListTagsRequest, schemas.ListTagsResponse},
		{schemas.ListVersionsByFunction, schemas.ListVersionsByFunctionRequest, schemas.ListVersionsByFunctionResponse},
		{schemas.PutFunctionConcurrency, schemas.PutFunctionConcurrencyRequest, schemas.Concurrency},
		{schemas.RemovePermission, schemas.RemovePermissionRequest, nil},
		{schemas.TagResource, schemas.TagResourceRequest, nil},
		{schemas.UntagResource, schemas.UntagResourceRequest, nil},
		{schemas.UpdateFunctionCode, schemas.UpdateFunctionCodeRequest, schemas.FunctionConfiguration},
		{schemas.UpdateFunctionConfiguration, schemas.UpdateFunctionConfigurationRequest, schemas.FunctionConfiguration},
	}
}

func (b *binding) name() string { return b.operation.ID().Name }

func (b *binding) http() *traits.HTTP {
	h, _ := smithy.SchemaTrait[*traits.HTTP](b.operation)
	return h
}

// match compares a request with the binding. The path is taken as it was sent, so that an escaped
// slash or colon (a function's ARN) stays within its segment.
func (b *binding) match(method, path string) ([]pathLabel, bool) {
	h := b.http()
	if method != h.Method {
		return nil, false
	}
	want, got := strings.Split(strings.Trim(h.URI, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	if len(want) != len(got) {
		return nil, false
	}
	var labels []pathLabel
	for i, segment := range want {
		if !strings.HasPrefix(segment, "{") {
			if segment != got[i] {
				return nil, false
			}
			continue
		}
		value, err := url.PathUnescape(got[i])
		if err != nil || value == "" {
			return nil, false
		}
		labels = append(labels, pathLabel{strings.Trim(segment, "{}+"), value})
	}
	return labels, true
}

// statusMember returns the member of the output that is the HTTP status, "" where there is none.
func (b *binding) statusMember() string {
	if b.output == nil {
		return ""
	}
	for name, member := range b.output.Members() {
		if _, ok := smithy.SchemaTrait[*traits.HTTPResponseCode](member); ok {
			return name
		}
	}
	return ""
}
