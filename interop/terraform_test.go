//go:build interop

package interop_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// mirrorVariable names a folder with Terraform's AWS provider, as `terraform providers mirror` makes it.
// Without it Terraform looks where it always does: in its own folders, then in its registry.
const mirrorVariable = "EVENTSCALE_TF_MIRROR"

// TestTerraformOnSandbox applies a stack, finds nothing to change, and destroys it again.
func TestTerraformOnSandbox(t *testing.T) {
	url := serveSandbox(t, "") // with the sandbox's delays, as Terraform knows AWS to have them
	s := newShell(t, "")
	s.env = append(s.env, "TF_CLI_CONFIG_FILE="+s.cliConfig(), "TF_VAR_endpoint="+url, "CHECKPOINT_DISABLE=1")
	s.copy("main.tf")
	s.functionZip()

	if a := s.try("terraform", "init", "-no-color"); a.code != 0 {
		t.Fatalf("terraform init: %s\n%s\nset %s to a folder that has the AWS provider", a.stdout, a.stderr, mirrorVariable)
	}
	s.run("terraform", "apply", "-no-color", "-auto-approve")
	if a := s.try("terraform", "plan", "-no-color", "-detailed-exitcode"); a.code != 0 {
		t.Errorf("plan after apply: exit code %d\n%s\n%s", a.code, a.stdout, a.stderr)
	}
	s.run("terraform", "destroy", "-no-color", "-auto-approve")
	s.env = append(s.env, "AWS_ENDPOINT_URL="+url)
	if got := s.script("moto.py", "list").stdout; got != "group gpu-workers" {
		t.Errorf("left behind:\n%s", got)
	}
}

// cliConfig writes Terraform's own configuration: where providers come from.
func (s shell) cliConfig() string {
	s.Helper()
	text := ""
	if mirror := os.Getenv(mirrorVariable); mirror != "" {
		text = fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	}
	path := filepath.Join(s.dir, "terraformrc")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	return path
}

// copy copies a file of testdata into the folder.
func (s shell) copy(name string) {
	s.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err == nil {
		err = os.WriteFile(filepath.Join(s.dir, name), data, 0o600)
	}
	if err != nil {
		s.Fatal(err)
	}
}
