package stack

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/eventscale/eventscale/internal/provision"
)

// hidden returns an error whose text has none of the values of a function's environment: AWS may repeat what it
// refuses. errors.As still finds the SDK's types in it.
func hidden(err error, variables map[string]provision.Secret) error {
	if err == nil {
		return nil
	}
	said := concise(err).Error()
	if text := withoutValues(said, environment(variables)); text != said {
		return &CallError{text: text, err: err}
	}
	return err
}

// WithoutSecrets returns what is said of a call to AWS, without the values that the call gave to a function's
// environment.
func WithoutSecrets(text string, parameters any) string {
	switch in := parameters.(type) {
	case *lambda.CreateFunctionInput:
		return withoutValues(text, in.Environment)
	case *lambda.UpdateFunctionConfigurationInput:
		return withoutValues(text, in.Environment)
	}
	return text
}

func withoutValues(text string, e *types.Environment) string {
	if e == nil {
		return text
	}
	for _, value := range spellings(e.Variables) {
		text = strings.ReplaceAll(text, value, "(sensitive)")
	}
	return text
}

// shortestHidden: a shorter value is in too many words, and is no secret.
const shortestHidden = 4

// spellings are the values as they can stand in a message, the longest first, since one can be a part of another.
func spellings(variables map[string]string) []string {
	var all []string
	for name, value := range variables {
		if name != queueURLVariable && len(value) >= shortestHidden {
			quoted := strconv.Quote(value)
			all = append(all, value, quoted[1:len(quoted)-1])
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return all
}
