package sandbox

import (
	"net/http"
	"reflect"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// cborCodec is Smithy's RPC v2 in CBOR.
// https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
type cborCodec struct{}

func (cborCodec) decode(c *call, input any) error {
	if len(c.body) == 0 {
		return nil // an input without members is sent as no body
	}
	mode, err := cbor.DecOptions{DefaultMapType: reflect.TypeFor[map[string]any]()}.DecMode()
	if err != nil {
		return err
	}
	var tree any
	if err := mode.Unmarshal(c.body, &tree); err != nil {
		return err
	}
	return filler{c.wire.jsonName}.fill(reflect.ValueOf(input).Elem(), tree)
}

func (cborCodec) encode(c *call, output any) (answer, error) {
	b := builder{wire: c.wire, time: cborTime, float: func(x float64) any { return x }}
	body, err := formatCBOR(b.buildStruct(reflect.ValueOf(output).Elem()))
	return answer{status: http.StatusOK, header: cborHeader(), body: body}, err
}

func (cborCodec) encodeError(c *call, f failure) answer {
	header := cborHeader()
	setQueryError(header, c, f)
	body, _ := formatCBOR(errorTree(c, f))
	return answer{status: f.status, header: header, body: body}
}

func cborHeader() http.Header {
	return http.Header{
		"Content-Type":    {"application/cbor"},
		"Smithy-Protocol": {"rpc-v2-cbor"},
	}
}

// cborTime is tag 1, seconds since 1970 as a float, as the SDK writes it too.
func cborTime(t time.Time) any {
	return cbor.Tag{Number: 1, Content: float64(t.UnixMilli()) / 1e3}
}

func formatCBOR(tree any) ([]byte, error) {
	mode, err := cbor.EncOptions{Sort: cbor.SortBytewiseLexical}.EncMode()
	if err != nil {
		return nil, err
	}
	return mode.Marshal(tree)
}
