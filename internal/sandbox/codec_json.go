package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
)

// jsonCodec is AWS JSON 1.0 and 1.1, which differ only in the content type.
// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
type jsonCodec struct{}

func (jsonCodec) decode(c *call, input any) error {
	tree, err := parseJSON(c.body)
	if err != nil {
		return err
	}
	return filler{c.wire.jsonName}.fill(reflect.ValueOf(input).Elem(), tree)
}

func (jsonCodec) encode(c *call, output any) (answer, error) {
	body, err := formatJSON(jsonTree(c.wire).buildStruct(reflect.ValueOf(output).Elem()))
	return answer{status: http.StatusOK, header: jsonHeader(c), body: body}, err
}

func (jsonCodec) encodeError(c *call, f failure) answer {
	header := jsonHeader(c)
	setQueryError(header, c, f)
	body, _ := formatJSON(errorTree(c, f))
	return answer{status: f.status, header: header, body: body}
}

// jsonHeader answers in the version that was spoken.
func jsonHeader(c *call) http.Header {
	version := "1.0"
	if strings.Contains(c.http.Header.Get("Content-Type"), "json-1.1") {
		version = "1.1"
	}
	return http.Header{"Content-Type": {"application/x-amz-json-" + version}}
}

// setQueryError tells the error's code in the Query protocol to the clients of services that spoke
// Query once, whose users' code compares the old codes.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
func setQueryError(header http.Header, c *call, f failure) {
	if c.wire != nil && c.wire.queryCompatible {
		header.Set("X-Amzn-Query-Error", f.code+";"+f.fault())
	}
}

// errorTree is the body of an error in the protocols that name its type in the body.
func errorTree(c *call, f failure) map[string]any {
	tree := map[string]any{"__type": f.shape, f.messageKey: f.message}
	if c.wire != nil {
		tree["__type"] = c.wire.shapes + "#" + f.shape
	}
	for name, value := range f.members {
		tree[name] = value
	}
	return tree
}

// parseJSON keeps numbers as they are written: a 64-bit integer does not fit a float. No body is an
// empty object.
func parseJSON(body []byte) (any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return map[string]any{}, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the request holds more than one JSON value")
	}
	return tree, nil
}

func formatJSON(tree any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(tree); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
