package loop

// AlarmConfig is a CloudWatch alarm on a metric of the loop.
type AlarmConfig struct {
	Metric            Metric        `json:"metric"`
	Statistic         Statistic     `json:"statistic"`
	Period            Millis        `json:"period_s"` // whole minutes
	EvaluationPeriods int           `json:"evaluation_periods"`
	DatapointsToAlarm int           `json:"datapoints_to_alarm"`
	Comparison        Comparison    `json:"comparison"`
	Threshold         float64       `json:"threshold"`
	TreatMissingData  Treatment     `json:"treat_missing_data"`
	ZeroInstances     ZeroInstances `json:"zero_instances"`
}

// Metric names what an alarm watches.
type Metric string

// What can be watched. Age is in seconds.
const (
	Visible            Metric = "visible"
	Inflight           Metric = "inflight"
	Backlog            Metric = "backlog" // visible and in flight
	Age                Metric = "age"     // of the oldest message that is not done
	BacklogPerInstance Metric = "backlog_per_instance"

	// Stranded is 1 while messages wait and no instance is in service, else 0: what a wake rule watches.
	// The model's version 1 does not have it, nor the next.
	Stranded Metric = "stranded"
	// SpareBacklog is the backlog where there are more instances in service than that, else infinite: what a
	// group watches that may be emptied, so that its last instance stays while there is a job.
	SpareBacklog Metric = "spare_backlog"
)

// Statistic makes one datapoint of a period's samples.
type Statistic string

// The statistics.
const (
	Sum     Statistic = "Sum"
	Average Statistic = "Average"
	Maximum Statistic = "Maximum"
	Minimum Statistic = "Minimum"
)

// Comparison holds a datapoint against the threshold.
type Comparison string

// CloudWatch's names.
const (
	AtLeast  Comparison = "GreaterThanOrEqualToThreshold"
	MoreThan Comparison = "GreaterThanThreshold"
	AtMost   Comparison = "LessThanOrEqualToThreshold"
	LessThan Comparison = "LessThanThreshold"
)

// Greater is whether values above the threshold breach it.
func (c Comparison) Greater() bool { return c == AtLeast || c == MoreThan }

// breaches compares a value with a threshold.
func (c Comparison) breaches(value, threshold float64) bool {
	switch c {
	case AtLeast:
		return value >= threshold
	case MoreThan:
		return value > threshold
	case AtMost:
		return value <= threshold
	default:
		return value < threshold
	}
}

// Treatment says what an alarm makes of too few datapoints.
type Treatment string

// CloudWatch's names.
const (
	TreatMissing      Treatment = "missing"
	TreatIgnore       Treatment = "ignore"
	TreatBreaching    Treatment = "breaching"
	TreatNotBreaching Treatment = "notBreaching"
)

// ZeroInstances says what a backlog per instance is where no instance is in service.
type ZeroInstances string

// Without instances the datapoint is missing, as a division by zero is in CloudWatch, or it is the
// backlog itself, as where the formula guards the divisor.
const (
	ZeroMissing ZeroInstances = "missing"
	ZeroVisible ZeroInstances = "visible"
)

// DefaultAlarm is what is left out of an alarm's JSON. The threshold has no default.
func DefaultAlarm() AlarmConfig {
	return AlarmConfig{
		Metric: Visible, Statistic: Sum, Period: Minute, EvaluationPeriods: 1, DatapointsToAlarm: 1,
		Comparison: AtLeast, TreatMissingData: TreatMissing, ZeroInstances: ZeroMissing,
	}
}

// minutes is the period in samples.
func (c *AlarmConfig) minutes() int { return int(c.Period / Minute) }

// reach is how many samples back from the newest an evaluation looks.
func (c *AlarmConfig) reach() int { return (c.EvaluationPeriods + extraDatapoints) * c.minutes() }
