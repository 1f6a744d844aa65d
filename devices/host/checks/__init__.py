"""Looking at the machine: each function takes what it looks at and gives one finding. `root` is where /proc, /sys,
/dev, /etc and /run are, so that a folder of files can stand in for a machine."""
