package sandbox

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwschemas "github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// testConfig is a configuration of real clients that speak to the given transport.
func testConfig(transport http.RoundTripper) aws.Config {
	return aws.Config{
		Region:      "eu-west-3",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  &http.Client{Transport: transport},
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// speaker is a real client speaking one protocol.
type speaker struct {
	protocol string
	service  string
	client   func(aws.Config) any
}

func speakers() []speaker {
	monitoring := func(set func(*cloudwatch.Options)) func(aws.Config) any {
		return func(c aws.Config) any { return cloudwatch.NewFromConfig(c, set) }
	}
	return []speaker{
		{"json", "sqs", func(c aws.Config) any {
			return sqs.NewFromConfig(c, func(o *sqs.Options) { o.DisableMessageChecksumValidation = true })
		}},
		{"query", "iam", func(c aws.Config) any { return iam.NewFromConfig(c) }},
		{"query", "sts", func(c aws.Config) any { return sts.NewFromConfig(c) }},
		{"query", "autoscaling", func(c aws.Config) any { return autoscaling.NewFromConfig(c) }},
		{"json", "logs", func(c aws.Config) any { return cloudwatchlogs.NewFromConfig(c) }},
		{"rest", "lambda", func(c aws.Config) any { return lambda.NewFromConfig(c) }},
		{"cbor", "monitoring", monitoring(func(*cloudwatch.Options) {})},
		{"json", "monitoring", monitoring(func(o *cloudwatch.Options) {
			o.Protocol = awsjson.New10(cwschemas.GraniteServiceVersion20100801)
		})},
		{"query", "monitoring", monitoring(func(o *cloudwatch.Options) {
			o.Protocol = awsquery.New(cwschemas.GraniteServiceVersion20100801)
		})},
	}
}

// echo is a backend of one operation that keeps what it is given and returns what it is told to.
type echo struct {
	timeless
	service, operation string
	inputType          reflect.Type
	got                any
	request            *request
	answer             any
	err                error
}

func (e *echo) home() (account, region string) { return "999999999999", "ap-south-2" }

func (e *echo) services() map[string][]operation {
	return map[string][]operation{e.service: {{
		name:     e.operation,
		newInput: func() any { return reflect.New(e.inputType).Interface() },
		call: func(r *request, input any) (any, error) {
			e.got, e.request = input, r
			return e.answer, e.err
		},
	}}}
}

func (e *echo) open(t *testing.T) *Sandbox {
	t.Helper()
	s, err := open(Options{}, source{fresh: func(time.Time) backend { return e }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// method is one operation of a real client.
type method struct {
	call   reflect.Value
	input  reflect.Type
	output reflect.Type
}

func methodOf(t *testing.T, client any, operation string) method {
	t.Helper()
	call := reflect.ValueOf(client).MethodByName(operation)
	if !call.IsValid() {
		t.Fatalf("%T has no operation %s", client, operation)
	}
	return method{call, call.Type().In(1).Elem(), call.Type().Out(0).Elem()}
}

func (m method) do(input any) (any, error) {
	results := m.call.Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(input)})
	err, _ := results[1].Interface().(error)
	return results[0].Interface(), err
}

// sameShape compares the SDK's types by their members. An empty list and none are one in Query, and
// the SDK sorts the values in a URL.
func sameShape(protocol string) cmp.Options {
	options := cmp.Options{
		cmpopts.EquateEmpty(),
		cmp.FilterPath(func(p cmp.Path) bool {
			field, ok := p.Last().(cmp.StructField)
			return ok && (field.Name() == "ResultMetadata" || field.Name() == "noSmithyDocumentSerde")
		}, cmp.Ignore()),
	}
	if protocol == "rest" {
		options = append(options, cmpopts.SortSlices(strings.Compare))
	}
	return options
}

func TestEveryMemberSurvivesBothWays(t *testing.T) {
	known := newWorld(time.Unix(0, 0)).services()
	for _, speaker := range speakers() {
		for _, operation := range known[speaker.service] {
			t.Run(speaker.service+"/"+speaker.protocol+"/"+operation.name, func(t *testing.T) {
				for round := range uint64(12) {
					roundTrip(t, speaker, operation.name, round)
				}
			})
		}
	}
}

// roundTrip sends a random input and returns a random output. In round 0 every member is set.
func roundTrip(t *testing.T, speaker speaker, operation string, round uint64) {
	t.Helper()
	world := &echo{service: speaker.service, operation: operation}
	m := methodOf(t, speaker.client(testConfig(world.open(t))), operation)
	world.inputType = m.input

	g := generator{newRand(operation, round), round > 0}
	input, output := g.shape(m.input), g.shape(m.output)
	world.answer = output

	got, err := m.do(input)
	var invalid smithy.InvalidParamsError
	if round > 0 && errors.As(err, &invalid) {
		return // a required member is not set: the client does not send it
	}
	if err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
	if diff := cmp.Diff(input, world.got, sameShape(speaker.protocol)); diff != "" {
		t.Errorf("round %d: the input arrived changed (-sent +arrived):\n%s", round, diff)
	}
	if diff := cmp.Diff(output, got, sameShape(speaker.protocol)); diff != "" {
		t.Errorf("round %d: the output arrived changed (-sent +arrived):\n%s", round, diff)
	}
	region := "eu-west-3"
	if speaker.service == "iam" {
		region = "us-east-1" // IAM is global, and signed for there
	}
	if world.request.region != region || world.request.account != "999999999999" {
		t.Errorf("the request is of region %s, account %s", world.request.region, world.request.account)
	}
}

// newRand returns the same numbers for the same name and round.
func newRand(name string, round uint64) *rand.Rand {
	hash := fnv.New64()
	fmt.Fprint(hash, name)
	return rand.New(rand.NewPCG(hash.Sum64(), round))
}

// generator makes values of the SDK's types.
type generator struct {
	*rand.Rand
	gaps bool // leave members out
}

// longList is the length of the outermost lists: beyond 9, because in Query 10 must not come before 2.
const longList = 12

func (g generator) shape(t reflect.Type) any {
	v := reflect.New(t)
	g.fill(v.Elem(), longList)
	return v.Interface()
}

// fill sets a value. Its lists have the given length, lists within them a third of it.
func (g generator) fill(v reflect.Value, length int) {
	switch v.Type() {
	case timeType: // half seconds: a float has them exactly
		v.Set(reflect.ValueOf(time.UnixMilli(1_700_000_000_000 + 500*g.Int64N(1e9)).UTC()))
		return
	case blobType:
		v.SetBytes([]byte(g.text()))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		g.fill(v.Elem(), length)
	case reflect.Struct:
		g.fillStruct(v, length)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), length, length))
		for i := range v.Len() {
			g.fill(v.Index(i), (length+2)/3)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range length {
			element := reflect.New(v.Type().Elem()).Elem()
			g.fill(element, (length+2)/3)
			v.SetMapIndex(reflect.ValueOf(fmt.Sprint(i, g.text())).Convert(v.Type().Key()), element)
		}
	case reflect.Interface:
		g.fillUnion(v, length)
	default:
		g.fillScalar(v)
	}
}

// fillStruct leaves no structure empty: Query cannot say one.
func (g generator) fillStruct(v reflect.Value, length int) {
	var left []reflect.Value
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch {
		case !field.IsExported() || field.Name == "ResultMetadata":
		case field.Name == "StatusCode" && field.Type.Kind() == reflect.Int32:
			v.Field(i).SetInt(http.StatusAccepted) // Lambda's is the HTTP status
		case g.gaps && g.IntN(4) == 0:
			left = append(left, v.Field(i))
		default:
			g.fill(v.Field(i), length)
		}
	}
	if v.IsZero() && len(left) > 0 {
		g.fill(left[0], length)
	}
}

func (g generator) fillUnion(v reflect.Value, length int) {
	all := variants()
	for _, i := range g.Perm(len(all)) {
		if t := reflect.TypeOf(all[i]); t.Implements(v.Type()) {
			v.Set(reflect.New(t.Elem()))
			g.fillStruct(v.Elem().Elem(), length)
			return
		}
	}
	panic("variants has no member of the union " + v.Type().String())
}

func (g generator) fillScalar(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(g.text())
	case reflect.Bool:
		v.SetBool(g.IntN(2) == 0)
	case reflect.Int32:
		v.SetInt(int64(int32(g.Uint32())))
	case reflect.Int64:
		v.SetInt(int64(g.Uint64()))
	case reflect.Float64:
		v.SetFloat(g.NormFloat64() * 1e6)
	default:
		panic("no such member is known: " + v.Type().String())
	}
}

// text is what a protocol that forgets to escape something would spoil.
func (g generator) text() string {
	pieces := []string{"a", "Z", "0", ":", "/", "%", "&", "=", "+", ";", "#", "?", "<", ">", "\"", "'", "\\", "\n", "\t", "\r", " ", "ü", "漢", "😀", "."}
	var b strings.Builder
	b.WriteString("x")
	for range g.IntN(8) {
		b.WriteString(pieces[g.IntN(len(pieces))])
	}
	b.WriteString("x")
	return b.String()
}
