// Package ingest holds the program that turns events into jobs: the Lambda
// function that eventscale deploys where the user brings none, and the checks
// of the zip file of a user who does.
//
// It knows what is in such a zip. It does not know how the zip reaches AWS, nor
// any other part of a stack.
package ingest

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"hash/crc32"
)

// Handler and Runtime are what Lambda must be told to run [Zip].
const (
	Handler = "index.handler"
	Runtime = "python3.13"
)

//go:embed index.py
var source []byte

// Zip returns the embedded handler as a Lambda deployment package. Its bytes
// depend on the handler's source alone, so that the hash which Lambda keeps
// (CodeSha256) tells whether a function runs this very code.
func Zip() []byte {
	return pack("index.py", source)
}

// pack builds a zip of one file. Stored, because the output of a compressor may
// change with the Go version; raw, because archive/zip would otherwise add
// fields of its own choice.
func pack(name string, content []byte) []byte {
	size := uint64(len(content))
	header := &zip.FileHeader{
		Name:               name,
		Method:             zip.Store,
		CRC32:              crc32.ChecksumIEEE(content),
		CompressedSize64:   size,
		UncompressedSize64: size,
		//nolint:staticcheck // deprecated for Modified, which CreateRaw does not write
		ModifiedDate: 1<<5 | 1, // 1980-01-01, the first day that a zip can name
	}
	header.SetMode(0o644) // Lambda's own user must be able to read it

	var out bytes.Buffer
	w := zip.NewWriter(&out)
	file, err := w.CreateRaw(header)
	if err == nil {
		_, err = file.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // cannot happen: a bytes.Buffer takes every write
	}
	return out.Bytes()
}
