//! Named files in, named files out: the store behind push and pull
