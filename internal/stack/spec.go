package stack

import (
	"encoding/json"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// Spec is what a user asks for. Its JSON names are the flags' and the config file's: one word for one thing.
type Spec struct {
	ASG               string   `json:"asg"`
	Stack             string   `json:"stack"`
	Preset            string   `json:"preset"` // Safe, Classic, Step or Table
	Policy            string   `json:"policy"` // SimplePolicy, StepPolicy or TablePolicy
	FIFO              bool     `json:"fifo"`
	VisibilityTimeout Duration `json:"visibility-timeout"`

	ScaleOutAt int      `json:"scale-out-at"` // jobs
	ScaleInAt  int      `json:"scale-in-at"`  // jobs
	ScaleOutBy int      `json:"scale-out-by"` // instances
	ScaleInBy  int      `json:"scale-in-by"`  // instances
	Cooldown   Duration `json:"cooldown"`
	Period     Duration `json:"period"`
	Periods    int      `json:"periods"`

	Steps           []ScaleStep `json:"step,omitempty"`              // of StepPolicy, in ascending order
	Table           []TableRow  `json:"table,omitempty"`             // of TablePolicy, in ascending order; or
	JobsPerInstance int         `json:"jobs-per-instance,omitempty"` // from which the table is derived
	Warmup          Duration    `json:"warmup,omitempty"`            // of StepPolicy and TablePolicy: until a new instance counts; 0 leaves it to the group

	FunctionZip     string                      `json:"function-zip,omitempty"`
	Handler         string                      `json:"handler"`
	Runtime         string                      `json:"runtime"`
	Memory          int                         `json:"memory"` // MB
	FunctionTimeout Duration                    `json:"function-timeout"`
	Env             map[string]provision.Secret `json:"env,omitempty"`
	LogRetention    int                         `json:"log-retention"` // days
	CodeSHA256      string                      `json:"code-sha256"`   // of the deployment package, in base64

	Tags map[string]string `json:"tag,omitempty"`
}

// The presets.
const (
	Safe    = "safe"    // the reference design, mended
	Classic = "classic" // the reference design to the letter
	Step    = "step"    // safe, with a step policy
	Table   = "table"   // safe, with a table policy
)

// Presets are all of them.
func Presets() []string { return []string{Safe, Classic, Step, Table} }

// Defaults returns the spec of a user who names nothing but a group.
func Defaults() Spec { return DefaultsOf(Safe) }

// DefaultsOf returns the spec of a user who names a group and a preset. Of a name that is no preset's it is
// that of safe, which Check then refuses.
func DefaultsOf(preset string) Spec {
	s := Spec{
		Preset: preset, VisibilityTimeout: Duration(15 * time.Minute),
		ScaleOutAt: 10, ScaleOutBy: 2, ScaleInBy: 1,
		Cooldown: Duration(5 * time.Minute), Period: Duration(time.Minute),
		Handler: "index.handler", Runtime: "python3.13", Memory: 256, FunctionTimeout: Duration(30 * time.Second),
		LogRetention: 14,
	}
	s.Complete(func(string) bool { return false })
	return s
}

// recordedAs returns the spec with its secrets as they are recorded in another's JSON, where they are the same.
func (s Spec) recordedAs(recorded json.RawMessage) Spec {
	var have struct {
		Env map[string]provision.Secret `json:"env"`
	}
	if json.Unmarshal(recorded, &have) != nil {
		return s // which then takes the place of what cannot be read
	}
	env := map[string]provision.Secret{}
	for name, value := range s.Env {
		env[name] = value.As(have.Env[name])
	}
	s.Env = env
	return s
}
