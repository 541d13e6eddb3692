//! The suite, against registries that are right and registries that are not.
#![allow(clippy::unwrap_used)]

use hyper::Method;
use oras_protocol_suite::{Client, Expected, Login, Protocol, Row, Target, Trust, Unfit, cases, judge};
use oras_server::{Route, ServerOptions, User, Users};
use oras_server_faults::{Fault, Redirect, Server, To};

/// The rows of some cases against a registry.
async fn rows(server: &Server, start: &str) -> Vec<Row> {
    rows_as(server, None, start).await
}

async fn rows_as(server: &Server, login: Option<Login>, start: &str) -> Vec<Row> {
    let mut cases = cases();
    cases.retain(|case| case.id.starts_with(start));
    let client = Client::new(&server.url(), login, &Trust::default(), Protocol::Http1).unwrap();
    let target = Target::new("test", client, Expected::Exactly(Vec::new()));
    target.run(&cases.iter().collect::<Vec<_>>()).await
}

#[tokio::test]
async fn a_registry_that_is_right_passes() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let rows = rows(&server, "blob/pull/").await;
    assert!(rows.len() > 10);
    judge(&rows).unwrap();
}

#[tokio::test]
async fn a_registry_that_is_broken_makes_the_run_fail() {
    let faults = [
        Fault::flip(0).on_route(Route::Blob),
        Fault::truncate(10).on_route(Route::Blob),
        Fault::status(500).on_route(Route::Blob),
        Fault::html().on_route(Route::Blob),
    ];
    for fault in faults {
        let server = Server::start(ServerOptions::default()).await.unwrap();
        server.inject(fault.always());
        let error = judge(&rows(&server, "blob/pull/encoded-colon").await).unwrap_err();
        assert!(error.to_string().contains("1 of 1 cases"), "{error}");
    }
}

/// The other origin refuses whoever shows it a login.
#[tokio::test]
async fn a_redirect_to_another_origin_is_followed_without_the_login() {
    let users = Users::new().with_user(User::new("ann", "open sesame"));
    let options = ServerOptions::default()
        .with_users(users)
        .with_second_origin(true);
    let server = Server::start(options).await.unwrap();
    let redirect = Redirect::new(307, To::SecondOrigin);
    server.inject(Fault::redirect(redirect).on_route(Route::Blob).always());
    let login = Login::new("ann", "open sesame");
    judge(&rows_as(&server, Some(login), "blob/pull/get").await).unwrap();
    let entries = server.second_origin().unwrap().journal().entries();
    assert_eq!(entries.len(), 2);
}

#[tokio::test]
async fn a_case_that_is_skipped_by_surprise_makes_the_run_fail() {
    let server = Server::start(ServerOptions::default().with_delete(false))
        .await
        .unwrap();
    assert!(judge(&rows(&server, "delete/blob").await).is_err());
}

#[tokio::test]
async fn a_run_in_which_nothing_is_found_out_fails() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let mut rows = rows(&server, "base/warning-form").await;
    for row in &mut rows {
        row.verdict = Expected::Unknown.weigh(&row.id, &row.outcome);
    }
    assert!(judge(&rows).unwrap_err().to_string().contains("no case passed"));
}

/// Ends connections at the HEAD of a blob, which comes after the blob was pushed.
async fn head_with(fault: Fault) -> Result<(), Unfit> {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    server.inject(fault.on_route(Route::Blob).on_method(Method::HEAD));
    judge(&rows(&server, "blob/head/there").await)
}

#[tokio::test]
async fn a_kept_connection_that_ends_without_an_answer_fails_no_case() {
    head_with(Fault::close_answer(0)).await.unwrap();
    head_with(Fault::reset_answer(0)).await.unwrap();
}

#[tokio::test]
async fn a_new_connection_that_ends_without_an_answer_fails_the_case() {
    head_with(Fault::close_answer(0).always()).await.unwrap_err();
    head_with(Fault::reset_answer(0).always()).await.unwrap_err();
}
