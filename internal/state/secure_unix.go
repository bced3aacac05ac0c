//go:build !windows

package state

import "io/fs"

// othersWrite tells whether the group or anybody can write.
func othersWrite(info fs.FileInfo) bool { return info.Mode().Perm()&0o022 != 0 }
