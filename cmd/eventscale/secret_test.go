package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// The values that nobody must find anywhere, and other spellings of them: quoted, in JSON.
const (
	flagSecret   = `f1ag"hunter2$x`
	envSecret    = "env,hunter2<y>"
	fileSecret   = "file hunter2 z"
	accessKeyID  = "AKIAHUNTER2EXAMPLE"
	accessSecret = "key/hunter2/EXAMPLE"
)

var secretValues = []string{flagSecret, envSecret, fileSecret, accessKeyID, accessSecret}

// keeper runs the program where all kinds of secrets are given to it.
type keeper struct {
	t   *testing.T
	dir string
	url string
}

func newKeeper(t *testing.T, faults ...sandbox.Fault) *keeper {
	t.Helper()
	aws, err := sandbox.Open(sandbox.Options{Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(aws)
	t.Cleanup(server.Close)
	k := &keeper{t: t, dir: t.TempDir(), url: server.URL}
	config := "asg: gpu-workers\nenv:\n  FROM_FILE: '" + fileSecret + "'\n"
	if err := os.WriteFile(filepath.Join(k.dir, configFile), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return k
}

// run runs the program, and checks that it prints no secret.
func (k *keeper) run(variable string, args ...string) (string, error) {
	k.t.Helper()
	cmd := exec.Command(filepath.Join(programs(k.t), "eventscale"), args...)
	cmd.Dir = k.dir
	cmd.Env = append(os.Environ(),
		"AWS_ENDPOINT_URL="+k.url, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID="+accessKeyID, "AWS_SECRET_ACCESS_KEY="+accessSecret,
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_PROFILE=", "AWS_CA_BUNDLE=", "EVENTSCALE_ENV="+variable)
	printed, err := cmd.CombinedOutput()
	keepsSecrets(k.t, strings.Join(args, " "), string(printed))
	return string(printed), err
}

func keepsSecrets(t *testing.T, where, text string) {
	t.Helper()
	for _, value := range secretValues {
		inJSON, _ := json.Marshal(value)
		for _, spelling := range []string{value, strings.Trim(string(inJSON), `"`), strings.Trim(strconv.Quote(value), `"`), fmt.Sprintf("%x", value)} {
			if strings.Contains(text, spelling) {
				t.Errorf("%s shows %q:\n%s", where, value, text)
			}
		}
	}
}

// keeps checks every file of the state folder.
func (k *keeper) keeps(when string) {
	k.t.Helper()
	files := 0
	err := filepath.WalkDir(filepath.Join(k.dir, ".eventscale"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		keepsSecrets(k.t, when+": "+path, string(data))
		return err
	})
	if err != nil || files == 0 {
		k.t.Errorf("%s: %d files, %v", when, files, err)
	}
}

// sources are the ways to give the function a secret, of which the first that is used counts.
var sources = []struct{ name, value, variable, flag string }{
	{"FROM_FILE", fileSecret, "", ""},
	{"FROM_VARIABLE", envSecret, "FROM_VARIABLE=" + envSecret, ""},
	{"FROM_FLAG", flagSecret, "FROM_VARIABLE=" + envSecret, "--env=FROM_FLAG=" + flagSecret},
}

// No command shows a secret, in no form of its output and not in what it logs; no file has one.
func TestNoCommandShowsASecret(t *testing.T) {
	for _, source := range sources {
		k := newKeeper(t)
		for _, line := range []string{
			"plan", "plan -o json", "plan --verbose", "up --yes --verbose", "status", "status -o json", "status --verbose", "output", "output -o json", "output --shell",
			"list -o json", "iam-policy", "iam-policy -o json", "state show", "state show -o json", "recover", "recover -o json", "recover --yes --verbose", "up --yes -o json",
			"up --yes --memory 512 -o json --verbose", "send x --verbose", "send x --via function -o json", "unlock --yes", "plan --memory many", "up --env FROM_FLAG", "up --env =x",
			"destroy --yes --verbose", "up --yes -o json", "destroy --yes -o json",
		} {
			args := strings.Fields(line)
			if source.flag != "" && (args[0] == "plan" || args[0] == "up") {
				args = append(args, source.flag)
			}
			printed, err := k.run(source.variable, args...)
			if printed == "" {
				t.Errorf("%s: %s printed nothing (%v)", source.name, line, err)
			}
			if line == "up --yes --verbose" {
				if err != nil || !strings.Contains(printed, "CreateFunction") {
					t.Fatalf("%v: %s", err, printed)
				}
				k.keeps(line)
			}
		}
	}
}

// What AWS says may repeat what it was given.
func TestAnErrorThatRepeatsASecretIsNotRepeated(t *testing.T) {
	for i, source := range sources {
		operation := []string{"CreateFunction", "UpdateFunctionConfiguration"}[i%2]
		k := newKeeper(t, sandbox.Fault{
			Service: "lambda", Operations: []string{operation}, Do: sandbox.DoError, Status: 400, Code: "InvalidParameterValueException",
			Message: "Lambda was unable to configure " + source.name + "=" + source.value,
		})
		up := []string{"up", "--yes"}
		if operation != "CreateFunction" {
			if printed, err := k.run("", "up", "--yes", "--env", "OTHER=x"); err != nil {
				t.Fatalf("%v: %s", err, printed)
			}
		}
		if source.flag != "" {
			up = append(up, source.flag)
		}
		for _, form := range [][]string{nil, {"-o", "json"}, {"--verbose"}} {
			printed, err := k.run(source.variable, append(up, form...)...)
			if err == nil || !strings.Contains(printed, source.name+"=(sensitive)") {
				t.Errorf("%s: %v: %s", operation, err, printed)
			}
			k.keeps(operation)
		}
	}
}
