package loop

import (
	"errors"
	"strconv"
)

// ParseConfig reads a configuration from JSON and fills in what is left out. It is strict: an unknown
// field, a wrong type or a value out of bounds is a *[FieldError] that says where it stands.
func ParseConfig(data []byte) (*Config, error) {
	root, err := parseTree(data)
	if err != nil {
		return nil, err
	}
	r := &reading{data: data, nodes: map[string]*node{}}
	f := r.object(root, "")
	c := r.config(f)
	f.end()
	return c, r.finish(c, "")
}

// finish returns the first error, of the reading or else of the values; prefix is where in the
// document the configuration is.
func (r *reading) finish(c *Config, prefix string) error {
	if r.err != nil {
		return r.err
	}
	var bad *FieldError
	if errors.As(c.Validate(), &bad) {
		bad.Path = prefix + bad.Path
		if n := r.nodes[bad.Path]; n != nil {
			bad.Line, bad.Column = position(r.data, n.offset)
		}
		return bad
	}
	return nil
}

func (r *reading) config(f *fields) *Config {
	base := DefaultConfig()
	c := &base
	if g, ok := f.object("group"); ok {
		g.group(&c.Group)
	}
	if q, ok := f.object("queue"); ok {
		q.seconds("visibility_timeout_s", &c.Queue.VisibilityTimeout)
		q.boolean("heartbeat", &c.Queue.Heartbeat)
		q.integer("max_receives", &c.Queue.MaxReceives)
		q.end()
	}
	if m, ok := f.object("metric"); ok {
		m.seconds("delay_s", &c.Metric.Delay)
		m.each("gaps_s", func(n *node, path string) {
			from, to := r.pair(n, path, "[from, to] in seconds")
			c.Metric.Gaps = append(c.Metric.Gaps, Gap{from, r.millis(to, path+"[1]")})
		})
		m.end()
	}
	f.seconds("horizon_s", &c.Horizon)
	f.seconds("drain_limit_s", &c.DrainLimit)
	if n := f.get("slo_wait_s"); n != nil {
		slo := r.millis(n, f.path+"slo_wait_s")
		c.SLOWait = &slo
	}
	if a, ok := f.object("arrivals"); ok {
		arrivals := DefaultArrivals()
		a.arrivals(&arrivals)
		a.end()
		c.Arrivals = &arrivals
	}
	f.each("policies", func(n *node, path string) { r.policy(c, n, path) })
	return c
}

func (f *fields) group(g *GroupConfig) {
	f.integer("min", &g.Min)
	f.integer("max", &g.Max)
	g.Initial = g.Min
	f.integer("initial", &g.Initial)
	f.integer("slots", &g.Slots)
	f.seconds("launch_s", &g.Launch)
	f.boots("boot_s", &g.Boot)
	f.seconds("warmup_s", &g.Warmup)
	word(f, "scale_in", &g.ScaleIn)
	f.seconds("drain_timeout_s", &g.DrainTimeout)
	word(f, "victim", &g.Victim)
	f.end()
}

func (f *fields) boots(name string, to *Boots) {
	n := f.get(name)
	if n == nil {
		return
	}
	if !n.list {
		*to = Boots{f.millis(n, f.path+name)}
		return
	}
	*to = Boots{}
	f.items(n, f.path+name, func(n *node, path string) { *to = append(*to, f.millis(n, path)) })
}

func (f *fields) arrivals(a *Arrivals) {
	f.seconds("bin_s", &a.Bin)
	if f.get("service_s") != nil {
		f.seconds("service_s", &a.Service)
		if a.Service == 0 {
			a.Service = 1 // no service is shorter, and 0 stands for none given
		}
	}
	if f.get("service_values_s") != nil {
		a.ServiceValues = nil
		f.each("service_values_s", func(n *node, path string) { a.ServiceValues = append(a.ServiceValues, f.millis(n, path)) })
	}
	word(f, "pick", &a.Pick)
	if n := f.get("seed"); n != nil {
		seed, err := strconv.ParseUint(n.text(), 10, 64)
		if err != nil {
			f.wrong(n, f.path+"seed", "an integer from 0 to 18446744073709551615")
		}
		a.Seed = seed
	}
}
