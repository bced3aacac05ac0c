package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// functionSettings are what CreateFunction and UpdateFunctionConfiguration have in common; nil is
// not given.
type functionSettings struct {
	Role             *string
	Handler          *string
	Runtime          types.Runtime
	Description      *string
	Timeout          *int32
	MemorySize       *int32
	EphemeralStorage *types.EphemeralStorage
	Environment      *types.Environment
	LoggingConfig    *types.LoggingConfig
	TracingConfig    *types.TracingConfig
	DeadLetterConfig *types.DeadLetterConfig
	KMSKeyARN        *string
	VPC              *types.VpcConfig
	Layers           []string
}

func givenByCreate(in *lambda.CreateFunctionInput) functionSettings {
	return functionSettings{
		in.Role, in.Handler, in.Runtime, in.Description, in.Timeout, in.MemorySize, in.EphemeralStorage, in.Environment,
		in.LoggingConfig, in.TracingConfig, in.DeadLetterConfig, in.KMSKeyArn, in.VpcConfig, in.Layers,
	}
}

func givenByUpdate(in *lambda.UpdateFunctionConfigurationInput) functionSettings {
	return functionSettings{
		in.Role, in.Handler, in.Runtime, in.Description, in.Timeout, in.MemorySize, in.EphemeralStorage, in.Environment,
		in.LoggingConfig, in.TracingConfig, in.DeadLetterConfig, in.KMSKeyArn, in.VpcConfig, in.Layers,
	}
}

// applyTo puts what is given over a configuration; what is not given stays.
func (s functionSettings) applyTo(c *types.FunctionConfiguration) {
	setIfGiven(&c.Role, s.Role)
	setIfGiven(&c.Handler, s.Handler)
	setIfGiven(&c.Description, s.Description)
	setIfGiven(&c.Timeout, s.Timeout)
	setIfGiven(&c.MemorySize, s.MemorySize)
	setIfGiven(&c.EphemeralStorage, s.EphemeralStorage)
	if s.Runtime != "" {
		c.Runtime = s.Runtime
	}
	if s.KMSKeyARN != nil {
		c.KMSKeyArn = orNil(*s.KMSKeyARN)
	}
	if s.DeadLetterConfig != nil {
		c.DeadLetterConfig = nil
		if aws.ToString(s.DeadLetterConfig.TargetArn) != "" {
			c.DeadLetterConfig = s.DeadLetterConfig
		}
	}
	if s.TracingConfig != nil {
		c.TracingConfig = &types.TracingConfigResponse{Mode: s.TracingConfig.Mode}
	}
	if s.Environment != nil {
		c.Environment = environmentOf(s.Environment.Variables)
	}
	if s.LoggingConfig != nil {
		c.LoggingConfig = loggingOver(*c.LoggingConfig, *s.LoggingConfig)
	}
	if s.VPC != nil {
		c.VpcConfig = &types.VpcConfigResponse{
			SubnetIds: s.VPC.SubnetIds, SecurityGroupIds: s.VPC.SecurityGroupIds, Ipv6AllowedForDualStack: s.VPC.Ipv6AllowedForDualStack,
		}
	}
	if s.Layers != nil {
		c.Layers = nil
		for _, arn := range s.Layers {
			c.Layers = append(c.Layers, types.Layer{Arn: aws.String(arn)})
		}
	}
}

// environmentOf returns nil for no variables: AWS then answers without an Environment.
func environmentOf(variables map[string]string) *types.EnvironmentResponse {
	if len(variables) == 0 {
		return nil
	}
	return &types.EnvironmentResponse{Variables: maps.Clone(variables)}
}

// loggingOver keeps what is not given. Levels belong to JSON alone, where both default to INFO.
func loggingOver(c, given types.LoggingConfig) *types.LoggingConfig {
	setIfGiven(&c.LogGroup, given.LogGroup)
	if given.LogFormat != "" {
		c.LogFormat = given.LogFormat
	}
	if c.LogFormat == types.LogFormatText {
		c.ApplicationLogLevel, c.SystemLogLevel = "", ""
		return &c
	}
	c.ApplicationLogLevel = firstOf(given.ApplicationLogLevel, c.ApplicationLogLevel, types.ApplicationLogLevelInfo)
	c.SystemLogLevel = firstOf(given.SystemLogLevel, c.SystemLogLevel, types.SystemLogLevelInfo)
	return &c
}

func firstOf[T ~string](values ...T) T {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

var (
	functionNameChars = pattern(`^[a-zA-Z0-9-_]+$`)
	handlerChars      = pattern(`^[^\s]+$`)
	roleARN           = pattern(`^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$`)
	variableName      = pattern(`^[a-zA-Z]([a-zA-Z0-9_])+$`)
	logGroupOfLambda  = pattern(`^[\.\-_/#A-Za-z0-9]+$`)
)

// checkNewFunctionName takes a bare name or the ARN the function will have, and returns the bare name.
func checkNewFunctionName(r *request, given string) (string, error) {
	name := strings.TrimPrefix(given, r.arn("lambda", "function:"))
	if fault := checkPattern(name, "functionName", functionNameChars); fault != "" {
		return "", lambdaValidation(fault)
	}
	if fault := checkLength(name, "functionName", 1, 64); fault != "" {
		return "", lambdaInvalid(fault)
	}
	return name, nil
}

// checkNewFunction checks what only CreateFunction takes, or only it requires.
func checkNewFunction(in *lambda.CreateFunctionInput) error {
	if in.PackageType != "" && in.PackageType != types.PackageTypeZip {
		return lambdaNotHere("functions of package type " + string(in.PackageType))
	}
	code := in.Code
	if code == nil {
		code = &types.FunctionCode{}
	}
	if in.Role == nil {
		return lambdaValidation("1 validation error detected: Value null at 'role' failed to satisfy constraint: Member must not be null")
	}
	if aws.ToString(in.Handler) == "" || in.Runtime == "" {
		return lambdaInvalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	}
	return firstError(checkCodeSource(code.ZipFile, code.S3Bucket, code.ImageUri), checkArchitectures(in.Architectures), checkPublish(in.Publish))
}

func checkCodeSource(zip []byte, bucket, image *string) error {
	switch {
	case image != nil:
		return lambdaNotHere("functions from images")
	case bucket != nil:
		return lambdaInvalid("Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist")
	case len(zip) == 0:
		return lambdaInvalid("Please provide a source for function code.")
	}
	return nil
}

func checkArchitectures(list []types.Architecture) error {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return lambdaValidation(checkEnum(list[0], "architectures", list[0].Values()))
	}
	return lambdaValidation(constraint(string(list[0])+", "+string(list[1]), "architectures", "Member must have length less than or equal to 1"))
}

func checkPublish(publish bool) error {
	if publish {
		return lambdaNotHere("published versions")
	}
	return nil
}

// lambdaNotHere refuses what AWS has and the sandbox has not.
func lambdaNotHere(what string) error {
	return &apiError{code: "NotImplemented", message: "the sandbox has no " + what, status: 501}
}

func (s functionSettings) check() error {
	var faults []string
	add := func(fault string) { faults = append(faults, fault) }
	if s.Role != nil {
		add(checkPattern(*s.Role, "role", roleARN))
	}
	if s.Handler != nil {
		add(checkLength(*s.Handler, "handler", 0, 128))
		add(checkPattern(*s.Handler, "handler", handlerChars))
	}
	add(checkLength(aws.ToString(s.Description), "description", 0, 256))
	add(checkOptional(s.Timeout, "timeout", 1, 900))
	add(checkOptional(s.MemorySize, "memorySize", 128, 10_240))
	if s.EphemeralStorage != nil {
		add(checkRange(aws.ToInt32(s.EphemeralStorage.Size), "ephemeralStorage.size", 512, 10_240))
	}
	if s.TracingConfig != nil {
		add(checkEnum(s.TracingConfig.Mode, "tracingConfig.mode", s.TracingConfig.Mode.Values()))
	}
	if fault := firstFault(faults...); fault != "" {
		return lambdaValidation(fault)
	}
	if s.LoggingConfig != nil {
		if err := checkLogging(*s.LoggingConfig); err != nil {
			return err
		}
	}
	if s.Environment != nil {
		return checkEnvironment(s.Environment.Variables)
	}
	return nil
}

func checkLogging(c types.LoggingConfig) error {
	if c.LogGroup != nil {
		if fault := firstFault(checkLength(*c.LogGroup, "loggingConfig.logGroup", 1, 512), checkPattern(*c.LogGroup, "loggingConfig.logGroup", logGroupOfLambda)); fault != "" {
			return lambdaValidation(fault)
		}
	}
	if c.LogFormat != "" {
		if fault := checkEnum(c.LogFormat, "loggingConfig.logFormat", c.LogFormat.Values()); fault != "" {
			return lambdaValidation(fault)
		}
	}
	if c.LogFormat == types.LogFormatText && (c.ApplicationLogLevel != "" || c.SystemLogLevel != "") {
		return lambdaInvalid("To set the log level of an application or of the system, the log format must be JSON.")
	}
	return nil
}

// maxEnvironmentBytes is for all variables together, in JSON.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxEnvironmentBytes = 4096

func checkEnvironment(variables map[string]string) error {
	var reserved []string
	for _, name := range sortedKeys(variables) {
		if isReservedVariable(name) {
			reserved = append(reserved, name)
		} else if !variableName().MatchString(name) {
			return lambdaValidation("1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]")
		}
	}
	if len(reserved) > 0 {
		return lambdaInvalid("Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: " + strings.Join(reserved, ", "))
	}
	text, _ := json.Marshal(variables) // a map of strings always marshals
	if len(text) > maxEnvironmentBytes {
		return lambdaInvalid("Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: " + strconv.Itoa(len(text)) + " bytes")
	}
	return nil
}

// isReservedVariable names the variables that Lambda sets itself and lets nobody set.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func isReservedVariable(name string) bool {
	return slices.Contains([]string{
		"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
		"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY",
		"AWS_SECRET_KEY", "AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
	}, name)
}
