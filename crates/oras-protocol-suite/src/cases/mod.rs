//! The cases, area by area.

mod accept;
mod auth;
mod base;
mod blob_pull;
mod blob_push;
mod catalog;
mod chunk;
mod condition;
mod content;
mod crowd;
mod delete;
mod error;
mod manifest_parameter;
mod manifest_pull;
mod manifest_push;
mod mount;
mod name;
mod proxy;
mod range;
mod referrers;
mod tag;
mod token;
mod upload;

use crate::case::Case;

/// Returns all cases, in reading order.
pub fn cases() -> Vec<Case> {
    let areas = [
        base::cases(),
        name::cases(),
        blob_push::cases(),
        chunk::cases(),
        upload::cases(),
        mount::cases(),
        blob_pull::cases(),
        range::cases(),
        manifest_push::cases(),
        manifest_parameter::cases(),
        manifest_pull::cases(),
        accept::cases(),
        condition::cases(),
        content::cases(),
        tag::cases(),
        catalog::cases(),
        referrers::cases(),
        delete::cases(),
        error::cases(),
        auth::cases(),
        token::cases(),
        proxy::cases(),
        crowd::cases(),
    ];
    areas.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_say_their_area() {
        let cases = super::cases();
        let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids.len(), cases.len());
        assert!(ids.iter().all(|id| id.contains('/') && !id.contains(' ')));
    }
}
