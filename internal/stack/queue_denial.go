package stack

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Statements that somebody else has put into the policy of the job queue are theirs, and stay. One that denies what
// the loop lives by stops it, and nothing else would tell.

// jobActions are what the function does to the queue, and what the workers do.
var jobActions = []string{"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"}

// denial says what the policy of the job queue denies to everybody or, of sending, to the function; "" where it
// denies neither for certain.
func (s *Stack) denial() string {
	n := namesOf(s.Spec, s.account.Region)
	_, others := splitPolicy(s.seen.queues[s.reading.PhysicalID(JobQueue)]["Policy"])
	for _, theirs := range others.statements {
		fields, _ := theirs.(map[string]any)
		if !deniesOutright(fields, s.account.arn("sqs", n.jobQueue)) {
			continue
		}
		for _, action := range jobActions {
			if s.deniesUs(fields, action) && touches(fields, "Action", action) {
				return fmt.Sprintf("%s in the policy of queue %s denies %s", statementName(fields), n.jobQueue, action)
			}
		}
	}
	return ""
}

// statementName is a statement as one finds it in its policy. Not all have a name.
func statementName(statement map[string]any) string {
	if sid, ok := statement["Sid"].(string); ok {
		return fmt.Sprintf("statement %q", sid)
	}
	return "a statement without Sid"
}

// deniesOutright reports whether a statement denies something on the queue, whatever the circumstances: whether a
// condition holds cannot be told from here.
func deniesOutright(statement map[string]any, queueARN string) bool {
	return statement["Effect"] == "Deny" && statement["Condition"] == nil && touches(statement, "Resource", queueARN)
}

// deniesUs reports whether a statement is about everybody in the account or, where it is about sending, about the
// role of the function. Who the workers are is not known.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
func (s *Stack) deniesUs(statement map[string]any, action string) bool {
	principals := texts(statement["Principal"])
	if byKind, ok := statement["Principal"].(map[string]any); ok {
		principals = texts(byKind["AWS"])
	}
	root := fmt.Sprintf("arn:%s:iam::%s:root", s.account.Partition, s.account.ID)
	us := []string{"*", s.account.ID, root}
	if action == "sqs:SendMessage" {
		us = append(us, s.reading.ARN(IngestRole))
	}
	return slices.ContainsFunc(principals, func(p string) bool { return p != "" && slices.Contains(us, p) })
}

// touches reports whether a field of a statement, Action or Resource, has a pattern for the word, or its counterpart,
// NotAction or NotResource, has none.
func touches(statement map[string]any, field, word string) bool {
	matches := func(pattern string) bool {
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(word)) // the words here have no slash
		return ok && err == nil
	}
	if but, ok := statement["Not"+field]; ok {
		return !slices.ContainsFunc(texts(but), matches)
	}
	return slices.ContainsFunc(texts(statement[field]), matches)
}

// texts are the values of a field that is a text or a list of them.
func texts(field any) []string {
	if one, ok := field.(string); ok {
		return []string{one}
	}
	var all []string
	list, _ := field.([]any)
	for _, v := range list {
		if text, ok := v.(string); ok {
			all = append(all, text)
		}
	}
	return all
}
