package sandbox

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Access is an action that somebody asks for.
type Access struct {
	Action   string              // "sqs:CreateQueue"
	Resource string              // an ARN; "*" for an action that takes none
	Context  map[string][]string // values of the condition keys that the request has, by key in lower case
}

// Verdict is what a policy says of an access.
type Verdict int

// The verdicts, the later of which overrules the earlier. What no statement speaks of is denied, too.
const (
	Unmentioned Verdict = iota
	Allowed
	Denied
)

// Judge returns what the policy says: Denied where any statement denies, else Allowed where any allows.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (p *Policy) Judge(a Access) Verdict {
	verdict := Unmentioned
	for _, g := range p.grants {
		if g.speaksOf(a) {
			verdict = max(verdict, g.effect)
		}
	}
	return verdict
}

func (g *grant) speaksOf(a Access) bool {
	return g.action.cover(strings.ToLower(a.Action), strings.ToLower) &&
		g.resource.cover(a.Resource, strings.Clone) &&
		!slices.ContainsFunc(g.conditions, func(c condition) bool { return !c.holds(a.Context) })
}

// cover reports whether one of the patterns matches, or none of those that are not to.
func (p patterns) cover(s string, fold func(string) string) bool {
	return p.not != slices.ContainsFunc(p.list, func(pattern string) bool { return matches(fold(pattern), s) })
}

// matches reports whether the pattern is the whole of s, where * stands for any characters and ? for any
// one. It takes time in proportion to both lengths at worst: after a mismatch only the last * is tried again.
func matches(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == '?':
			p++
			i += firstRune(s[i:])
		case p < len(pattern) && literal(pattern[p]) == s[i]:
			p++
			i++
		case star >= 0:
			mark += firstRune(s[mark:])
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// firstRune returns the bytes of the first character.
func firstRune(s string) int {
	_, size := utf8.DecodeRuneInString(s)
	return size
}

// The characters that stand for what is no wildcard. None of them can be in a name that is matched.
const (
	literalStar     = '\x01'
	literalQuestion = '\x02'
)

func literal(c byte) byte {
	switch c {
	case literalStar:
		return '*'
	case literalQuestion:
		return '?'
	}
	return c
}

// unescaped reads the three policy variables that stand for characters. ok is false where there is any other: what
// it stands for, the sandbox does not know.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
func unescaped(pattern string) (_ string, ok bool) {
	rest := strings.NewReplacer("${*}", "", "${?}", "", "${$}", "").Replace(pattern)
	plain := strings.NewReplacer("${*}", string(literalStar), "${?}", string(literalQuestion), "${$}", "$").Replace(pattern)
	return plain, !strings.Contains(rest, "${")
}

// matchesARN compares the six parts of an ARN one by one, so that no * reaches from one into the next.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
func matchesARN(pattern, s string) bool {
	const parts = 6
	want, got := strings.SplitN(pattern, ":", parts), strings.SplitN(s, ":", parts)
	if len(want) != parts || len(got) != parts {
		return false
	}
	for i := range want {
		if !matches(want[i], got[i]) {
			return false
		}
	}
	return true
}
