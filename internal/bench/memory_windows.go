package main

import "os"

func peakMemory(*os.ProcessState) int { return 0 }
