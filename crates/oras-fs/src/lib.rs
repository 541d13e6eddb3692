//! Files that appear whole or not at all: temporary names, fsync, rename, advisory locks
