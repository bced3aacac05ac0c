package loop

import (
	"encoding/json"
	"math"
	"strconv"
)

// Millis is a time since the start of the run, or a length of time, in milliseconds. In JSON it is a
// number of seconds.
type Millis int64

// Lengths of time.
const (
	Second Millis = 1000
	Minute        = 60 * Second
	Hour          = 60 * Minute
)

// never is later than anything that happens.
const never = Millis(math.MaxInt64)

// maxMillis bounds every time that is read (a thousand million seconds, 31 years), so that no sum of
// times overflows.
const maxMillis = 1_000_000_000 * Second

// FromSeconds rounds to the nearest millisecond, halves up.
func FromSeconds(s float64) Millis {
	// The conversion keeps the compiler from fusing the two steps, which would round once and not
	// twice on some machines.
	return Millis(math.Floor(float64(s*1000) + 0.5))
}

// Seconds returns the time in seconds.
func (m Millis) Seconds() float64 { return float64(m) / 1000 }

// MarshalJSON writes seconds.
func (m Millis) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, m.Seconds(), 'f', -1, 64), nil
}

// UnmarshalJSON reads seconds.
func (m *Millis) UnmarshalJSON(b []byte) error {
	var s float64
	err := json.Unmarshal(b, &s)
	*m = FromSeconds(s)
	return err
}

// ceilMinute rounds up to a whole minute.
func ceilMinute(m Millis) Millis { return ceilDiv(m, Minute) * Minute }

// ceilDiv rounds a quotient up; a is not negative, b is positive.
func ceilDiv[T ~int | ~int64](a, b T) T { return (a + b - 1) / b }
