// Package workload makes the traces that policies are held against: read from files, made of a
// built-in profile, or of what a queue's history counted.
//
// It knows how traces are written and how long jobs take. It knows no policy and calls no AWS; of the flags it
// knows the names, for its advice. It draws job times by a hash of a seed: equal input gives equal jobs.
package workload
