//go:build !windows

package state

import (
	"io/fs"
	"os"
	"syscall"
)

// othersWrite tells whether the group or anybody can write.
func othersWrite(info fs.FileInfo) bool { return info.Mode().Perm()&0o022 != 0 }

// othersOwn tells whether what is in the folder, or the folder itself, is another user's, who can change it
// whatever its mode says now. root's is nobody else's: root can change everything.
func othersOwn(info fs.FileInfo, folder string) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && mayBePlanted(stat.Uid, uint32(os.Geteuid()), folder)
}

// mayBePlanted tells whether an owner is somebody else than the user. To root in a container the files of the host
// belong to a user, so root takes them; but not where anybody can put a folder, such as in /tmp.
func mayBePlanted(owner, user uint32, folder string) bool {
	if owner == 0 || owner == user {
		return false
	}
	around, err := os.Stat(folder + "/..") // not by filepath.Join, which would shorten it
	return user != 0 || err != nil || around.Mode().Perm()&0o002 != 0
}
