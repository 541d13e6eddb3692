//! An in-memory store for OCI content
