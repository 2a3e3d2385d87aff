"""The same index over many hosts: Ray carries the calls, everything else is as on one machine."""
