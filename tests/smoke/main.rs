//! The fuzz targets of `tests/fuzz`, on what the corpus has and on what is made of it.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

/// Runs a target on its whole corpus, on changes of it, and on any bytes.
fn smoke(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let files = fs::read_dir(folder).unwrap_or_else(|error| panic!("the corpus of {target}: {error}"));
    let seeds: Vec<Vec<u8>> = files
        .map(|file| fs::read(file.expect("a folder can be listed").path()).expect("a seed can be read"))
        .collect();
    assert!(
        seeds.len() > 4,
        "the corpus of {target} has {} files",
        seeds.len()
    );
    seeds.iter().for_each(|seed| run(seed));
    let inputs = prop_oneof![
        3 => changed(seeds),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ];
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(1000)
    });
    let result = runner.run(&inputs, |input| {
        run(&input);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{target}: {error}"));
}

/// One of the seeds, with some bytes replaced, removed, or put in.
fn changed(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), select(&b"0123456789-,=&%/:<>;\"{}[] \r\n\0\xff"[..])];
    let change = (any::<Index>(), 0..3, byte);
    (select(seeds), prop::collection::vec(change, 0..8)).prop_map(|(mut seed, changes)| {
        for (at, kind, byte) in changes {
            let at = at.index(seed.len() + 1);
            match kind {
                0 => seed.insert(at, byte),
                1 if at < seed.len() => seed[at] = byte,
                _ if at < seed.len() => drop(seed.remove(at)),
                _ => {}
            }
        }
        seed
    })
}

#[test]
fn a_request_of_any_bytes_is_answered_or_refused() {
    smoke("request", oras_server::fuzzing::request);
}

#[test]
fn a_range_is_never_outside_of_the_content() {
    smoke("range", oras_server::fuzzing::range);
}

#[test]
fn a_chunk_is_where_its_header_says() {
    smoke("content_range", oras_server::fuzzing::content_range);
}

#[test]
fn a_query_leads_to_no_other_page() {
    smoke("query", oras_server::fuzzing::query);
}

#[test]
fn a_document_is_stored_as_it_is_or_refused() {
    smoke("json", oras_server::fuzzing::json);
}

#[test]
fn a_script_of_any_text_is_read_or_refused() {
    smoke("json", |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            drop(text.parse::<oras_server_faults::Script>());
        }
    });
}

#[test]
fn a_link_leads_to_a_server_or_nowhere() {
    smoke("link", oras_registry::fuzzing::link);
}

#[test]
fn a_warning_is_one_line() {
    smoke("warning", oras_registry::fuzzing::warning);
}

#[test]
fn an_upload_goes_where_its_location_says_and_stays_protected() {
    smoke("location", oras_registry::fuzzing::location);
}

#[test]
fn a_header_is_read_or_not() {
    smoke("header", oras_registry::fuzzing::header);
}

#[test]
fn a_refusal_is_one_line() {
    smoke("error_body", oras_registry::fuzzing::error_body);
}

#[test]
fn a_page_lists_what_was_asked_for() {
    smoke("page", oras_registry::fuzzing::page);
}

#[test]
fn a_digest_is_a_part_of_a_path_and_no_way_out() {
    smoke("digest", oras_content::fuzzing::digest);
}

#[test]
fn a_reference_is_written_as_it_is_read() {
    smoke("reference", oras_content::fuzzing::reference);
}

#[test]
fn a_media_type_is_one_line() {
    smoke("media_type", oras_content::fuzzing::media_type);
}

#[test]
fn a_descriptor_is_written_as_it_is_read() {
    smoke("descriptor", oras_content::fuzzing::descriptor);
}

#[test]
fn a_manifest_is_of_one_kind() {
    smoke("manifest", oras_content::fuzzing::manifest);
}

#[test]
fn an_archive_has_no_more_than_its_bytes() {
    smoke("archive", oras_archive::fuzzing::reader);
}

#[test]
fn an_archive_is_unpacked_into_its_folder_or_not_at_all() {
    smoke("unpack", oras_archive::fuzzing::unpacked);
}

#[test]
fn a_plan_ends_with_the_registry_itself() {
    smoke("registries_conf", oras_config::fuzzing::registries_conf);
}

#[test]
fn a_policy_accepts_only_what_it_says() {
    smoke("policy_json", oras_config::fuzzing::policy_json);
}

#[test]
fn a_challenge_is_read_or_passed_over() {
    smoke("challenge", oras_auth::fuzzing::challenge);
}

#[test]
fn a_file_of_credentials_keeps_what_it_has() {
    smoke("credentials_file", oras_auth::fuzzing::credentials_file);
}

#[test]
fn a_helper_answers_with_what_can_be_sent() {
    smoke("helper_answer", oras_auth::fuzzing::helper_answer);
}

#[test]
fn a_token_server_is_told_from_a_refusal() {
    smoke("token_answer", oras_auth::fuzzing::token_answer);
}
