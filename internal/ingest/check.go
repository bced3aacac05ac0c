package ingest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"path"
	"strings"
)

// Lambda's limits for a zip that is sent with the call itself, in bytes.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	MaxZipBytes      = 50 << 20
	MaxUnzippedBytes = 250 << 20
)

// InvalidError says that Lambda would refuse, or could not run, what the user
// gave for one field.
type InvalidError struct {
	Field   string // the flag's name: function-zip or handler
	Value   string // what the user gave, or what is wrong with it
	Allowed string // what would be accepted
	Advice  string // what to do about it
}

// Error says what is wrong and what is allowed.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s; allowed: %s", e.Value, e.Allowed)
}

const lighter = "leave out what the runtime has already (boto3 in Python, the AWS SDK in Node.js)"

// Check tells whether Lambda can run a zip file with this handler and runtime,
// as far as that can be known without AWS: its size, its form, and the file
// that the handler names. The error is an [*InvalidError].
func Check(zipBytes []byte, handler, runtime string) error {
	if len(zipBytes) > MaxZipBytes {
		return &InvalidError{
			Field:   "function-zip",
			Value:   fmt.Sprintf("the file has %d bytes", len(zipBytes)),
			Allowed: fmt.Sprintf("at most %d bytes (50 MB)", MaxZipBytes),
			Advice:  lighter,
		}
	}
	archive, err := zip.NewReader(bytes.NewReader(zipBytes), int64(len(zipBytes)))
	if err != nil {
		return &InvalidError{
			Field:   "function-zip",
			Value:   "the file is not a zip archive",
			Allowed: "a Lambda deployment package: a .zip with the code at its root",
			Advice:  "`zip -r function.zip .` in the folder of the code makes one",
		}
	}
	if err := checkUnzipped(archive); err != nil {
		return err
	}
	return checkHandler(archive, handler, runtime)
}

func checkUnzipped(archive *zip.Reader) error {
	var total uint64
	for _, file := range archive.File {
		// A header can claim any size: a sum of claims must not wrap around.
		total += min(file.UncompressedSize64, MaxUnzippedBytes+1)
	}
	if total <= MaxUnzippedBytes {
		return nil
	}
	return &InvalidError{
		Field:   "function-zip",
		Value:   fmt.Sprintf("the files in it are larger than %d bytes", MaxUnzippedBytes),
		Allowed: fmt.Sprintf("at most %d bytes (250 MB) once unzipped", MaxUnzippedBytes),
		Advice:  lighter,
	}
}

// checkHandler looks for the file that the handler names.
func checkHandler(archive *zip.Reader, handler, runtime string) error {
	candidates := handlerFiles(handler, runtime)
	if candidates == nil {
		return nil
	}
	in := make(map[string]bool, len(archive.File))
	for _, file := range archive.File {
		in[path.Clean(file.Name)] = true // some tools write ./index.py
	}
	for _, name := range candidates {
		if in[name] {
			return nil
		}
	}
	return &InvalidError{
		Field: "handler",
		Value: fmt.Sprintf("%q with runtime %s needs the file %s, which the zip does not have",
			handler, runtime, strings.Join(candidates, " or ")),
		Allowed: "the name of a file in the zip, a dot and a function in it; for provided.* a file named bootstrap",
		Advice:  "zip the contents of a folder, not the folder itself: the code belongs at the root of the zip",
	}
}

// handlerFiles lists the files of which a runtime takes the first it finds, or
// nil where the handler does not name a file (a Java or .NET class).
func handlerFiles(handler, runtime string) []string {
	switch {
	case strings.HasPrefix(runtime, "python"):
		return pythonFiles(handler)
	case strings.HasPrefix(runtime, "nodejs"):
		return nodeFiles(handler)
	case runtime == "provided", strings.HasPrefix(runtime, "provided."):
		return []string{"bootstrap"}
	default:
		return nil
	}
}

// pythonFiles reads MODULE.FUNCTION, where the module may be in packages: both
// a.b.f and a/b.f mean a/b.py. Without a function it is a module all the same.
func pythonFiles(handler string) []string {
	module := handler
	if dot := strings.LastIndexByte(handler, '.'); dot >= 0 {
		module = handler[:dot]
	}
	file := strings.ReplaceAll(module, ".", "/")
	return []string{file + ".py", file + "/__init__.py"}
}

// nodeFiles reads FOLDER/FILE.FUNCTION, where the function may be nested: the
// file ends at the first dot, not the last.
func nodeFiles(handler string) []string {
	folder, base := path.Split(handler)
	name, _, _ := strings.Cut(base, ".")
	file := path.Join(folder, name)
	return []string{file + ".js", file + ".mjs", file + ".cjs"}
}
