"""Makes an existing Raspberry Pi OS or Debian a station. Standard library only: Debian's own Python runs it as root,
before anything of ours is there; it may be run again at any time, and then changes what is not as it should be."""
