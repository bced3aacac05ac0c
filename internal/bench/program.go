package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// program is the eventscale under measurement.
type program struct {
	path string
	dir  string // a home without AWS files, which holds the states of the runs
}

// usage is what one run of the program took, seen from outside.
type usage struct {
	wall time.Duration
	rss  int // peak resident memory in bytes; 0 where the system does not tell
}

// run runs the program against an endpoint to its end.
func (p *program) run(ctx context.Context, endpoint, stateDir string, args ...string) (usage, error) {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Dir = p.dir
	cmd.Env = []string{
		"HOME=" + p.dir, "USERPROFILE=" + p.dir, "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"),
		"AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench", "AWS_REGION=us-east-1",
		"AWS_ENDPOINT_URL=" + endpoint, "EVENTSCALE_STATE_DIR=" + stateDir,
	}
	cmd.Stdout, cmd.Stderr = &said, &said
	start := time.Now()
	err := cmd.Run()
	u := usage{wall: time.Since(start)}
	if err != nil {
		return u, fmt.Errorf("eventscale %v: %w\n%s", args, err, &said)
	}
	u.rss = peakMemory(cmd.ProcessState)
	return u, nil
}

// startTime returns what a command takes that does nothing but start.
func (p *program) startTime(ctx context.Context, runs int) (time.Duration, error) {
	var walls []time.Duration
	for range runs {
		u, err := p.run(ctx, "", p.dir, "version")
		if err != nil {
			return 0, err
		}
		walls = append(walls, u.wall)
	}
	return median(walls), nil
}
