package loop

// Splitmix64 is the finalised step of the generator of that name: the only chance in the model, drawn
// from a message's index and a seed, so that a message keeps its service time whatever else changes.
func Splitmix64(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9
	x = (x ^ (x >> 27)) * 0x94D049BB133111EB
	return x ^ (x >> 31)
}
