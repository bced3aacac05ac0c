package loop

// Mark is what a datapoint is to an alarm.
type Mark uint8

// A datapoint is missing, on the good side of the threshold, or on the other.
const (
	Missing Mark = iota
	Fine
	Breaching
)

// Judge is CloudWatch's evaluation: m of n datapoints must breach. The marks are those of the newest
// datapoints, the newest first, a little more than n of them, so that a few missing ones do no harm.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
//
// One thing is not published: the state where there are only breaching datapoints, fewer than m and
// too new for an alarm. It is INSUFFICIENT_DATA here, unless missing data is ignored.
func Judge(was State, marks []Mark, n, m int, treat Treatment) State {
	s := survey(marks, n)
	if s.real >= n {
		return alarmIf(s.newest >= m) // there is enough: the treatment plays no part
	}
	switch treat {
	case TreatBreaching:
		return alarmIf(s.breaching+n-s.real >= m)
	case TreatNotBreaching:
		return alarmIf(s.breaching >= m)
	}
	return s.premature(was, m, treat)
}

// marked counts marks.
type marked struct {
	real      int // not missing
	breaching int
	newest    int // breaching among the n newest that are not missing
	oldest    int // the position of the oldest breaching one, the newest mark having 1
}

func survey(marks []Mark, n int) marked {
	var s marked
	for i, mark := range marks {
		if mark == Missing {
			continue
		}
		s.real++
		if mark != Breaching {
			continue
		}
		s.breaching++
		s.oldest = i + 1
		if s.real <= n {
			s.newest++
		}
	}
	return s
}

// premature decides where there are too few datapoints and nothing stands in for the missing ones.
func (s marked) premature(was State, m int, treat Treatment) State {
	switch {
	case s.breaching >= m:
		return StateAlarm
	case s.real > s.breaching:
		return StateOK
	case treat == TreatIgnore:
		return was
	case s.oldest >= m:
		return StateAlarm // it would have been one by now, had the data come
	default:
		return StateUnknown
	}
}

func alarmIf(yes bool) State {
	if yes {
		return StateAlarm
	}
	return StateOK
}
