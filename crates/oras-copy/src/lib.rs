//! Copy OCI artifacts and their referrers between any two stores
