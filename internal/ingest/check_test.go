package ingest

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestCheckFindsTheHandlersFile(t *testing.T) {
	tests := []struct {
		name             string
		files            []string
		handler, runtime string
		want             string // part of the error, "" where there is none
	}{
		{"python module", []string{"index.py"}, "index.handler", "python3.13", ""},
		{"python module in a package", []string{"app/jobs.py"}, "app.jobs.handler", "python3.13", ""},
		{"python module with a slash", []string{"app/jobs.py"}, "app/jobs.handler", "python3.13", ""},
		{"python package", []string{"app/__init__.py"}, "app.handler", "python3.13", ""},
		{"name written with ./", []string{"./index.py"}, "index.handler", "python3.13", ""},
		{"unknown python", []string{"index.py"}, "index.handler", "python4.0", ""},
		{"python file missing", []string{"main.py"}, "index.handler", "python3.13", `"index.handler" with runtime python3.13 needs the file index.py or index/__init__.py`},
		{"python file in a folder", []string{"src/index.py"}, "index.handler", "python3.13", "needs the file index.py"},
		{"name that only ends alike", []string{"myindex.py"}, "index.handler", "python3.13", "needs the file index.py"},
		{"other case", []string{"Index.py"}, "index.handler", "python3.13", "needs the file index.py"},
		{"javascript for python", []string{"index.js"}, "index.handler", "python3.13", "needs the file index.py"},

		{"node js", []string{"index.js"}, "index.handler", "nodejs24.x", ""},
		{"node mjs", []string{"index.mjs"}, "index.handler", "nodejs24.x", ""},
		{"node cjs", []string{"src/index.cjs"}, "src/index.handler", "nodejs24.x", ""},
		{"node nested function", []string{"index.js"}, "index.app.handler", "nodejs24.x", ""},
		{"node file missing", []string{"main.js"}, "index.handler", "nodejs24.x", "needs the file index.js or index.mjs or index.cjs"},

		{"bootstrap", []string{"bootstrap"}, "anything", "provided.al2023", ""},
		{"bootstrap in a folder", []string{"bin/bootstrap"}, "bootstrap", "provided.al2023", "needs the file bootstrap"},
		{"bootstrap missing", []string{"main"}, "main", "provided.al2", "needs the file bootstrap"},

		{"java names a class", []string{"lib/app.jar"}, "com.example.App::handle", "java25", ""},
		{"dotnet names an assembly", []string{"App.dll"}, "App::App.F::Handle", "dotnet10", ""},
		{"empty zip", nil, "index.handler", "python3.13", "needs the file index.py"},
		{"no function", []string{"index.py"}, "index", "python3.13", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check(t, Check(zipWith(t, tt.files...), tt.handler, tt.runtime), "handler", tt.want)
		})
	}
}

func TestCheckRefusesWhatIsNoZip(t *testing.T) {
	whole := zipWith(t, "index.py")
	for name, content := range map[string][]byte{
		"empty":     nil,
		"a script":  []byte("def handler(event, context): pass\n"),
		"cut short": whole[:len(whole)/2],
	} {
		t.Run(name, func(t *testing.T) {
			check(t, Check(content, Handler, Runtime), "function-zip", "not a zip archive")
		})
	}
}

func TestCheckRefusesMoreThanLambdaTakes(t *testing.T) {
	largest := append(make([]byte, MaxZipBytes-len(Zip())), Zip()...) // a zip may follow other bytes
	check(t, Check(largest, Handler, Runtime), "", "")
	check(t, Check(append(largest, 0), Handler, Runtime), "function-zip", "52428801 bytes; allowed: at most 52428800 bytes")
}

func TestCheckRefusesMoreThanLambdaUnzips(t *testing.T) {
	for name, sizes := range map[string][]uint64{
		"one file":       {MaxUnzippedBytes + 1},
		"several":        {MaxUnzippedBytes, 1},
		"absurd headers": {1 << 63, 1 << 63},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, Check(zipClaiming(t, sizes...), Handler, Runtime), "function-zip", "at most 262144000 bytes")
		})
	}
}

// check asserts that err is an InvalidError about field with want in its text, or nil where want is "".
func check(t *testing.T, err error, field, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("unexpected error: %v", err)
		}
		return
	}
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v, want an InvalidError", err)
	}
	if invalid.Field != field || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "; allowed: ") {
		t.Errorf("got %q, want field %s and %q", err, field, want)
	}
	if invalid.Advice == "" {
		t.Errorf("no hint for %q", err)
	}
}

func zipWith(t *testing.T, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// zipClaiming builds a small zip whose headers claim large files.
func zipClaiming(t *testing.T, sizes ...uint64) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, size := range sizes {
		if _, err := w.CreateRaw(&zip.FileHeader{Name: "index.py", Method: zip.Deflate, UncompressedSize64: size}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
