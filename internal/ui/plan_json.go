package ui

import (
	"io"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/stack"
)

type planDocument struct {
	SchemaVersion int            `json:"schema_version"`
	Stack         string         `json:"stack"`
	Steps         []stepDocument `json:"steps"`
	Summary       planSummary    `json:"summary"`
}

type stepDocument struct {
	LogicalID string           `json:"logical_id"`
	Type      string           `json:"type"`
	Name      string           `json:"name"`
	Action    provision.Action `json:"action"`
	Changes   []changeDocument `json:"changes"`
	Adopt     bool             `json:"adopt"`
	Foreign   bool             `json:"foreign"`
	Gone      bool             `json:"gone"`
}

type changeDocument struct {
	Property string `json:"property"`
	Have     string `json:"have"`
	Want     string `json:"want"`
	Replaces bool   `json:"replaces"`
}

type planSummary struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Replace   int `json:"replace"`
	Delete    int `json:"delete"`
	Unchanged int `json:"unchanged"`
}

// PlanJSON writes a plan as a document, resources that are kept included.
func PlanJSON(w io.Writer, stackName string, plan *provision.Plan) error {
	document := planDocument{
		SchemaVersion: stack.SchemaVersion, Stack: stackName, Steps: []stepDocument{},
		Summary: planSummary{
			Create: plan.Count(provision.Create), Update: plan.Count(provision.Update),
			Replace: plan.Count(provision.Replace), Delete: plan.Count(provision.Delete),
			Unchanged: plan.Count(provision.Keep),
		},
	}
	for _, s := range plan.Steps {
		step := stepDocument{
			LogicalID: s.LogicalID, Type: s.Type, Name: s.Name, Action: s.Action,
			Changes: []changeDocument{}, Adopt: s.Adopt, Foreign: s.Foreign, Gone: s.Gone,
		}
		for _, c := range s.Changes {
			step.Changes = append(step.Changes, changeDocument(c))
		}
		document.Steps = append(document.Steps, step)
	}
	return writeDocument(w, document)
}
