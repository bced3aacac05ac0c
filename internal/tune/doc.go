// Package tune searches the settings of scaling policies that hold an objective at the fewest
// instance-hours, on the model of internal/loop.
//
// It is deterministic: the same problem gives the same answer on any number of cores. Only where the time is
// used up before the search is over does the answer depend on the machine, and then the report says so. The
// package reads no files and no clock but the one it is given, and knows no flags and no screens.
package tune
