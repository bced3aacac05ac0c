// Package workload makes the traces that policies are held against: read from files, made of a
// built-in profile, or of what a queue's history counted.
//
// It knows how traces are written and how long jobs take. It knows no policy, no flag and no AWS, and draws
// nothing at random: equal input gives equal jobs.
package workload
