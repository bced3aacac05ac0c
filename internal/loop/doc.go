// Package loop is the control loop as a deterministic model: a queue, the metric that CloudWatch
// makes of it, alarms, scaling policies, an Auto Scaling group, and workers that take the jobs.
//
// It is made of pieces that any driver can use. [Plant] is what is controlled: queue, group and
// workers. [Samples], [Alarm] and the policies are what controls it: [Controller] puts them
// together. [Run] is the driver that goes through a [Trace] as fast as the machine can; a driver with
// a clock calls the same pieces with its own instants.
//
// The package knows no clock, does no input or output beyond reading from an io.Reader it is given,
// and draws nothing at random: equal input gives equal output, to the integer. It does not know AWS's
// API, and it leaves out: how SQS approximates its metrics and lets an idle queue's metric sleep, jitter of
// alarm evaluation, latency and batches of ReceiveMessage, a visibility timeout that ends under a live
// worker, rebalancing between zones, launches that fail, Spot, warm pools, the minimum of 60 s in EC2's
// bills, and the default cooldown of a group without a default warm-up.
package loop
