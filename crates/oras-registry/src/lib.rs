//! A client for the OCI distribution protocol
