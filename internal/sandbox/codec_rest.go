package sandbox

import (
	"net/http"
	"reflect"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/traits"
)

// restCodec is REST-JSON: members in the path, in the query and in headers, the rest in a JSON body; or
// one member, a blob, that is the whole body.
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
type restCodec struct{}

func (restCodec) decode(c *call, input any) error {
	tree, err := c.bodyTree(input)
	if err != nil {
		return err
	}
	query := c.http.URL.Query()
	for name, member := range c.binding.input.Members() {
		if bound, ok := smithy.SchemaTrait[*traits.HTTPQuery](member); ok {
			tree[name] = queryValue(query[bound.Name], member.Type())
		}
		if bound, ok := smithy.SchemaTrait[*traits.HTTPHeader](member); ok {
			tree[name] = queryValue(c.http.Header.Values(bound.Name), member.Type())
		}
	}
	for _, label := range c.labels {
		tree[label.name] = label.value
	}
	return filler{c.wire.jsonName}.fill(reflect.ValueOf(input).Elem(), tree)
}

// bodyTree reads the members that are in the body.
func (c *call) bodyTree(input any) (map[string]any, error) {
	if name := payloadMember(c.binding.input); name != "" {
		return map[string]any{name: c.body}, nil
	}
	body, err := parseJSON(c.body)
	if err != nil {
		return nil, err
	}
	tree, ok := object(body)
	if !ok {
		return nil, mismatch(reflect.ValueOf(input).Elem(), body)
	}
	return tree, nil
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
	setBoundHeaders(a.header, c.binding.output, tree)
	if name := payloadMember(c.binding.output); name != "" {
		a.body, _ = tree[name].([]byte)
		return a, nil
	}
	var err error
	a.body, err = formatJSON(tree)
	return a, err
}

// setBoundHeaders moves the members that are headers out of the tree.
func setBoundHeaders(header http.Header, output *smithy.Schema, tree map[string]any) {
	if output == nil {
		return
	}
	for name, member := range output.Members() {
		if bound, ok := smithy.SchemaTrait[*traits.HTTPHeader](member); ok {
			if value, set := tree[name].(string); set {
				header.Set(bound.Name, value)
			}
			delete(tree, name)
		}
	}
}

// payloadMember returns the member that is the whole body, "" where the body is an object of members.
func payloadMember(shape *smithy.Schema) string {
	if shape == nil {
		return ""
	}
	for name, member := range shape.Members() {
		if _, ok := smithy.SchemaTrait[*traits.HTTPPayload](member); ok {
			return name
		}
	}
	return ""
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
