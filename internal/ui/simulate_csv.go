package ui

import (
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/eventscale/eventscale/internal/simulation"
)

// SimulationCSV writes the minutes of all policies as rows: what the queue and the group were, and which
// alarms were in which state, as "name=STATE" words. Names are the user's own, and are not made safe for a
// spreadsheet: one that begins with "=" is a formula to it, and the very name to every other reader.
func SimulationCSV(w io.Writer, r *simulation.Report) error {
	c := csv.NewWriter(w)
	err := c.Write([]string{"policy", "minute", "visible", "inflight", "desired", "active", "draining", "in_service", "ready", "done", "alarms"})
	for i := range r.Outcomes {
		for _, row := range r.Outcomes[i].Series {
			if err != nil {
				return err
			}
			line := []string{clean(r.Outcomes[i].Name)}
			for _, n := range []int{row.Minute, row.Visible, row.Inflight, row.Desired, row.Active, row.Draining, row.InService, row.Ready} {
				line = append(line, strconv.Itoa(n))
			}
			var alarms []string
			for _, name := range slices.Sorted(maps.Keys(row.Alarms)) {
				alarms = append(alarms, clean(name)+"="+string(row.Alarms[name]))
			}
			err = c.Write(append(line, strconv.FormatInt(row.Done, 10), strings.Join(alarms, " ")))
		}
	}
	if err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}
