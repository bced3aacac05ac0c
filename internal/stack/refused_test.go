package stack

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

// denial is an answer that another attempt does not change.
type denial struct {
	name   string
	fault  sandbox.Fault
	denied bool // for want of permission
}

func denialsOf(operation string) []denial {
	only := []string{operation}
	all := []denial{
		{"denied", sandbox.Fault{Operations: only, Do: sandbox.DoError, Code: "AccessDenied", Message: "not authorized"}, true},
		{"broken", sandbox.Fault{Operations: only, Do: sandbox.DoError, Status: 500}, false},
	}
	if code := quotaOf(operation); code != "" {
		all = append(all, denial{"quota", sandbox.Fault{Operations: only, Do: sandbox.DoError, Status: 400, Code: code, Message: "no more"}, false})
	}
	return all
}

// quotaOf is how the service of an operation says that a quota is used up; "" where there is none.
func quotaOf(operation string) string {
	return map[string]string{
		"CreateRole": "LimitExceeded", "PutRolePolicy": "LimitExceeded", "PutScalingPolicy": "LimitExceeded", "PutMetricAlarm": "LimitExceeded",
		"CreateLogGroup": "LimitExceededException", "CreateFunction": "CodeStorageExceededException", "CreateQueue": "OverLimit",
	}[operation]
}

// What AWS refuses stops what depends on it and nothing else; the error says so, and when AWS has changed its
// mind the same command completes.
func TestARefusedCallStopsOnlyWhatDependsOnIt(t *testing.T) {
	for _, operation := range operationsOfUp(t) {
		for _, r := range denialsOf(operation) {
			t.Run(operation+" "+r.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newProject(newCloud(t, sandbox.Options{Path: filepath.Join(t.TempDir(), "world.json"), Faults: []sandbox.Fault{r.fault}}))
					_, err := p.try()
					p.stoppedBy(r, operation, err)
					p.calm()
					p.up()
					p.settled()
					goldenList(t, "safe.golden.json", p.made())
				})
			})
		}
	}
}

// The same of a destroy: what could be deleted is gone, what could not is recorded, and the next one deletes it.
func TestARefusedDeletionIsDoneByTheNextDestroy(t *testing.T) {
	for _, operation := range []string{
		"DeleteQueue", "DeleteRolePolicy", "DeleteRole", "DeleteLogGroup", "DeleteFunction", "DeletePolicy",
		"DisableMetricsCollection", "DeleteAlarms",
	} {
		for _, r := range denialsOf(operation) {
			t.Run(operation+" "+r.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newProject(newCloud(t, sandbox.Options{Path: filepath.Join(t.TempDir(), "world.json"), Faults: []sandbox.Fault{r.fault}}))
					p.up()
					err := p.destroy()
					run, ok := errors.AsType[*provision.RunError](err)
					if !ok || Denied(err) != r.denied {
						t.Fatalf("%v", err)
					}
					if left := len(p.load().Resources); left != len(run.Failures)+len(run.Skipped) {
						t.Errorf("recorded are %d; the error is %v, skipped are %v", left, err, run.Skipped)
					}
					p.calm()
					p.done(nil, p.destroy())
					if left := p.inventory(); len(left) > 0 || len(p.load().Resources) > 0 {
						t.Errorf("left: %v, recorded: %v", left, p.load().Resources)
					}
				})
			})
		}
	}
}

// calm makes AWS well again.
func (c *cloud) calm() {
	c.Helper()
	c.options.Faults = nil
	c.open()
}

// stoppedBy wants an up to have ended by the denial, with all done that does not depend on it.
func (p *project) stoppedBy(r denial, operation string, err error) {
	p.Helper()
	run, ok := errors.AsType[*provision.RunError](err)
	if !ok || Denied(err) != r.denied || len(run.Failures) == 0 {
		p.Fatalf("%s: %v", operation, err)
	}
	var failed []string
	for _, f := range run.Failures {
		failure, ok := errors.AsType[*provision.Failure](f)
		if !ok || strings.Contains(f.Error(), "\n") || !strings.Contains(f.Error(), failure.LogicalID+": ") {
			p.Errorf("%q", f)
			continue
		}
		failed = append(failed, failure.LogicalID)
	}
	for _, resource := range p.recorded().engine.Resources {
		id, record := resource.LogicalID, p.load().Record(resource.LogicalID)
		done := record != nil && record.Status == string(provision.CreateComplete)
		waits := slices.ContainsFunc(resource.DependsOn, func(on string) bool { return slices.Contains(failed, on) || slices.Contains(run.Skipped, on) })
		switch {
		case slices.Contains(failed, id):
		case slices.Contains(run.Skipped, id):
			if !waits {
				p.Errorf("%s was skipped, and depends on nothing that failed", id)
			}
		case !done:
			p.Errorf("%s is neither done, nor failed, nor skipped: %+v", id, record)
		}
	}
}
