package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Policy is an IAM policy that was read and checked: it says what the caller of a sandbox, or a role of
// its world, may do.
type Policy struct{ grants []grant }

// grant is one statement of a policy.
type grant struct {
	effect     Verdict // Allowed or Denied
	action     patterns
	resource   patterns
	conditions []condition
}

// patterns are those of Action or Resource, or of NotAction or NotResource.
type patterns struct {
	list []string
	not  bool
}

// maxPolicyDocument is the longest document that IAM's API takes.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html
const maxPolicyDocument = 131_072

// PolicyError says what is wrong with a policy document, and where.
type PolicyError struct {
	Place   string // "line 3, column 7", "Statement[0].Condition"; "" is the whole
	Problem string
}

func (e *PolicyError) Error() string {
	if e.Place == "" {
		return e.Problem
	}
	return e.Place + ": " + e.Problem
}

// ParsePolicy reads an identity policy. What the sandbox could not judge as AWS does, such as an operator
// or a condition key that it does not know, is refused: passed over, it would grant too much or too
// little. The error is a *PolicyError.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
func ParsePolicy(document []byte) (*Policy, error) {
	if len(document) > maxPolicyDocument {
		return nil, &PolicyError{Problem: fmt.Sprintf("must be at most %d characters, and is %d", maxPolicyDocument, len(document))}
	}
	var whole struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := strictly(document, &whole); err != nil {
		return nil, &PolicyError{placeOf(document, err), wordsOf(err)}
	}
	if name, offset := memberTwice(document); name != "" {
		return nil, &PolicyError{lineAndColumn(document, offset), fmt.Sprintf("%q is there twice, of which only one would count", name)}
	}
	if whole.Version != "" && whole.Version != "2012-10-17" && whole.Version != "2008-10-17" {
		return nil, &PolicyError{"Version", fmt.Sprintf("%q: must be 2012-10-17 or 2008-10-17", whole.Version)}
	}
	texts, err := oneOrManyObjects(whole.Statement)
	if err != nil || len(texts) == 0 {
		return nil, &PolicyError{"Statement", "must be a statement or a list of them"}
	}
	p := &Policy{}
	for i, text := range texts {
		g, err := parseGrant(text)
		if err != nil {
			err.Place = strings.TrimSuffix(fmt.Sprintf("Statement[%d].%s", i, err.Place), ".")
			return nil, err
		}
		p.grants = append(p.grants, g)
	}
	return p, nil
}

// policyStatement is a statement as it is written.
type policyStatement struct {
	statement
	Sid       string
	Condition map[string]map[string]conditionValues
}

// parseGrant reads one statement; the place of an error is that in it.
func parseGrant(text []byte) (grant, *PolicyError) {
	var s policyStatement
	if err := strictly(text, &s); err != nil {
		return grant{}, &PolicyError{"", wordsOf(err)}
	}
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return grant{}, &PolicyError{"Effect", fmt.Sprintf("%q: must be Allow or Deny", s.Effect)}
	case s.Principal != nil || s.NotPrincipal != nil:
		return grant{}, &PolicyError{"Principal", "has no place in the policy of a caller: the principal is who calls"}
	}
	g := grant{effect: Allowed}
	if s.Effect == "Deny" {
		g.effect = Denied
	}
	var err *PolicyError
	if g.action, err = eitherOf("Action", s.Action, s.NotAction, checkActionPattern); err != nil {
		return grant{}, err
	}
	if g.resource, err = eitherOf("Resource", s.Resource, s.NotResource, checkResourcePattern); err != nil {
		return grant{}, err
	}
	g.conditions, err = parseConditions(s.Condition)
	return g, err
}

// eitherOf takes an element or its negation, of which a statement has one.
func eitherOf(name string, is, isNot []string, check func(string) string) (patterns, *PolicyError) {
	p := patterns{list: is}
	if len(isNot) > 0 {
		p, name = patterns{list: isNot, not: true}, "Not"+name
	}
	switch {
	case len(is) > 0 && len(isNot) > 0:
		return p, &PolicyError{name, "a statement has this or the other, not both"}
	case len(p.list) == 0:
		return p, &PolicyError{name, "is missing"}
	}
	read := patterns{not: p.not}
	for _, pattern := range p.list {
		if problem := check(pattern); problem != "" {
			return p, &PolicyError{name, fmt.Sprintf("%q: %s", pattern, problem)}
		}
		plain, _ := unescaped(pattern)
		read.list = append(read.list, plain)
	}
	return read, nil
}

var actionPattern = pattern(`^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$`)

func checkActionPattern(p string) string {
	if p == "*" || actionPattern().MatchString(p) {
		return ""
	}
	return "must be * or SERVICE:ACTION, such as sqs:SendMessage"
}

const unknownVariable = "of policy variables the sandbox knows ${*}, ${?} and ${$}"

func checkResourcePattern(p string) string {
	_, known := unescaped(p)
	switch {
	case !known:
		return unknownVariable
	case p == "*" || strings.HasPrefix(p, "arn:") && strings.Count(p, ":") >= 5:
		return ""
	}
	return "must be * or an ARN, such as arn:aws:sqs:us-east-1:123456789012:jobs"
}

// strictly decodes JSON that has no members but those of the target.
func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("there is more behind the document")
	}
	return nil
}

// memberTwice returns the first name that comes twice in one object of a JSON text, whatever its case, and the
// offset where it does; "" for none. Of two members of one name the decoder keeps one, and so would lose a Deny or
// a condition.
func memberTwice(text []byte) (name string, offset int64) {
	type container struct {
		names map[string]bool // nil for a list
		value bool            // a value is next, and no name
	}
	var within []container
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		token, err := d.Token()
		if err != nil {
			return "", 0
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			within = within[:len(within)-1]
			continue
		}
		if n := len(within); n > 0 && within[n-1].names != nil {
			in := &within[n-1]
			if in.value = !in.value; in.value {
				key, _ := token.(string)
				folded := strings.ToLower(key)
				if in.names[folded] {
					return key, d.InputOffset() - int64(len(key)) - 2 // where it begins, but for escapes
				}
				in.names[folded] = true
			}
		}
		switch token {
		case json.Delim('{'):
			within = append(within, container{names: map[string]bool{}})
		case json.Delim('['):
			within = append(within, container{})
		}
	}
}

// placeOf returns line and column of a syntax error; "" of any other.
func placeOf(document []byte, err error) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return ""
	}
	return lineAndColumn(document, syntax.Offset-1)
}

func lineAndColumn(document []byte, offset int64) string {
	before := document[:min(max(int(offset), 0), len(document))]
	return fmt.Sprintf("line %d, column %d", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'))
}

// wordsOf leaves out what only tells of Go.
func wordsOf(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Sprintf("%s must not be a JSON %s", kind.Field, kind.Value)
	}
	switch {
	case errors.Is(err, io.EOF):
		return "the document is empty"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the document ends in the middle"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// oneOrManyObjects takes a list of objects apart, which policies may leave out around a single one.
func oneOrManyObjects(text json.RawMessage) ([]json.RawMessage, error) {
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '{' {
		return []json.RawMessage{text}, nil
	}
	var list []json.RawMessage
	err := json.Unmarshal(text, &list)
	return list, err
}
