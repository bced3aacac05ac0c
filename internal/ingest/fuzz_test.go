package ingest

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/hostile"
)

func FuzzCheck(f *testing.F) {
	f.Add(Zip(), "index.handler", "python3.13")
	f.Add(Zip()[:100], "index.handler", "python3.13")
	f.Add(archive(f, "app/main.mjs"), "app/main.handler", "nodejs22.x")
	f.Add(archive(f, "./bootstrap", "../../etc/passwd", "/root", "a\\b", ""), "x", "provided.al2023")
	f.Add(archive(f, "x"), "", "")
	f.Add([]byte("PK\x05\x06"+strings.Repeat("\x00", 18)), ".", "python")
	f.Add(directory(3), "index.handler", "python3.13")
	f.Fuzz(func(t *testing.T, data []byte, handler, runtime string) {
		if err := Check(data, handler, runtime); err != nil {
			invalid, ok := errors.AsType[*InvalidError](err)
			if !ok || invalid.Field == "" || invalid.Value == "" || invalid.Allowed == "" || invalid.Advice == "" {
				t.Errorf("%T %v", err, err)
			}
			return
		}
		// What is taken can be opened, and has the handler's file if the runtime has one.
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		if want := handlerFiles(handler, runtime); want != nil && len(z.File) == 0 {
			t.Errorf("an empty zip is taken for %q", want)
		}
	})
}

// archive is a zip with empty files of these names.
func archive(t testing.TB, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// directory is a zip that is nothing but a directory of files that all claim to be 4 GB.
func directory(files int) []byte {
	var b []byte
	for i := range files {
		name := fmt.Sprintf("%04x", i)
		entry := make([]byte, 46, 46+len(name))
		copy(entry, "PK\x01\x02")
		binary.LittleEndian.PutUint32(entry[24:], 0xfffffffe)
		binary.LittleEndian.PutUint16(entry[28:], uint16(len(name)))
		b = append(b, append(entry, name...)...)
	}
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	binary.LittleEndian.PutUint16(end[8:], uint16(files))
	binary.LittleEndian.PutUint16(end[10:], uint16(files))
	binary.LittleEndian.PutUint32(end[12:], uint32(len(b)))
	return append(b, end...)
}

func TestAMegabyteOfZipIsBounded(t *testing.T) {
	for name, data := range map[string][]byte{
		"a directory":      directory(hostile.Megabyte / 50),
		"no zip":           []byte(hostile.Repeat("x")),
		"many ends":        []byte(hostile.Repeat("PK\x05\x06")),
		"many signatures":  []byte(hostile.Repeat("PK\x01\x02")),
		"a long name":      archive(t, strings.Repeat("x", 65535), strings.Repeat("../", 21845)),
		"a long path":      archive(t, strings.Repeat("a/", 32767)),
		"far too many":     append(directory(1), []byte(hostile.Repeat("PK\x06\x07"))...),
		"deep directories": archive(t, strings.Repeat("./", 32767)),
	} {
		t.Run(name, func(t *testing.T) {
			hostile.Within(t, func() {
				if err := Check(data, "index.handler", "python3.13"); err == nil || len(err.Error()) > 1000 {
					t.Errorf("%.200v", err)
				}
			})
		})
	}
}

// What a zip's files claim must be seen for what it is before anything is unpacked: nothing ever is.
func TestAZipBombIsRefusedByItsClaims(t *testing.T) {
	err := Check(directory(1), "index.handler", "python3.13")
	if err == nil || !strings.Contains(err.Error(), "larger than 262144000 bytes") {
		t.Error(err)
	}
}
