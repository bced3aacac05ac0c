package sandbox

import (
	"net/http"
	"reflect"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/traits"
)

// restCodec is REST-JSON: members in the path and in the query, the rest in a JSON body.
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
// It knows no headers and no payload members: no operation here has one.
type restCodec struct{}

func (restCodec) decode(c *call, input any) error {
	body, err := parseJSON(c.body)
	if err != nil {
		return err
	}
	tree, ok := object(body)
	if !ok {
		return mismatch(reflect.ValueOf(input).Elem(), body)
	}
	query := c.http.URL.Query()
	for name, member := range c.binding.input.Members() {
		if bound, ok := smithy.SchemaTrait[*traits.HTTPQuery](member); ok {
			tree[name] = queryValue(query[bound.Name], member.Type())
		}
	}
	for _, label := range c.labels {
		tree[label.name] = label.value
	}
	return filler{c.wire.jsonName}.fill(reflect.ValueOf(input).Elem(), tree)
}

func queryValue(values []string, t smithy.ShapeType) any {
	switch {
	case len(values) == 0:
		return nil
	case t != smithy.ShapeTypeList:
		return values[0]
	}
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = value
	}
	return list
}

func (restCodec) encode(c *call, output any) (answer, error) {
	a := answer{status: c.binding.http().Code, header: restHeader()}
	tree := jsonTree(c.wire).buildStruct(reflect.ValueOf(output).Elem())
	if name := c.binding.statusMember(); name != "" {
		if status, _ := tree[name].(int32); status != 0 {
			a.status = int(status)
		}
		delete(tree, name)
	}
	if a.status == http.StatusNoContent {
		return a, nil
	}
	var err error
	a.body, err = formatJSON(tree)
	return a, err
}

func (restCodec) encodeError(c *call, f failure) answer {
	header := restHeader()
	header.Set("X-Amzn-Errortype", f.shape)
	tree := errorTree(c, f)
	delete(tree, "__type")
	body, _ := formatJSON(tree)
	return answer{status: f.status, header: header, body: body}
}

func restHeader() http.Header { return http.Header{"Content-Type": {"application/json"}} }
