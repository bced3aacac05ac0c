package stack

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/state"
)

// Files that other runs have written, one of them an eventscale that did not salt. Our users have such files.
func recordedSecrets(t *testing.T, name string) *state.Snapshot {
	t.Helper()
	data, err := os.ReadFile("testdata/states/secrets-" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return must(t, func() (*state.Snapshot, error) { return state.Decode(data) })
}

func secretive(p *project) *project {
	p.spec.Env = secrets("TOKEN", "hunter2", "LEVEL", "debug")
	return p
}

func TestDigestsOfOtherRunsAreKnown(t *testing.T) {
	for _, name := range []string{"unsalted", "salted"} {
		spec, err := SpecOf(recordedSecrets(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for variable, value := range secrets("TOKEN", "hunter2", "LEVEL", "debug") {
			if !spec.Env[variable].Equal(value) {
				t.Errorf("%s: %s is not known again", name, variable)
			}
		}
		if spec.Env["TOKEN"].Equal(provision.NewSecret("hunter3")) {
			t.Errorf("%s: another value is taken for TOKEN's", name)
		}
	}
}

// A run that changes nothing writes nothing, for all that its salts are others than those in the file; and a
// digest without salt is gone after one run, without a call that changes AWS.
func TestOnlyUnsaltedDigestsAreWrittenAnew(t *testing.T) {
	for name, rewritten := range map[string]bool{"unsalted": true, "salted": false} {
		p := secretive(newProject(newCloud(t, sandbox.Options{})))
		p.up()
		p.file = withEnv(t, p.load(), recordedSecrets(t, name))
		if s := p.status(); !s.Healthy {
			t.Errorf("%s: %s", name, s.Verdict)
		}
		before := p.file
		p.settled()
		if got := !bytes.Equal(before, p.file); got != rewritten {
			t.Errorf("%s: written: %t", name, got)
		}
		if bytes.Contains(p.file, []byte(`: "sha256:`)) {
			t.Errorf("%s: the file has\n%s", name, p.file)
		}
		before = p.file
		p.up()
		if !bytes.Equal(before, p.file) {
			t.Errorf("%s: a second run wrote again", name)
		}
	}
}

// withEnv returns a state file with the digests that another has.
func withEnv(t *testing.T, into, from *state.Snapshot) []byte {
	t.Helper()
	spec := map[string]json.RawMessage{}
	other := map[string]json.RawMessage{}
	for _, err := range []error{json.Unmarshal(into.Spec, &spec), json.Unmarshal(from.Spec, &other)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	spec["env"] = other["env"]
	into.Spec = json.RawMessage(asJSON(spec))
	return must(t, into.Encode)
}
