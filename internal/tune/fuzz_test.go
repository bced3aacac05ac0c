package tune

import (
	"errors"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/hostile"
)

func FuzzParseSLO(f *testing.F) {
	for _, text := range []string{
		"p95 wait < 5m", "P99 sojourn <= 1h30m and max wait < 10m", "mean wait<90s,p50 sojourn<=1.5h", "", ",", "p95", "p95 wait < 5",
		"p95 wait << 5m", "p95 wait < -5m", "p95 wait < 9223372036854775807ns", "p95 wait < 1h and p95 wait < 2h", "p95 wait < 5m and", "p95\twait\n<=\t1ms",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSLO(text)
		if err != nil {
			bad, ok := errors.AsType[*SLOError](err)
			if !ok || bad.Column < 1 || bad.Column > max(len(text), maxSLO)+1 || bad.Problem == "" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		again, err := ParseSLO(s.String())
		if err != nil || again.String() != s.String() {
			t.Errorf("%q is written as %q, which is %q: %v", text, s, again, err)
		}
	})
}

func TestAMegabyteOfObjectiveIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"commas": hostile.Repeat(","), "blanks": hostile.Repeat(" "), "a word": hostile.Repeat("p"), "limits": hostile.Repeat("p95 wait < 5m and "),
		"digits": "p95 wait < " + hostile.Repeat("9") + "m", "durations": "p95 wait < " + hostile.Repeat("1ns"), "signs": hostile.Repeat("<="), "not UTF-8": hostile.Repeat("\xff"),
	} {
		t.Run(name, func(t *testing.T) {
			hostile.Within(t, func() {
				if _, err := ParseSLO(text); err == nil || len(err.Error()) > 1000 || !strings.Contains(err.Error(), "column") {
					t.Errorf("%.200v", err)
				}
			})
		})
	}
}
