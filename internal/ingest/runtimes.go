package ingest

import (
	"fmt"
	"time"
)

// Lifecycle is what AWS has announced for one Lambda runtime. The dates are
// days, as 2026-06-30, and forecasts: AWS has often moved them, which is why
// they only ever make a warning. Empty means that none is announced.
type Lifecycle struct {
	Runtime       string
	Deprecated    string // no more security patches
	CreateBlocked string // new functions are refused
	UpdateBlocked string // existing functions cannot be changed any more
}

// Runtimes returns the runtimes known to this version, oldest first in each family.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
func Runtimes() []Lifecycle {
	return []Lifecycle{
		{"python2.7", "2021-07-15", "2021-07-15", "2022-05-30"},
		{"python3.6", "2022-07-18", "2022-07-18", "2022-08-29"},
		{"python3.7", "2023-12-04", "2024-01-09", "2025-02-28"},
		{"python3.8", "2024-10-14", "2026-06-01", "2026-07-01"},
		{"python3.9", "2025-12-15", "2026-06-01", "2026-07-01"},
		{"python3.10", "2026-06-30", "2026-07-31", "2026-08-31"},
		{"python3.11", "2026-06-30", "2026-07-31", "2026-08-31"},
		{"python3.12", "2028-10-31", "2028-11-30", "2029-01-10"},
		{"python3.13", "2029-06-30", "2029-07-31", "2029-08-31"},
		{"python3.14", "2029-06-30", "2029-07-31", "2029-08-31"},
		{"python3.15", "", "", ""},

		{"nodejs", "2016-10-31", "2016-10-31", "2016-10-31"},
		{"nodejs4.3", "2020-03-05", "2020-03-05", "2020-03-05"},
		{"nodejs6.10", "2019-08-12", "2019-08-12", "2019-08-12"},
		{"nodejs8.10", "2020-03-06", "2020-03-06", "2020-03-06"},
		{"nodejs10.x", "2021-07-30", "2021-07-30", "2022-02-14"},
		{"nodejs12.x", "2023-03-31", "2023-03-31", "2023-04-30"},
		{"nodejs14.x", "2023-12-04", "2024-07-09", "2025-02-28"},
		{"nodejs16.x", "2024-06-12", "2025-02-28", "2025-03-31"},
		{"nodejs18.x", "2025-09-01", "2026-06-01", "2026-07-01"},
		{"nodejs20.x", "2026-04-30", "2026-06-01", "2026-07-01"},
		{"nodejs22.x", "2027-04-30", "2027-06-01", "2027-07-01"},
		{"nodejs24.x", "2028-04-30", "2028-06-01", "2028-07-01"},
		{"nodejs26.x", "", "", ""},

		{"provided", "2024-01-08", "2024-02-08", "2025-02-28"},
		{"provided.al2", "2026-06-30", "2026-07-31", "2026-08-31"},
		{"provided.al2023", "2029-06-30", "2029-07-31", "2029-08-31"},
		{"go1.x", "2024-01-08", "2024-02-08", "2026-07-01"},

		{"java8", "2024-01-08", "2024-02-08", "2025-02-28"},
		{"java8.al2", "2026-06-30", "2026-07-31", "2026-08-31"},
		{"java8.al2023", "", "", ""},
		{"java11", "2026-06-30", "2026-07-31", "2026-08-31"},
		{"java11.al2023", "", "", ""},
		{"java17", "2026-06-30", "2026-07-31", "2026-08-31"},
		{"java17.al2023", "", "", ""},
		{"java21", "2029-06-30", "2029-07-31", "2029-08-31"},
		{"java25", "2029-06-30", "2029-07-31", "2029-08-31"},

		{"dotnetcore1.0", "2019-06-27", "2019-07-30", "2019-07-30"},
		{"dotnetcore2.0", "2019-05-30", "2019-05-30", "2019-05-30"},
		{"dotnetcore2.1", "2022-01-05", "2022-01-05", "2022-04-13"},
		{"dotnetcore3.1", "2023-04-03", "2023-04-03", "2023-05-03"},
		{"dotnet6", "2024-11-12", "2025-02-28", "2025-05-31"},
		{"dotnet8", "2026-11-10", "2026-12-10", "2027-01-11"},
		{"dotnet10", "", "", ""},

		{"ruby2.5", "2021-07-30", "2021-07-30", "2022-03-31"},
		{"ruby2.7", "2023-12-07", "2024-01-09", "2025-02-28"},
		{"ruby3.2", "", "", ""},
		{"ruby3.3", "", "", ""},
		{"ruby3.4", "", "", ""},
		{"ruby4.0", "", "", ""},
	}
}

// Warning returns one sentence about a runtime that AWS may refuse on the day
// of today, or "" where there is nothing to say. It is advice, never a
// reason to stop: AWS adds runtimes, and moves its dates.
func Warning(runtime string, today time.Time) string {
	day := today.UTC().Format(time.DateOnly)
	for _, known := range Runtimes() {
		if known.Runtime == runtime {
			return known.warning(day)
		}
	}
	return fmt.Sprintf("runtime %s is not one that this version of eventscale knows; Lambda decides whether it exists", runtime)
}

func (l Lifecycle) warning(day string) string {
	passed := func(date string) bool { return date != "" && date <= day }
	switch {
	case passed(l.UpdateBlocked):
		return fmt.Sprintf("runtime %s is deprecated since %s; AWS announced that functions with it can no longer be created or changed", l.Runtime, l.Deprecated)
	case passed(l.CreateBlocked):
		return fmt.Sprintf("runtime %s is deprecated since %s; AWS announced that no new functions can be created with it, and none changed from %s", l.Runtime, l.Deprecated, l.UpdateBlocked)
	case passed(l.Deprecated):
		return fmt.Sprintf("runtime %s is deprecated since %s; AWS announced that no new functions can be created with it from %s", l.Runtime, l.Deprecated, l.CreateBlocked)
	default:
		return ""
	}
}
