//! An embeddable OCI registry over any store
