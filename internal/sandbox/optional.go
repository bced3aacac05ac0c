package sandbox

// The SDK's inputs and outputs say "not there" by nil. These functions read and write such fields.

// orNil returns nil for the empty string, which AWS's answers leave out.
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// setDefault fills a field that was not given.
func setDefault[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}

// setIfGiven puts what was given over a field.
func setIfGiven[T any](field **T, given *T) {
	if given != nil {
		*field = given
	}
}
