package sandbox

import (
	"encoding/base64"
	"strconv"
)

// page cuts one page of at most size items out of items, which must come in the same order each
// time. The token says how far the caller has come; next is nil on the last page. ok is false for a
// token that no page ever gave out.
func page[T any](items []T, token *string, size int) (part []T, next *string, ok bool) {
	from := 0
	if token != nil && *token != "" {
		plain, err := base64.RawURLEncoding.DecodeString(*token)
		if err != nil {
			return nil, nil, false
		}
		if from, err = strconv.Atoi(string(plain)); err != nil || from < 0 {
			return nil, nil, false
		}
	}
	from = min(from, len(items)) // items may have gone since
	to := min(from+size, len(items))
	if to < len(items) {
		t := base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to)))
		next = &t
	}
	return items[from:to], next, true
}

// pageSize returns what the caller asked for, but at most the service's own most.
func pageSize(asked *int32, usual, most int) int {
	if asked == nil || *asked <= 0 {
		return usual
	}
	return min(int(*asked), most)
}
