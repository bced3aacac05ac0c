package ui

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
)

func paged(t *testing.T, r *simulation.Report) (document string, root *html.Node) {
	t.Helper()
	var b bytes.Buffer
	if err := Page(&b, r); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), root
}

// elements returns all elements of that name.
func elements(root *html.Node, name string) []*html.Node {
	var all []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			all = append(all, n)
		}
	}
	return all
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func TestThePageShowsEveryPolicy(t *testing.T) {
	r := burst(t)
	_, root := paged(t, r)
	rows := elements(root, "tr")
	if len(rows) != 1+len(r.Outcomes) {
		t.Fatalf("%d rows", len(rows))
	}
	columns := len(elements(rows[0], "th"))
	articles := elements(root, "article")
	for i, o := range r.Outcomes {
		if n := len(elements(rows[i+1], "td")) + 1; n != columns {
			t.Errorf("%s: %d cells under %d heads", o.Name, n, columns)
		}
		if link := elements(rows[i+1], "a"); len(link) != 1 || attribute(link[0], "href") != "#"+attribute(articles[i], "id") {
			t.Errorf("%s: the row does not lead to its chart", o.Name)
		}
		text := textOf(articles[i])
		for _, want := range []string{o.Name, o.Command, "wait p95 " + millis(o.Totals.Wait.P95)} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q: %s", o.Name, want, text)
			}
		}
		if n := len(elements(articles[i], "svg")); n != 2 {
			t.Errorf("%s has %d charts", o.Name, n)
		}
	}
	if text := textOf(articles[0]); !strings.Contains(text, "it does not see messages in flight use --preset safe") {
		t.Errorf("no finding: %s", text)
	}
	if text := textOf(articles[1]); !strings.Contains(text, "Nothing went wrong.") {
		t.Errorf("a finding: %s", text)
	}
	if text := textOf(root); !strings.Contains(text, "jitter of an alarm") || !strings.Contains(text, "is terminated, its job with it (kill)") {
		t.Error("it does not say what is left out, or what the group is")
	}
}

func TestThePageLoadsNothing(t *testing.T) {
	r := burst(t)
	r.Workload.Name = "https://example.com/trace.csv"
	document, root := paged(t, r)
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			inside := strings.HasPrefix(a.Val, "#") || a.Val == "data:,"
			if slices.Contains([]string{"src", "href", "srcset", "action", "data", "poster"}, a.Key) && !inside {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("the policy forbids <%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
	for _, loads := range []string{"url(", "@import", "fetch(", "XMLHttpRequest", "import("} {
		if strings.Contains(document, loads) {
			t.Errorf("the page has %s", loads)
		}
	}
}

func TestThePolicyOfThePageAllowsItsOwnScriptAlone(t *testing.T) {
	_, root := paged(t, burst(t))
	var policy string
	for _, meta := range elements(root, "meta") {
		if attribute(meta, "http-equiv") == "Content-Security-Policy" {
			policy = attribute(meta, "content")
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy: %s", policy)
	}
	scripts := elements(root, "script")
	for _, n := range []*html.Node{elements(root, "style")[0], scripts[len(scripts)-1]} {
		sum := sha256.Sum256([]byte(textOf(n)))
		if allowed := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, allowed) {
			t.Errorf("the policy forbids the page's own %s: %s", n.Data, policy)
		}
	}
}

func TestNamesOnThePageAreOnlyText(t *testing.T) {
	const name = `</script><img src=x onerror=alert(1)>"'` + evil
	plain := len(elements(second(paged(t, burst(t))), "script"))
	r := poisoned(*burst(t))
	r.Workload.Name, r.NotModelled = name, []string{name}
	o := &r.Outcomes[0]
	o.Name, o.Settings, o.Findings = name, "--preset "+name, []simulation.Finding{{Text: name, Hint: "`" + name + "`"}}
	for _, row := range o.Series {
		clear(row.Alarms)
		row.Alarms[name] = loop.StateAlarm
	}
	document, root := paged(t, &r)
	if n := len(elements(root, "img")); n > 0 {
		t.Errorf("%d pictures", n)
	}
	if n := len(elements(root, "script")); n != plain {
		t.Errorf("%d scripts, not %d", n, plain)
	}
	if title := textOf(elements(root, "h1")[0]); !strings.HasPrefix(title, `</script><img src=x onerror=alert(1)>"'evil`) {
		t.Errorf("title: %q", title)
	}
	if i := strings.IndexFunc(strings.ReplaceAll(document, "\n", ""), steers); i >= 0 {
		t.Errorf("character %q", document[i:i+1])
	}
}

func second(_ string, n *html.Node) *html.Node { return n }

// dataOf is what the page's script reads.
func dataOf(t *testing.T, root *html.Node) pageData {
	t.Helper()
	var d pageData
	if err := json.Unmarshal([]byte(textOf(elements(root, "script")[0])), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheScriptReadsTheFiguresOfEachMinute(t *testing.T) {
	r := burst(t)
	d := dataOf(t, second(paged(t, r)))
	if d.Minutes != len(r.Outcomes[0].Series) || d.Bins != d.Minutes || len(d.Series) != 2 {
		t.Fatalf("%d minutes, %d bins, %d series", d.Minutes, d.Bins, len(d.Series))
	}
	for i, row := range r.Outcomes[1].Series {
		s := d.Series[1]
		if s.Waiting[i] != row.Visible || s.Running[i] != row.Inflight || s.InService[i] != row.InService || s.Desired[i] != row.Desired {
			t.Fatalf("minute %d: %+v", row.Minute, row)
		}
		for _, a := range s.Alarms {
			if want := string(row.Alarms[a.Name])[:1]; a.States[i:i+1] != want {
				t.Fatalf("minute %d: %s is %s, not %s", row.Minute, a.Name, a.States[i:i+1], want)
			}
		}
	}
}

func TestAnySeriesMakesAPage(t *testing.T) {
	for _, r := range []*simulation.Report{{}, oddReport()} {
		document, root := paged(t, r)
		if strings.Contains(document, "NaN") {
			t.Error("not a number")
		}
		drawn := 0
		for _, o := range r.Outcomes {
			if len(o.Series) > 0 {
				drawn++
			}
		}
		d := dataOf(t, root)
		if len(elements(root, "figure")) != drawn || len(d.Series) != drawn || d.Bins > 24*60 {
			t.Errorf("%d figures and %d series for %d policies with rows, in %d bins", len(elements(root, "figure")), len(d.Series), drawn, d.Bins)
		}
	}
}

func TestAPageOfSevenPoliciesOverADayIsSmall(t *testing.T) {
	rows := make([]loop.Row, 24*60)
	for i := range rows {
		busy := i * 7919 % 97 // no two neighbours are alike, which is the worst for a path
		rows[i] = loop.Row{
			Minute: i + 1, Visible: 100_000 + 13*busy, Inflight: busy, Desired: busy, InService: 97 - busy,
			Alarms: map[string]loop.State{"scale-in": []loop.State{loop.StateOK, loop.StateAlarm}[i%2], "scale-out": loop.StateUnknown},
		}
	}
	r := &simulation.Report{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		r.Outcomes = append(r.Outcomes, simulation.Outcome{Name: name, Series: rows})
	}
	document, _ := paged(t, r)
	if len(document) > 1_500_000 {
		t.Errorf("%d bytes", len(document))
	}
	t.Logf("%d bytes", len(document))
}
