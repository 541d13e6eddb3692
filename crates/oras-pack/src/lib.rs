//! Build and push OCI manifests
