package sandbox

import (
	"fmt"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// scalar returns a plain value as a string, whatever YAML takes it for: a code may be a number, and a time is
// no type of YAML's.
func scalar(n ast.Node, allowed string) (string, error) {
	var value any
	if err := yaml.NodeToValue(n, &value); err != nil {
		return "", &FaultError{Allowed: allowed}
	}
	switch v := value.(type) {
	case string:
		return v, nil
	case int64, uint64, float64, bool:
		return n.GetToken().Value, nil
	}
	return "", &FaultError{Allowed: allowed}
}

func word[T ~string](n ast.Node, to *T) error {
	const allowed = "must be a word"
	text, err := scalar(n, allowed)
	if err != nil {
		return err
	}
	if text == "" {
		return &FaultError{Allowed: allowed}
	}
	*to = T(text)
	return nil
}

// wordList reads a word or a list of them.
func wordList(n ast.Node, to *[]string) error {
	items := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		items = list.Values
	}
	if len(items) == 0 {
		return &FaultError{Allowed: "must name one or more"}
	}
	for _, item := range items {
		var text string
		if err := word(item, &text); err != nil {
			return err
		}
		*to = append(*to, text)
	}
	return nil
}

// wholeNumber reads a whole number within bounds.
func wholeNumber[T int | uint64](n ast.Node, to *T, least, most uint64) error {
	allowed := fmt.Sprintf("must be a whole number between %d and %d", least, most)
	text, err := scalar(n, allowed)
	if err != nil {
		return err
	}
	number, err := strconv.ParseUint(text, 10, 64)
	if err != nil || number < least || number > most {
		return &FaultError{Value: text, Allowed: allowed}
	}
	*to = T(number)
	return nil
}

// positive reads a number above 0.
func positive(n ast.Node, to *float64, most float64) error {
	allowed := fmt.Sprintf("must be a number above 0 and at most %v", most)
	text, err := scalar(n, allowed)
	if err != nil {
		return err
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || !(number > 0 && number <= most) {
		return &FaultError{Value: text, Allowed: allowed}
	}
	*to = number
	return nil
}

// duration reads a time such as 1m30s, of a day at most.
func duration(n ast.Node, to *time.Duration) error {
	const allowed = "must be a time between 0s and 24h, such as 3s or 1m30s"
	text, err := scalar(n, allowed)
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxFaultTime {
		return &FaultError{Value: text, Allowed: allowed}
	}
	*to = d
	return nil
}
