package sandbox

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

const functionARN = "arn:aws:lambda:us-east-1:123456789012:function:ingest"

func zipped(source string) []byte {
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	must(must(archive.Create("index.py")).Write([]byte(source)))
	if err := archive.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func functionInput(name string) *lambda.CreateFunctionInput {
	return &lambda.CreateFunctionInput{
		FunctionName: &name, Role: aws.String("arn:aws:iam::123456789012:role/ingest"),
		Runtime: types.RuntimePython313, Handler: aws.String("index.handler"), Code: &types.FunctionCode{ZipFile: zipped("pass")},
	}
}

// withFunction is a stage with the role ingest and the function ingest, Active.
func withFunction(t *testing.T) *stage {
	s := newStage(t)
	must(s.createRole(s.request(), roleInput("ingest")))
	must(s.createFunction(s.request(), functionInput("ingest")))
	return s
}

func (s *stage) configuration() *types.FunctionConfiguration {
	s.Helper()
	out, err := s.getFunction(s.request(), &lambda.GetFunctionInput{FunctionName: aws.String("ingest")})
	s.accepts(err)
	return out.Configuration
}

func TestNewFunctionHasTheDefaultsOfAWS(t *testing.T) {
	s := withFunction(t)
	c := s.configuration()
	sum := sha256.Sum256(zipped("pass"))
	same(t, *c.CodeSha256, base64.StdEncoding.EncodeToString(sum[:]))
	same(t, c.CodeSize, int64(len(zipped("pass"))))
	same(t, *c.FunctionArn, functionARN)
	same(t, []string{*c.Description, *c.Version, *c.LastModified}, []string{"", "$LATEST", "2026-11-20T12:00:10.000+0000"})
	same(t, []int32{*c.MemorySize, *c.Timeout, *c.EphemeralStorage.Size}, []int32{128, 3, 512})
	same(t, c.Architectures, []types.Architecture{"x86_64"})
	same(t, *c.LoggingConfig, types.LoggingConfig{LogFormat: "Text", LogGroup: aws.String("/aws/lambda/ingest")})
	same(t, []string{string(c.PackageType), string(c.TracingConfig.Mode), string(c.SnapStart.ApplyOn)}, []string{"Zip", "PassThrough", "None"})
	if c.Environment != nil {
		t.Error("an environment without variables")
	}
	_, err := s.createFunction(s.request(), functionInput("ingest"))
	s.refuses(err, "ResourceConflictException", "Function already exist: ingest")
}

func TestRoleMustBeAssumable(t *testing.T) {
	const fault = "The role defined for the function cannot be assumed by Lambda."
	s := newStage(t)
	s.delays.RoleAssumable = 10 * time.Second
	create := func() error {
		_, err := s.createFunction(s.request(), functionInput("ingest"))
		return err
	}
	s.refuses(create(), "InvalidParameterValueException", fault) // no such role
	must(s.createRole(s.request(), roleInput("ingest")))
	s.pass(10*time.Second - 1)
	s.refuses(create(), "InvalidParameterValueException", fault) // not known yet
	s.pass(1)
	must(s.updateAssumeRolePolicy(s.request(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("ingest"), PolicyDocument: aws.String(otherTrust)}))
	s.pass(10 * time.Second)
	s.refuses(create(), "InvalidParameterValueException", fault) // trusts another
	must(s.updateAssumeRolePolicy(s.request(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("ingest"), PolicyDocument: aws.String(lambdaTrust)}))
	s.refuses(create(), "InvalidParameterValueException", fault) // the new trust is not known yet
	s.pass(10 * time.Second)
	s.accepts(create())
	_, err := s.updateFunctionConfiguration(s.request(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("ingest"), Role: aws.String("arn:aws:iam::123456789012:role/other/ingest"),
	})
	s.refuses(err, "InvalidParameterValueException", fault) // another path
}

func TestFunctionIsPendingThenActive(t *testing.T) {
	s := newStage(t)
	s.delays = Delays{FunctionPending: 5 * time.Second, FunctionUpdate: 2 * time.Second}
	must(s.createRole(s.request(), roleInput("ingest")))
	created := must(s.createFunction(s.request(), functionInput("ingest")))
	same(t, []string{string(created.State), string(created.StateReasonCode), *created.StateReason}, []string{"Pending", "Creating", "The function is being created."})
	update := func() error {
		_, err := s.updateFunctionConfiguration(s.request(), &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("ingest"), Timeout: aws.Int32(9)})
		return err
	}
	s.refuses(update(), "ResourceConflictException", "The operation cannot be performed at this time. The function is currently in the following state: Pending")
	s.pass(5 * time.Second)
	c := s.configuration()
	same(t, []string{string(c.State), string(c.LastUpdateStatus)}, []string{"Active", "Successful"})
	s.accepts(update())
	same(t, s.configuration().LastUpdateStatus, types.LastUpdateStatusInProgress)
	s.refuses(update(), "ResourceConflictException", "An update is in progress for resource: "+functionARN)
	_, err := s.updateFunctionCode(s.request(), &lambda.UpdateFunctionCodeInput{FunctionName: aws.String("ingest"), ZipFile: zipped("x")})
	s.refuses(err, "ResourceConflictException", "An update is in progress")
	s.pass(2 * time.Second)
	same(t, s.configuration().LastUpdateStatus, types.LastUpdateStatusSuccessful)
	s.accepts(update())
}

func TestCreateFunctionChecksItsInput(t *testing.T) {
	s := newStage(t)
	must(s.createRole(s.request(), roleInput("ingest")))
	environment := func(name, value string) *types.Environment {
		return &types.Environment{Variables: map[string]string{name: value}}
	}
	const invalid, validation = "InvalidParameterValueException", "ValidationException"
	type in = lambda.CreateFunctionInput
	for _, c := range []struct {
		change         func(*in)
		code, fragment string
	}{
		{func(f *in) { f.FunctionName = aws.String("a b") }, validation, "functionName"},
		{func(f *in) { f.FunctionName = aws.String(strings.Repeat("x", 65)) }, invalid, "Member must have length less than or equal to 64"},
		{func(f *in) { f.Role = nil }, validation, "'role'"},
		{func(f *in) { f.Role = aws.String("ingest") }, validation, "arn:(aws[a-zA-Z-]*)?:iam::"},
		{func(f *in) { f.Handler = nil }, invalid, "Runtime and Handler are mandatory"},
		{func(f *in) { f.Handler = aws.String("a b") }, validation, "handler"},
		{func(f *in) { f.Runtime = "" }, invalid, "Runtime and Handler are mandatory"},
		{func(f *in) { f.Timeout = aws.Int32(901) }, validation, "timeout"},
		{func(f *in) { f.Timeout = aws.Int32(0) }, validation, "timeout"},
		{func(f *in) { f.MemorySize = aws.Int32(127) }, validation, "memorySize"},
		{func(f *in) { f.MemorySize = aws.Int32(10_241) }, validation, "memorySize"},
		{func(f *in) { f.EphemeralStorage = &types.EphemeralStorage{Size: aws.Int32(511)} }, validation, "ephemeralStorage"},
		{func(f *in) { f.Description = aws.String(strings.Repeat("x", 257)) }, validation, "description"},
		{func(f *in) { f.Environment = environment("1A", "") }, validation, "environment.variables"},
		{func(f *in) { f.Environment = environment("AWS_REGION", "x") }, invalid, "Reserved keys used in this request: AWS_REGION"},
		{func(f *in) { f.Environment = environment("BIG", strings.Repeat("x", 4096)) }, invalid, "exceeded the 4KB limit"},
		{func(f *in) { f.Architectures = []types.Architecture{"mips"} }, validation, "architectures"},
		{func(f *in) { f.Architectures = []types.Architecture{"arm64", "x86_64"} }, validation, "architectures"},
		{func(f *in) { f.LoggingConfig = &types.LoggingConfig{LogFormat: "XML"} }, validation, "logFormat"},
		{func(f *in) { f.LoggingConfig = &types.LoggingConfig{LogGroup: aws.String("a b")} }, validation, "logGroup"},
		{func(f *in) { f.Code = nil }, invalid, "source for function code"},
		{func(f *in) { f.Code.ZipFile = []byte("no zip") }, invalid, "Could not unzip uploaded file. Please check your file, then try to upload again."},
		{func(f *in) { f.Code.ZipFile = make([]byte, maxZipBytes+1) }, "RequestTooLargeException", "52428800"},
		{func(f *in) { f.Code = &types.FunctionCode{S3Bucket: aws.String("b")} }, invalid, "NoSuchBucket"},
		{func(f *in) { f.Tags = map[string]string{"aws:x": ""} }, invalid, "aws:"},
	} {
		f := functionInput("ingest")
		c.change(f)
		_, err := s.createFunction(s.request(), f)
		s.refuses(err, c.code, c.fragment)
	}
	f := functionInput("ingest")
	f.Runtime = "python9.9" // newer than this program
	_, err := s.createFunction(s.request(), f)
	s.accepts(err)
}

func TestUpdateChangesOnlyWhatIsGiven(t *testing.T) {
	s := withFunction(t)
	name := aws.String("ingest")
	before := s.configuration()
	update := func(in lambda.UpdateFunctionConfigurationInput) *types.FunctionConfiguration {
		in.FunctionName = name
		must(s.updateFunctionConfiguration(s.request(), &in))
		return s.configuration()
	}
	c := update(lambda.UpdateFunctionConfigurationInput{Environment: &types.Environment{Variables: map[string]string{"QUEUE": "q"}}, Timeout: aws.Int32(60)})
	same(t, c.Environment.Variables, map[string]string{"QUEUE": "q"})
	same(t, []string{*c.Handler, *c.CodeSha256}, []string{*before.Handler, *before.CodeSha256})
	if *c.RevisionId == *before.RevisionId {
		t.Error("the same revision")
	}
	c = update(lambda.UpdateFunctionConfigurationInput{LoggingConfig: &types.LoggingConfig{LogFormat: "JSON"}})
	same(t, *c.LoggingConfig, types.LoggingConfig{LogFormat: "JSON", LogGroup: aws.String("/aws/lambda/ingest"), ApplicationLogLevel: "INFO", SystemLogLevel: "INFO"})
	same(t, []int32{*c.Timeout}, []int32{60})
	if c = update(lambda.UpdateFunctionConfigurationInput{Environment: &types.Environment{}}); c.Environment != nil {
		t.Error("the variables stay")
	}
	_, err := s.updateFunctionConfiguration(s.request(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, RevisionId: before.RevisionId})
	s.refuses(err, "PreconditionFailedException", "RevisionId")
}

func TestUpdateCodeChangesHashAndArchitecture(t *testing.T) {
	s := withFunction(t)
	before := *s.configuration().CodeSha256
	in := &lambda.UpdateFunctionCodeInput{FunctionName: aws.String("ingest"), ZipFile: zipped("other"), Architectures: []types.Architecture{"arm64"}, DryRun: true}
	dry := must(s.updateFunctionCode(s.request(), in))
	same(t, *s.configuration().CodeSha256, before)
	in.DryRun = false
	must(s.updateFunctionCode(s.request(), in))
	c := s.configuration()
	same(t, *c.CodeSha256, *dry.CodeSha256)
	same(t, c.Architectures, []types.Architecture{"arm64"})
	_, err := s.updateFunctionCode(s.request(), &lambda.UpdateFunctionCodeInput{FunctionName: aws.String("ingest"), ZipFile: []byte("x")})
	s.refuses(err, "InvalidParameterValueException", "Could not unzip")
}

func TestFunctionIsFoundByAllItsNames(t *testing.T) {
	s := withFunction(t)
	for _, name := range []string{"ingest", functionARN, "123456789012:function:ingest", "function:ingest", "ingest:$LATEST", functionARN + ":$LATEST"} {
		_, err := s.getFunctionConfiguration(s.request(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		s.accepts(err)
	}
	for _, name := range []string{"none", "ingest:7", strings.Replace(functionARN, "us-east-1", "eu-west-1", 1), "999999999999:function:ingest"} {
		_, err := s.getFunctionConfiguration(s.request(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		s.refuses(err, "ResourceNotFoundException", "Function not found: arn:aws:lambda:")
	}
	_, err := s.getFunction(s.request(), &lambda.GetFunctionInput{FunctionName: aws.String("a b")})
	s.refuses(err, "ValidationException", "functionName")
	same(t, len(must(s.listFunctions(s.request(), &lambda.ListFunctionsInput{})).Functions), 1)
	versions := must(s.listVersionsByFunction(s.request(), &lambda.ListVersionsByFunctionInput{FunctionName: aws.String("ingest")})).Versions
	same(t, *versions[0].FunctionArn, functionARN+":$LATEST")
	same(t, must(s.getFunctionConcurrency(s.request(), &lambda.GetFunctionConcurrencyInput{FunctionName: aws.String("ingest")})).ReservedConcurrentExecutions, nil)
	same(t, must(s.getFunctionCodeSigningConfig(s.request(), &lambda.GetFunctionCodeSigningConfigInput{FunctionName: aws.String("ingest")})).CodeSigningConfigArn, nil)
}

// A function of which no execution may run is told by GetFunction, and its events are lost.
func TestFunctionWithoutConcurrencyDoesNotRun(t *testing.T) {
	s, _ := withIngest(t, "jobs", nil)
	name := aws.String("ingest")
	same(t, must(s.getFunction(s.request(), &lambda.GetFunctionInput{FunctionName: name})).Concurrency, nil)
	must(s.putFunctionConcurrency(s.request(), &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)}))
	same(t, *must(s.getFunction(s.request(), &lambda.GetFunctionInput{FunctionName: name})).Concurrency.ReservedConcurrentExecutions, 0)
	same(t, *must(s.getFunctionConcurrency(s.request(), &lambda.GetFunctionConcurrencyInput{FunctionName: name})).ReservedConcurrentExecutions, 0)
	_, err := s.invoke(s.request(), &lambda.InvokeInput{FunctionName: name})
	s.refuses(err, "TooManyRequestsException", "Rate Exceeded")
	_, err = s.putFunctionConcurrency(s.request(), &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(901)})
	s.refuses(err, "InvalidParameterValueException", "below its minimum value")
	must(s.deleteFunctionConcurrency(s.request(), &lambda.DeleteFunctionConcurrencyInput{FunctionName: name}))
	same(t, must(s.getFunction(s.request(), &lambda.GetFunctionInput{FunctionName: name})).Concurrency, nil)
	_, err = s.invoke(s.request(), &lambda.InvokeInput{FunctionName: name})
	s.accepts(err)
}

func TestFunctionTagsAndDelete(t *testing.T) {
	s := withFunction(t)
	arn := aws.String(functionARN)
	must(s.tagFunction(s.request(), &lambda.TagResourceInput{Resource: arn, Tags: map[string]string{"a": "1", "b": "2"}}))
	must(s.untagFunction(s.request(), &lambda.UntagResourceInput{Resource: arn, TagKeys: []string{"b"}}))
	same(t, must(s.listFunctionTags(s.request(), &lambda.ListTagsInput{Resource: arn})).Tags, map[string]string{"a": "1"})
	same(t, must(s.getFunction(s.request(), &lambda.GetFunctionInput{FunctionName: arn})).Tags, map[string]string{"a": "1"})
	out := must(s.deleteFunction(s.request(), &lambda.DeleteFunctionInput{FunctionName: arn}))
	same(t, out.StatusCode, 204)
	_, err := s.deleteFunction(s.request(), &lambda.DeleteFunctionInput{FunctionName: arn})
	s.refuses(err, "ResourceNotFoundException", "Function not found: "+functionARN)
	_, err = s.listFunctionTags(s.request(), &lambda.ListTagsInput{Resource: arn})
	s.refuses(err, "ResourceNotFoundException", functionARN)
}

func permissionInput(id string) *lambda.AddPermissionInput {
	return &lambda.AddPermissionInput{
		FunctionName: aws.String("ingest"), StatementId: &id, Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("s3.amazonaws.com"),
		SourceArn: aws.String("arn:aws:s3:::bucket"), SourceAccount: aws.String("123456789012"),
	}
}

func TestPermissionIsStoredInAWSsForm(t *testing.T) {
	s := withFunction(t)
	name := aws.String("ingest")
	_, err := s.getFunctionPolicy(s.request(), &lambda.GetPolicyInput{FunctionName: name})
	s.refuses(err, "ResourceNotFoundException", "The resource you requested does not exist.")
	_, err = s.removePermission(s.request(), &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("s3")})
	s.refuses(err, "ResourceNotFoundException", "No policy is associated with the given resource.")

	statement := `{"Sid":"s3","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"` + functionARN +
		`","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"},"StringEquals":{"AWS:SourceAccount":"123456789012"}}}`
	same(t, *must(s.addPermission(s.request(), permissionInput("s3"))).Statement, statement)
	policy := must(s.getFunctionPolicy(s.request(), &lambda.GetPolicyInput{FunctionName: name}))
	same(t, *policy.Policy, `{"Version":"2012-10-17","Id":"default","Statement":[`+statement+`]}`)

	_, err = s.addPermission(s.request(), permissionInput("s3"))
	s.refuses(err, "ResourceConflictException", "The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing statement.")
	_, err = s.removePermission(s.request(), &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("sns")})
	s.refuses(err, "ResourceNotFoundException", "Statement sns is not found in resource policy.")
	must(s.removePermission(s.request(), &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("s3")}))
	_, err = s.addPermission(s.request(), permissionInput("a b"))
	s.refuses(err, "ValidationException", "statementId")
}

func TestPrincipalsAreToldApart(t *testing.T) {
	s := withFunction(t)
	for principal, want := range map[string]string{
		"*":                                `"Principal":"*"`,
		"210987654321":                     `"Principal":{"AWS":"arn:aws:iam::210987654321:root"}`,
		"arn:aws:iam::210987654321:role/r": `"Principal":{"AWS":"arn:aws:iam::210987654321:role/r"}`,
		"sns.amazonaws.com":                `"Principal":{"Service":"sns.amazonaws.com"}`,
	} {
		in := permissionInput(newUUID())
		in.Principal, in.SourceArn, in.SourceAccount = &principal, nil, nil
		statement := *must(s.addPermission(s.request(), in)).Statement
		if !strings.Contains(statement, want) || strings.Contains(statement, "Condition") {
			t.Errorf("%s: %s", principal, statement)
		}
	}
}

func TestFunctionKeepsItsOtherSettings(t *testing.T) {
	s := newStage(t)
	must(s.createRole(s.request(), roleInput("ingest")))
	in := functionInput(functionARN) // by its ARN to be
	in.MemorySize, in.Timeout, in.Description = aws.Int32(256), aws.Int32(900), aws.String("d")
	in.KMSKeyArn, in.Layers = aws.String("arn:aws:kms:us-east-1:123456789012:key/k"), []string{"arn:aws:lambda:us-east-1:123456789012:layer:l:1"}
	in.DeadLetterConfig = &types.DeadLetterConfig{TargetArn: aws.String(queueARN("dlq"))}
	in.TracingConfig = &types.TracingConfig{Mode: types.TracingModeActive}
	in.VpcConfig = &types.VpcConfig{SubnetIds: []string{"subnet-1"}}
	must(s.createFunction(s.request(), in))
	c := s.configuration()
	same(t, []int32{*c.MemorySize, *c.Timeout}, []int32{256, 900})
	same(t, []string{*c.Description, *c.KMSKeyArn, *c.Layers[0].Arn, *c.DeadLetterConfig.TargetArn, string(c.TracingConfig.Mode), c.VpcConfig.SubnetIds[0]},
		[]string{"d", *in.KMSKeyArn, in.Layers[0], queueARN("dlq"), "Active", "subnet-1"})
	must(s.updateFunctionConfiguration(s.request(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("ingest"), Layers: []string{}, DeadLetterConfig: &types.DeadLetterConfig{}, KMSKeyArn: aws.String(""),
	}))
	c = s.configuration()
	if c.Layers != nil || c.DeadLetterConfig != nil || c.KMSKeyArn != nil {
		t.Error("empty values do not take the old away")
	}
}

func TestWhatTheSandboxLacksItRefuses(t *testing.T) {
	s := withFunction(t)
	image := functionInput("image")
	image.PackageType = types.PackageTypeImage
	_, err := s.createFunction(s.request(), image)
	s.refuses(err, "NotImplemented", "Image")
	_, err = s.updateFunctionCode(s.request(), &lambda.UpdateFunctionCodeInput{FunctionName: aws.String("ingest"), ZipFile: zipped(""), Publish: true})
	s.refuses(err, "NotImplemented", "versions")
}
