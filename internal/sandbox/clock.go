package sandbox

import (
	"errors"
	"time"
)

// fastFor is how long a world's clock that runs faster than the real one does so while nobody looks;
// then it goes on at the real one's pace. A sandbox served at 60 times real time and then forgotten is
// not years ahead a week later.
const fastFor = time.Hour

// clock says what time it is in a world. It goes Speed times as fast as the real one, from a moment of
// which both times are known. It is kept in the world's file, so that all processes agree.
type clock struct {
	World time.Time // the world's time
	Real  time.Time // at this real time
	Speed float64
	Ran   time.Time // the world's time up to which all has happened that is due
}

func newClock(now time.Time) clock {
	now = now.Round(0) // the clock on the wall is all that another process shares
	return clock{World: now, Real: now, Speed: 1, Ran: now}
}

// check says whether a clock that was read from a file goes.
func (c *clock) check() error {
	if c.World.IsZero() || c.Real.IsZero() || c.Ran.IsZero() || !(c.Speed > 0) {
		return errors.New("its clock is damaged")
	}
	return nil
}

// at is the world's time at a real time. It never goes back.
func (c *clock) at(wall time.Time) time.Time {
	passed := max(wall.Round(0).Sub(c.Real), 0)
	now := c.World.Add(passed)
	if c.Speed != 1 {
		fast := min(passed, fastFor)
		now = c.World.Add(time.Duration(float64(fast)*c.Speed) + passed - fast)
	}
	if now.Before(c.Ran) {
		return c.Ran
	}
	return now
}

// anchor says anew of which moment both times are known. The clock goes on at a speed; 0 is the one it had.
func (c *clock) anchor(wall time.Time, speed float64) {
	c.World, c.Real = c.at(wall), wall.Round(0)
	if speed > 0 {
		c.Speed = speed
	}
}
