package sandbox

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// AWS checks what an API model says of a parameter before the service itself looks at it, and says
// so in one form everywhere; only the error's code differs between services. These functions
// return that text, or "" where the value is good.

func constraint(value, parameter, rule string) string {
	return fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, parameter, rule)
}

func checkLength(value, parameter string, shortest, longest int) string {
	switch n := utf8.RuneCountInString(value); {
	case n < shortest:
		return constraint(value, parameter, "Member must have length greater than or equal to "+strconv.Itoa(shortest))
	case n > longest:
		return constraint(value, parameter, "Member must have length less than or equal to "+strconv.Itoa(longest))
	}
	return ""
}

// pattern returns a regular expression that is compiled when first used: a program that is never asked
// anything, which most commands are to the sandbox, does not pay for it.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// checkPattern wants pattern to match the whole value; AWS prints the pattern without its anchors.
func checkPattern(value, parameter string, pattern func() *regexp.Regexp) string {
	if pattern().MatchString(value) {
		return ""
	}
	bare := strings.TrimSuffix(strings.TrimPrefix(pattern().String(), "^"), "$")
	return constraint(value, parameter, "Member must satisfy regular expression pattern: "+bare)
}

func checkRange(value int32, parameter string, least, most int32) string {
	number := strconv.Itoa(int(value))
	switch {
	case value < least:
		return constraint(number, parameter, "Member must have value greater than or equal to "+strconv.Itoa(int(least)))
	case value > most:
		return constraint(number, parameter, "Member must have value less than or equal to "+strconv.Itoa(int(most)))
	}
	return ""
}

func checkEnum[T ~string](value T, parameter string, allowed []T) string {
	if slices.Contains(allowed, value) {
		return ""
	}
	names := make([]string, len(allowed))
	for i, name := range allowed {
		names[i] = string(name)
	}
	return constraint(string(value), parameter, "Member must satisfy enum value set: ["+strings.Join(names, ", ")+"]")
}

// checkOptional applies a check to a parameter that may be left out.
func checkOptional(value *int32, parameter string, least, most int32) string {
	if value == nil {
		return ""
	}
	return checkRange(*value, parameter, least, most)
}

// firstFault returns the first text that is not empty.
func firstFault(faults ...string) string {
	for _, fault := range faults {
		if fault != "" {
			return fault
		}
	}
	return ""
}

// firstError returns the first error there is.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
