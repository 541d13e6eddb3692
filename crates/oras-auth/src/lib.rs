//! Registry authentication: challenges, scopes, tokens and credential stores
