package loop

// AdjustmentType says what an adjustment is added to, or that it is not added.
type AdjustmentType string

// Auto Scaling's names.
const (
	ChangeInCapacity        AdjustmentType = "ChangeInCapacity"
	PercentChangeInCapacity AdjustmentType = "PercentChangeInCapacity"
	ExactCapacity           AdjustmentType = "ExactCapacity"
)

// Adjust returns the capacity that an adjustment of base makes, not yet within the group's bounds. A
// percentage is rounded toward zero, but to no less than one instance. The magnitude is a floor for
// percentages alone.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html
func Adjust(kind AdjustmentType, base, adjustment, magnitude int) int {
	switch kind {
	case ExactCapacity:
		return adjustment
	case PercentChangeInCapacity:
		return base + percent(base, adjustment, magnitude)
	default:
		return base + adjustment
	}
}

func percent(base, adjustment, magnitude int) int {
	change := base * adjustment / 100
	if change == 0 && base != 0 {
		change = sign(adjustment)
	}
	if adjustment != 0 && max(change, -change) < magnitude {
		change = sign(adjustment) * magnitude
	}
	return change
}

func sign(n int) int {
	switch {
	case n > 0:
		return 1
	case n < 0:
		return -1
	default:
		return 0
	}
}
