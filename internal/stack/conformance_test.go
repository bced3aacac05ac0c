package stack

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

// subject is a kind under test, and what must be known of it.
type subject[P any] struct {
	kind   func(kinds) provision.Kind[P]
	setup  func(*cloud) // what must be there first
	name   string
	other  string // the name of another object, which begins with name where names can
	want   P
	others map[string][]any // by property: what it is changed to, one value after another
	unused []string         // properties that play no part in an object such as want

	physicalID, arn string // as documented: regular expressions

	meddle  func(*cloud) // somebody changes the object by calls of their own,
	meddled []string     // these properties of it
}

// conforms runs a kind through what the engine relies on.
func conforms[P any](t *testing.T, s subject[P]) {
	t.Run("one that is missing is not found", func(t *testing.T) { s.stage(t).missing(provision.Identity{Name: s.name}) })
	t.Run("what is created is read", func(t *testing.T) { testCreate(s.stage(t)) })
	t.Run("to create it again harms nothing", func(t *testing.T) { testCreateAgain(s.stage(t)) })
	t.Run("every property can be updated", func(t *testing.T) { testUpdate(s.stage(t)) })
	t.Run("tags can be set, changed and removed", func(t *testing.T) { testTags(s.stage(t)) })
	t.Run("what is deleted is gone", func(t *testing.T) { testDelete(s.stage(t)) })
	t.Run("it is found by its exact name", func(t *testing.T) { testExactName(s.stage(t)) })
	t.Run("what others change is seen", func(t *testing.T) { testMeddling(s.stage(t)) })
}

// stage is a subject in a world of its own.
type stage[P any] struct {
	*cloud
	subject[P]
}

func (s subject[P]) stage(t *testing.T) *stage[P] {
	t.Helper()
	c := newCloud(t, sandbox.Options{})
	if s.setup != nil {
		s.setup(c)
	}
	return &stage[P]{c, s}
}

// fresh is the kind in a new command: it has asked nothing yet.
func (s *stage[P]) fresh() provision.Kind[P] { return s.kind(s.kinds()) }

// create makes the object and brings to it what Create left out, as the engine does.
func (s *stage[P]) create(name string) provision.Live[P] {
	s.Helper()
	k := s.fresh()
	live, err := k.Create(s.Context(), provision.Identity{Name: name}, s.want)
	if err != nil {
		s.Fatalf("creating %s: %v", name, err)
	}
	if left := differing(live.Properties, s.want); len(left) > 0 {
		s.update(live, s.want, left)
	}
	if k.Ready != nil {
		if err := k.Ready(s.Context(), live); err != nil {
			s.Fatalf("waiting for %s: %v", name, err)
		}
	}
	return live
}

func (s *stage[P]) update(live provision.Live[P], want P, changed provision.Changed) {
	s.Helper()
	k := s.fresh()
	if k.Update == nil {
		s.Fatalf("%v differ, and the kind has no Update", changed)
	}
	if err := k.Update(s.Context(), live, want, changed); err != nil {
		s.Fatalf("updating %v: %v", changed, err)
	}
}

// read reads all of an object, its tags too.
func (s *stage[P]) read(id provision.Identity) provision.Live[P] {
	s.Helper()
	live, err := s.fresh().Read(s.Context(), id)
	if err != nil {
		s.Fatalf("reading %+v: %v", id, err)
	}
	return live
}

func (s *stage[P]) missing(id provision.Identity) {
	s.Helper()
	if _, err := s.fresh().Read(s.Context(), id); !errors.Is(err, provision.ErrNotFound) {
		s.Errorf("reading %+v: %v, want ErrNotFound", id, err)
	}
}

// reads wants the object to be found, by its name alone and as it is recorded.
func (s *stage[P]) reads(live provision.Live[P], want P) {
	s.Helper()
	for _, id := range []provision.Identity{{Name: s.name}, s.identity(live)} {
		got := s.read(id)
		if got.PhysicalID != live.PhysicalID || got.ARN != live.ARN {
			s.Errorf("read %s, %s; was made as %s, %s", got.PhysicalID, got.ARN, live.PhysicalID, live.ARN)
		}
		for property := range differing(got.Properties, want) {
			s.Errorf("%s is %s, want %s", property, asJSON(field(got.Properties, property)), asJSON(field(want, property)))
		}
	}
}

func (s *stage[P]) identity(live provision.Live[P]) provision.Identity {
	return provision.Identity{Name: s.name, PhysicalID: live.PhysicalID, ARN: live.ARN}
}

func testCreate[P any](s *stage[P]) {
	live := s.create(s.name)
	s.reads(live, s.want)
	for _, id := range []struct{ what, got, want string }{{"physical ID", live.PhysicalID, s.physicalID}, {"ARN", live.ARN, s.arn}} {
		if !regexp.MustCompile("^" + id.want + "$").MatchString(id.got) {
			s.Errorf("%s %q, want %s", id.what, id.got, id.want)
		}
	}
}

func testCreateAgain[P any](s *stage[P]) {
	live := s.create(s.name)
	_, err := s.fresh().Create(s.Context(), provision.Identity{Name: s.name}, s.want)
	if err != nil && !errors.Is(err, provision.ErrExists) {
		s.Errorf("%v, want nil or ErrExists", err)
	}
	s.reads(live, s.want)
}

// testUpdate changes one property after the other, wanting all others to stay, and then all at once.
func testUpdate[P any](s *stage[P]) {
	live := s.create(s.name)
	want, all := s.want, s.want
	for _, f := range reflect.VisibleFields(reflect.TypeFor[P]()) {
		values, listed := s.others[f.Name]
		replaced := f.Tag.Get("replace") == "true"
		if f.Name == "Tags" || f.Name == "Others" || replaced && !listed || slices.Contains(s.unused, f.Name) {
			continue
		}
		if replaced || !listed {
			s.Errorf("the property %s must either have other values in this test or the tag replace", f.Name)
			continue
		}
		for _, value := range values {
			setField(&want, f.Name, value)
			if !differing(s.read(s.identity(live)).Properties, want)[f.Name] {
				s.Errorf("%s is %s already: to set it proves nothing", f.Name, asJSON(value))
			}
			s.bring(live, want)
		}
		setField(&all, f.Name, values[0])
	}
	if len(s.others) > 0 {
		s.bring(live, s.want)
		s.bring(live, all)
	}
}

// bring updates what is not as wanted, and wants it to be so then.
func (s *stage[P]) bring(live provision.Live[P], want P) {
	s.Helper()
	have := s.read(s.identity(live))
	s.update(have, want, differing(have.Properties, want))
	s.reads(live, want)
}

func testTags[P any](s *stage[P]) {
	if s.fresh().Tags == nil {
		s.Skip("AWS has no tags on these")
	}
	live := s.create(s.name)
	want := s.want
	ours := s.fresh().Tags(s.want)
	for _, more := range []provision.Tags{
		{"team": "a", "cost center": "größe = 1/2 + x@y"}, // set
		{"team": "b", "empty": ""},                        // one changed, one set, one removed
		{},                                                // removed
	} {
		tags := maps.Clone(ours)
		maps.Copy(tags, more)
		setField(&want, "Tags", tags)
		s.bring(live, want)
	}
}

func testDelete[P any](s *stage[P]) {
	live := s.create(s.name)
	other := s.create(s.other)
	for range 2 { // the second finds nothing, which is what is wanted
		if err := s.fresh().Delete(s.Context(), s.identity(live)); err != nil {
			s.Errorf("deleting: %v", err)
		}
		s.missing(s.identity(live))
		s.missing(provision.Identity{Name: s.name})
	}
	s.name = s.other
	s.reads(other, s.want)
}

func testExactName[P any](s *stage[P]) {
	s.create(s.other)
	s.missing(provision.Identity{Name: s.name})
	live := s.create(s.name)
	s.reads(live, s.want)
}

func testMeddling[P any](s *stage[P]) {
	live := s.create(s.name)
	s.meddle(s.cloud)
	if len(s.meddled) == 0 {
		s.missing(s.identity(live)) // there is nothing of it but that it is
		return
	}
	got := slices.Sorted(maps.Keys(differing(s.read(s.identity(live)).Properties, s.want)))
	if !slices.Equal(got, s.meddled) {
		s.Errorf("%v were seen to differ, want %v", got, s.meddled)
	}
	s.bring(live, s.want)
}

// differing returns the properties that differ, as the engine sees it.
func differing[P any](have, want P) provision.Changed {
	changed := provision.Changed{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[P]()) {
		if asJSON(field(have, f.Name)) != asJSON(field(want, f.Name)) {
			changed[f.Name] = true
		}
	}
	return changed
}

func field(properties any, name string) any {
	return reflect.ValueOf(properties).FieldByName(name).Interface()
}

func setField[P any](properties *P, name string, value any) {
	reflect.ValueOf(properties).Elem().FieldByName(name).Set(reflect.ValueOf(value))
}

// asJSON is a value as the engine compares it: nothing, null and empty are one.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	if s := string(b); s != "null" && s != "{}" && s != "[]" {
		return s
	}
	return ""
}
