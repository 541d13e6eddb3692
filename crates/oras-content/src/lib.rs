//! Digests, descriptors, references, manifests and the storage traits of ORAS
