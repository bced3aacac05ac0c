package loop

// Model is a configuration with the trace that came with it.
type Model struct {
	Config *Config
	Trace  *Trace // nil where there was none
}

// ParseModel reads a configuration that has its trace under "trace", or a conformance case, whose
// configuration and trace stand side by side. It is as strict as [ParseConfig].
func ParseModel(data []byte) (*Model, error) {
	root, err := parseTree(data)
	if err != nil {
		return nil, err
	}
	r := &reading{data: data, nodes: map[string]*node{}}
	f := r.object(root, "")
	at, prefix := f, ""
	if inner, ok := f.object("config"); ok {
		at, prefix = inner, "config."
		for _, name := range []string{"id", "title", "conventions", "reasoning", "expect"} {
			f.get(name) // for readers
		}
	}
	m := &Model{Config: r.config(at)}
	given := f.get("trace")
	at.end()
	f.end()
	if err := r.finish(m.Config, prefix); err != nil || given == nil {
		return m, err
	}
	m.Trace = r.trace(given, m.Config.Arrivals)
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}
