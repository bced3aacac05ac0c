package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// condition is one key of one operator in a statement's Condition.
type condition struct {
	key      string // in lower case: IAM compares keys so
	values   []string
	compare  func(want, got string) bool // nil for Null
	negated  bool                        // StringNotEquals, ...: none of the values may compare
	ifExists bool                        // holds where the request has no such key
	each     quantifier
}

// quantifier says what is wanted of a key that has several values.
type quantifier string

const (
	single quantifier = ""
	every  quantifier = "ForAllValues:"
	some   quantifier = "ForAnyValue:"
)

// conditionOperators are those that the sandbox knows, beside their negations.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func conditionOperators() map[string]func(want, got string) bool {
	equal := func(want, got string) bool { return want == got }
	return map[string]func(want, got string) bool{
		"StringEquals":           equal,
		"StringEqualsIgnoreCase": strings.EqualFold,
		"StringLike":             matches,
		"ArnEquals":              matchesARN, // IAM makes no difference between the two
		"ArnLike":                matchesARN,
		"Bool":                   strings.EqualFold,
	}
}

// contextKeys are the condition keys that the sandbox knows; one that ends in / is any that begins so. Those
// of another service's call, such as aws:SourceArn, no request to the sandbox has.
func contextKeys() []string {
	return []string{
		"aws:PrincipalAccount", "aws:PrincipalArn", "aws:RequestedRegion", "aws:RequestTag/", "aws:ResourceAccount",
		"aws:SecureTransport", "aws:SourceAccount", "aws:SourceArn", "aws:TagKeys", "iam:PassedToService",
	}
}

func parseConditions(blocks map[string]map[string]conditionValues) ([]condition, *PolicyError) {
	var all []condition
	for _, operator := range sortedKeys(blocks) {
		for _, key := range sortedKeys(blocks[operator]) {
			c, problem := parseCondition(operator, key, blocks[operator][key])
			if problem != "" {
				return nil, &PolicyError{"Condition." + operator + "." + key, problem}
			}
			all = append(all, c)
		}
	}
	return all, nil
}

func parseCondition(operator, key string, values []string) (condition, string) {
	c := condition{key: strings.ToLower(key)}
	name := operator
	for _, q := range []quantifier{every, some} {
		if rest, ok := strings.CutPrefix(name, string(q)); ok {
			name, c.each = rest, q
			break
		}
	}
	name, c.ifExists = strings.CutSuffix(name, "IfExists")
	c.negated = strings.HasPrefix(name, "StringNot") || strings.HasPrefix(name, "ArnNot")
	if c.negated {
		name = strings.Replace(name, "Not", "", 1)
	}
	c.compare = conditionOperators()[name]
	if c.compare == nil && operator != "Null" {
		return c, "the sandbox does not know this operator; it knows " + strings.Join(sortedKeys(conditionOperators()), ", ") +
			", their negations such as StringNotEquals, and Null"
	}
	switch {
	case !knownKey(c.key):
		return c, "the sandbox does not know this condition key; it knows " + strings.Join(contextKeys(), ", ")
	case len(values) == 0:
		return c, "has no value to compare with"
	}
	for _, v := range values {
		plain, known := unescaped(v)
		if !known {
			return c, unknownVariable
		}
		if truth := strings.ToLower(v); name == "Null" && truth != "true" && truth != "false" {
			return c, fmt.Sprintf("%q: must be true or false", v)
		}
		c.values = append(c.values, plain)
	}
	return c, ""
}

func knownKey(key string) bool {
	return slices.ContainsFunc(contextKeys(), func(known string) bool {
		known = strings.ToLower(known)
		if strings.HasSuffix(known, "/") {
			return strings.HasPrefix(key, known) && key != known
		}
		return key == known
	})
}

// holds reports whether the condition is met. A key that the request does not have meets only a negation.
func (c condition) holds(context map[string][]string) bool {
	got, has := context[c.key]
	switch {
	case c.compare == nil:
		return slices.ContainsFunc(c.values, func(v string) bool { return strings.EqualFold(v, fmt.Sprint(!has)) })
	case !has && c.ifExists:
		return true
	case c.each == every:
		return !slices.ContainsFunc(got, func(v string) bool { return !c.meets(v) })
	case c.each == some || has:
		return slices.ContainsFunc(got, c.meets)
	}
	return c.negated
}

// meets reports whether one value of the request is as one of those wanted, or of a negation as none of them.
func (c condition) meets(got string) bool {
	return c.negated != slices.ContainsFunc(c.values, func(want string) bool { return c.compare(want, got) })
}

// conditionValues are what a key is compared with: one or many, of which true, false and numbers need no
// quotes.
type conditionValues []string

// UnmarshalJSON reads them.
func (v *conditionValues) UnmarshalJSON(text []byte) error {
	list := []json.RawMessage{text}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		if err := json.Unmarshal(text, &list); err != nil {
			return err
		}
	}
	for _, each := range list {
		var s string
		if json.Unmarshal(each, &s) != nil {
			s = string(bytes.TrimSpace(each))
		}
		if strings.ContainsAny(s[:min(len(s), 1)], "{[") || s == "null" {
			return fmt.Errorf("a condition's value must be text, a number, true or false, not %s", s)
		}
		*v = append(*v, s)
	}
	return nil
}
