package sandbox

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// createFunction is not idempotent: an existing name is a conflict, whatever else is the same.
func (w *world) createFunction(r *request, in *lambda.CreateFunctionInput) (*lambda.CreateFunctionOutput, error) {
	name, err := checkNewFunctionName(r, aws.ToString(in.FunctionName))
	if err != nil {
		return nil, err
	}
	given := givenByCreate(in)
	tags, fault := addTags(nil, in.Tags)
	if err := firstError(checkNewFunction(in), given.check(), lambdaFault(fault)); err != nil {
		return nil, err
	}
	place := w.in(r)
	if _, exists := place.Functions[name]; exists {
		return nil, lambdaConflict("Function already exist: " + name)
	}
	if err := firstError(checkZip(in.Code.ZipFile), w.checkRole(r, *in.Role)); err != nil {
		return nil, err
	}
	f := &function{Created: r.now, Tags: tags, Configuration: newConfiguration(r, name, in)}
	given.applyTo(&f.Configuration)
	f.setCode(in.Code.ZipFile)
	f.changed(r.now)
	place.Functions[name] = f
	out := configurationAs[lambda.CreateFunctionOutput](w.configurationOf(f, r.now))
	return &out, nil
}

// newConfiguration holds what a function has that was created with nothing optional.
func newConfiguration(r *request, name string, in *lambda.CreateFunctionInput) types.FunctionConfiguration {
	architectures := in.Architectures
	if len(architectures) == 0 {
		architectures = []types.Architecture{types.ArchitectureX8664}
	}
	return types.FunctionConfiguration{
		FunctionName:     aws.String(name),
		FunctionArn:      aws.String(r.arn("lambda", "function:"+name)),
		Version:          aws.String("$LATEST"),
		PackageType:      types.PackageTypeZip,
		Architectures:    architectures,
		Description:      aws.String(""),
		MemorySize:       aws.Int32(128), // MB
		Timeout:          aws.Int32(3),   // seconds
		EphemeralStorage: &types.EphemeralStorage{Size: aws.Int32(512)},
		LoggingConfig:    &types.LoggingConfig{LogFormat: types.LogFormatText, LogGroup: aws.String("/aws/lambda/" + name)},
		TracingConfig:    &types.TracingConfigResponse{Mode: types.TracingModePassThrough},
		SnapStart:        &types.SnapStartResponse{ApplyOn: types.SnapStartApplyOnNone, OptimizationStatus: types.SnapStartOptimizationStatusOff},
		RuntimeVersionConfig: &types.RuntimeVersionConfig{
			RuntimeVersionArn: aws.String("arn:" + r.partition + ":lambda:" + r.region + "::runtime:" + runtimeVersion(in.Runtime)),
		},
	}
}

// runtimeVersion makes up the digest by which AWS names a runtime's build.
func runtimeVersion(runtime types.Runtime) string {
	sum := sha256.Sum256([]byte(runtime))
	const letters = "0123456789abcdef"
	var b strings.Builder
	for _, c := range sum {
		b.WriteByte(letters[c>>4])
		b.WriteByte(letters[c&15])
	}
	return b.String()
}

func (w *world) updateFunctionConfiguration(r *request, in *lambda.UpdateFunctionConfigurationInput) (*lambda.UpdateFunctionConfigurationOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	given := givenByUpdate(in)
	if err := firstError(given.check(), checkRevision(in.RevisionId, *f.Configuration.RevisionId), w.checkIdle(f, r.now)); err != nil {
		return nil, err
	}
	if in.Role != nil {
		if err := w.checkRole(r, *in.Role); err != nil {
			return nil, err
		}
	}
	given.applyTo(&f.Configuration)
	f.Updated = r.now
	f.changed(r.now)
	out := configurationAs[lambda.UpdateFunctionConfigurationOutput](w.configurationOf(f, r.now))
	return &out, nil
}

// updateFunctionCode also changes the architecture, which is no part of the configuration's update.
func (w *world) updateFunctionCode(r *request, in *lambda.UpdateFunctionCodeInput) (*lambda.UpdateFunctionCodeOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	if err := firstError(
		checkCodeSource(in.ZipFile, in.S3Bucket, in.ImageUri), checkArchitectures(in.Architectures), checkPublish(in.Publish),
		checkRevision(in.RevisionId, *f.Configuration.RevisionId), w.checkIdle(f, r.now), checkZip(in.ZipFile),
	); err != nil {
		return nil, err
	}
	changed := *f
	changed.setCode(in.ZipFile)
	if len(in.Architectures) > 0 {
		changed.Configuration.Architectures = in.Architectures
	}
	changed.Updated = r.now
	changed.changed(r.now)
	if !in.DryRun {
		*f = changed
	}
	out := configurationAs[lambda.UpdateFunctionCodeOutput](w.configurationOf(&changed, r.now))
	return &out, nil
}

func (f *function) setCode(code []byte) {
	sum := sha256.Sum256(code)
	f.Zip = code
	f.Configuration.CodeSha256 = aws.String(base64.StdEncoding.EncodeToString(sum[:]))
	f.Configuration.CodeSize = int64(len(code))
}

// Sizes of https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	maxZipBytes      = 52_428_800
	maxUnzippedBytes = 262_144_000
)

func checkZip(code []byte) error {
	if len(code) > maxZipBytes {
		return &types.RequestTooLargeException{Message: aws.String("Zipped size must be smaller than 52428800 bytes")}
	}
	archive, err := zip.NewReader(bytes.NewReader(code), int64(len(code)))
	if err != nil {
		return lambdaInvalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
	}
	if len(archive.File) == 0 {
		return lambdaInvalid("Uploaded file must be a non-empty zip")
	}
	var size uint64
	for _, file := range archive.File {
		size += file.UncompressedSize64
	}
	if size > maxUnzippedBytes {
		return lambdaInvalid("Unzipped size must be smaller than 262144000 bytes")
	}
	return nil
}

// checkRole gives one answer to a role that is not there, does not trust Lambda or is too new for
// Lambda to have heard of it: the caller cannot tell them apart.
func (w *world) checkRole(r *request, arn string) error {
	_, path, _ := strings.Cut(arn, ":role/")
	name := path[strings.LastIndexByte(path, '/')+1:]
	found, ok := w.Roles[strings.ToLower(name)]
	if !ok || found.arn(r) != arn || !found.trusts("lambda.amazonaws.com") ||
		!w.roleVisible(r, found) || r.now.Before(found.TrustChanged.Add(w.delays.RoleAssumable)) {
		return lambdaInvalid("The role defined for the function cannot be assumed by Lambda.")
	}
	return nil
}

// lambdaFault returns the error for a fault, nil for none.
func lambdaFault(fault string) error {
	if fault == "" {
		return nil
	}
	return lambdaInvalid(fault)
}
