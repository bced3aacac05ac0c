package stack

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/eventscale/eventscale/internal/hostile"
	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/state"
)

// hostileNames are names of groups that AWS takes, and some that it does not.
var hostileNames = []string{
	"gpu-workers", "sandbox", "", "-", "--", "GPU Workers (prod)", "größe", strings.Repeat("a", 255), strings.Repeat("-a", 40), "a/b", "../../etc/passwd", "*", "?", "${aws:username}",
	`"},{"Effect":"Allow","Action":"*","Resource":"*"},{"x":"`, "a:b:c", "a b", "\x1b[2J", "\u202e", "\x00", "\xff", "a\nb", "名前", "a..b", ".", "..", "con", "'; rm -rf /; '",
}

// What a resource may be called.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html and so on
var allowedNames = map[string]*regexp.Regexp{
	QueueType:    regexp.MustCompile(`^[a-zA-Z0-9_-]{1,75}(\.fifo)?$`),
	roleType:     regexp.MustCompile(`^[\w+=,.@-]{1,64}$`),
	functionType: regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`),
	logGroupType: regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`),
	alarmType:    regexp.MustCompile(`^[\x20-\x7e]{1,255}$`),
}

func FuzzNames(f *testing.F) {
	for _, name := range hostileNames {
		f.Add(name, name, "ap-southeast-2")
	}
	f.Fuzz(func(t *testing.T, group, given, region string) {
		if !regexp.MustCompile(`^[a-z]{2}(-[a-z]{2,6}){1,3}-[0-9]$`).MatchString(region) || len(region) > 14 {
			region = "us-gov-west-1"
		}
		for _, name := range []string{DefaultStackName(group), StackName(group), given} {
			s := testSpec()
			s.ASG, s.Stack = group, name
			if name == given && StackName(name) == name && name != "" && name != reservedStack && s.Check() != nil && groupName().MatchString(group) && utf8.ValidString(group) {
				t.Errorf("--stack %q is refused: %v", name, s.Check())
			}
			if s.Check() == nil {
				allNamesAreAllowed(t, s, region)
			}
		}
		if name := DefaultStackName(group); groupName().MatchString(group) && name != "" {
			s := testSpec()
			s.ASG, s.Stack = group, name
			if err := s.Check(); err != nil {
				t.Errorf("group %q gives a stack %q: %v", group, name, err)
			}
		}
	})
}

// allNamesAreAllowed checks every name, tag and document of a stack.
func allNamesAreAllowed(t *testing.T, s Spec, region string) {
	t.Helper()
	if strings.ContainsAny(s.Stack, "/\\.") {
		t.Errorf("stack %q leaves its folder", s.Stack)
	}
	a := Account{PartitionOf(region), "123456789012", region}
	k, _ := observe(clientsOver(region, http.DefaultTransport), a, s)
	for _, r := range list(design{s, a, "1.0.0", nil, bounds{}}, k) {
		if allowed := allowedNames[r.Type.Name]; allowed != nil && !allowed.MatchString(r.Name) {
			t.Errorf("%s of stack %q: AWS does not take the name %q", r.Type.Name, s.Stack, r.Name)
		}
	}
	for _, value := range []string{groupTagValue(s.ASG), s.Stack} {
		if !tagText().MatchString(value) || utf8.RuneCountInString(value) > maxTagValue {
			t.Errorf("%q is no value of a tag", value)
		}
	}
	policyIsNarrow(t, s, a)
}

// policyIsNarrow checks that the policy for the caller is JSON, and names one group and no pattern of groups.
func policyIsNarrow(t *testing.T, s Spec, a Account) {
	t.Helper()
	document, err := json.Marshal(Permissions(s, a))
	if err != nil {
		t.Fatal(err)
	}
	var read PolicyDocument
	if err := json.Unmarshal(document, &read); err != nil {
		t.Fatal(err)
	}
	groups := 0
	for _, statement := range read.Statement {
		for _, resource := range statement.Resource {
			_, group, found := strings.Cut(resource, "autoScalingGroupName/")
			if !found {
				continue
			}
			groups++
			bare := strings.NewReplacer("${*}", "", "${?}", "", "${$}", "").Replace(group)
			if strings.ContainsAny(bare, "*?") || strings.Contains(bare, "${") {
				t.Errorf("group %q is %q in the policy", s.ASG, group)
			}
		}
	}
	if groups == 0 {
		t.Error("no statement names the group")
	}
}

func FuzzTagsAndEnvironment(f *testing.F) {
	for _, pair := range [][2]string{{"team", "ml"}, {"aws:x", "y"}, {"AWS:x", ""}, {"eventscale:stack", "x"}, {"Eventscale:stack", "x"}, {"", ""}, {"a", strings.Repeat("x", 257)}, {"a,b", "c"}, {"\u2028", "\u200b"}, {"A1", "\x00"}, {"AWS_X", "1"}, {"QUEUE_URL", "x"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		s := testSpec()
		s.Tags = map[string]string{key: value}
		if err := s.Check(); err == nil {
			if lower := strings.ToLower(key); strings.HasPrefix(lower, "aws:") || strings.HasPrefix(key, "eventscale:") || !utf8.ValidString(key+value) || utf8.RuneCountInString(value) > maxTagValue || strings.ContainsFunc(key+value, func(r rune) bool { return r < ' ' }) {
				t.Errorf("the tag %q=%q is taken", key, value)
			}
		}
		s.Tags, s.Env = nil, map[string]provision.Secret{key: provision.NewSecret(value)}
		err := s.Check()
		if err == nil && (!regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`).MatchString(key) || strings.HasPrefix(key, "AWS_") || len(key)+len(value) > maxEnvironmentBytes) {
			t.Errorf("the variable %q is taken", key)
		}
		if err != nil && len(value) > 8 && !strings.Contains(key, value) && strings.Contains(err.Error(), value) {
			t.Errorf("the error shows the value: %v", err)
		}
	})
}

func FuzzCanonical(f *testing.F) {
	for _, text := range []string{`{"b":1,"a":[1.0,{"d":null,"c":"<&>"}]}`, "", " ", "[]", `{"a":1} {"b":2}`, `{"a":1}}`, `"\u2028"`, `{"a":1,"a":2}`, "1e400", "\"\xff\"", "nul", trustLambda()} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := canonical(text)
		if twice := canonical(once); twice != once {
			t.Errorf("%q: %q, and of that %q", text, once, twice)
		}
		if json.Valid([]byte(text)) != json.Valid([]byte(once)) {
			t.Errorf("%q became %q", text, once)
		}
	})
}

func FuzzDuration(f *testing.F) {
	for _, d := range []int64{0, 1, -1, int64(time.Hour), int64(10 * time.Minute), int64(100 * time.Hour), 1<<63 - 1, -1 << 63, int64(20*time.Hour + 30*time.Second)} {
		f.Add(d, "5m")
	}
	f.Add(int64(0), "1h1h1h")
	f.Fuzz(func(t *testing.T, n int64, text string) {
		var back Duration
		if err := json.Unmarshal([]byte(asJSON(Duration(n))), &back); err != nil || back != Duration(n) {
			t.Errorf("%d is written as %s, which is %d: %v", n, Duration(n), back, err)
		}
		var d Duration
		if quoted, err := json.Marshal(text); err == nil && json.Unmarshal(quoted, &d) == nil {
			if err := json.Unmarshal([]byte(asJSON(d)), &back); err != nil || back != d {
				t.Errorf("%q is %s, which is %s: %v", text, d, back, err)
			}
		}
	})
}

// FuzzSpecOf reads the spec of a state file, and writes it.
func FuzzSpecOf(f *testing.F) {
	f.Add([]byte(asJSON(testSpec())))
	f.Add([]byte(recordedSpec(f, "secrets-salted")))
	f.Add([]byte(`{"env":{"A":"pbkdf2-sha256:00:11","B":"sha256:","C":""},"step":["10:+2"],"table":["1:1"],"cooldown":"9223372036854775807ns"}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) {
			return
		}
		spec, err := SpecOf(&state.Snapshot{Stack: "s", ASG: "g", Spec: data})
		if err != nil {
			if !strings.Contains(err.Error(), `stack "s"`) {
				t.Error(err)
			}
			return
		}
		again, err := SpecOf(&state.Snapshot{Stack: "s", ASG: "g", Spec: []byte(asJSON(spec))})
		if err != nil || asJSON(again) != asJSON(spec) {
			t.Errorf("%s became %s: %v", asJSON(spec), asJSON(again), err)
		}
		if spec.Check() == nil {
			spec.Rules(0, 10)
		}
		if kept := spec.recordedAs(data); asJSON(kept) != asJSON(spec) {
			t.Errorf("%s is recorded anew as %s", asJSON(spec), asJSON(kept))
		}
	})
}

func recordedSpec(f *testing.F, name string) json.RawMessage {
	f.Helper()
	data, err := os.ReadFile("testdata/states/" + name + ".json")
	if err != nil {
		f.Fatal(err)
	}
	s, err := state.Decode(data)
	if err != nil {
		f.Fatal(err)
	}
	return s.Spec
}

func FuzzScaleSteps(f *testing.F) {
	for _, text := range []string{"10:+2", "8:2", "0:0", ":", "1:", ":1", "-1:1", "1:+-1", " 1:1", "9223372036854775808:1", "1e3:1", "+1:1", "1:1:1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s, sAgain ScaleStep
		if s.UnmarshalText([]byte(text)) == nil && (sAgain.UnmarshalText([]byte(s.String())) != nil || sAgain != s) {
			t.Errorf("%q is %s, which is %s", text, s, sAgain)
		}
		var r, rAgain TableRow
		if r.UnmarshalText([]byte(text)) == nil && (rAgain.UnmarshalText([]byte(r.String())) != nil || rAgain != r) {
			t.Errorf("%q is %s, which is %s", text, r, rAgain)
		}
	})
}

func TestAMegabyteOfNamesIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"letters": hostile.Repeat("a"), "dashes": hostile.Repeat("-a"), "not UTF-8": hostile.Repeat("\xff"), "wide": hostile.Repeat("名"),
		"lists": hostile.Nest("[", "", "]"), "cut": hostile.Repeat("["), "objects": hostile.Nest(`{"a":`, "1", "}"), "numbers": "[" + hostile.Repeat("1,") + "1]", "durations": hostile.Repeat("1ns"), "colons": hostile.Repeat(":"),
	} {
		t.Run(name, func(t *testing.T) {
			hostile.Within(t, func() {
				s := testSpec()
				s.ASG, s.Stack, s.Handler, s.Runtime, s.Tags = text, text, text, text, map[string]string{text: text}
				_ = s.Check()
				_, _, _ = DefaultStackName(text), canonical(text), groupTagValue(text)
				_ = new(Duration).UnmarshalJSON([]byte(`"` + text + `"`))
				_, _ = new(ScaleStep).UnmarshalText([]byte(text)), new(TableRow).UnmarshalText([]byte(text))
				_, _ = SpecOf(&state.Snapshot{Spec: []byte(text)})
			})
		})
	}
}
