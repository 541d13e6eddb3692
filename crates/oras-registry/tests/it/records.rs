//! Uploads resumed by a later run of a program.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::Method;
use oras_content::{
    Content, Descriptor, ErrorKind, Offered, OpenOptions, Opened, Payload, PushOptions, Pushed, Reopen,
    StoreExt, Writer, WriterExt,
};
use oras_registry::{Client, ClientOptions, UploadKey, UploadRecord, UploadRecords};
use oras_server::Route;
use oras_server_faults::{Fault, Quirk};

use crate::link::Link;
use crate::place::{Place, quick};
use crate::resumed::{MIB, asked, content, repository};

/// Records that outlive a client.
#[derive(Clone, Debug, Default)]
struct Records {
    kept: Arc<Mutex<HashMap<String, String>>>,
    claimed: Arc<Mutex<HashMap<String, ()>>>,
    /// Whether writes fail.
    full: Arc<AtomicBool>,
}

impl Records {
    fn kept(&self) -> Vec<(String, String)> {
        let kept = self.kept.lock().unwrap();
        kept.iter().map(|(key, at)| (key.clone(), at.clone())).collect()
    }

    fn put(&self, key: String, location: &str) {
        self.kept.lock().unwrap().insert(key, location.to_owned());
    }

    fn client(&self) -> Client {
        let options = ClientOptions::default().with_retry(quick());
        Client::new(options.with_upload_records(Arc::new(self.clone()))).unwrap()
    }
}

#[async_trait]
impl UploadRecords for Records {
    async fn claim(&self, key: &UploadKey) -> Option<Box<dyn UploadRecord>> {
        let key = key.to_string();
        let claimed = self.claimed.lock().unwrap().insert(key.clone(), ());
        claimed.is_none().then(|| {
            let records = self.clone();
            Box::new(Slot { records, key }) as Box<dyn UploadRecord>
        })
    }
}

struct Slot {
    records: Records,
    key: String,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.records.claimed.lock().unwrap().remove(&self.key);
    }
}

#[async_trait]
impl UploadRecord for Slot {
    async fn read(&self) -> Option<String> {
        self.records.kept.lock().unwrap().get(&self.key).cloned()
    }

    async fn write(&self, location: &str) -> bool {
        let is_full = self.records.full.load(Ordering::Relaxed);
        if !is_full {
            self.records.put(self.key.clone(), location);
        }
        !is_full
    }

    async fn remove(&self) {
        self.records.kept.lock().unwrap().remove(&self.key);
    }
}

async fn push(
    place: &Place,
    client: &Client,
    blob: &Descriptor,
    bytes: &Bytes,
) -> oras_content::Result<Pushed> {
    repository(client, &place.server.registry())
        .push(blob, bytes.clone())
        .await
}

async fn has(place: &Place, blob: &Descriptor, bytes: &Bytes) -> bool {
    let there = place.repository("app").fetch_all(blob, u64::MAX).await;
    there.is_ok_and(|there| there.bytes() == bytes)
}

/// Content of which only the first bytes are available yet.
struct Slow {
    bytes: Bytes,
    there: u64,
}

#[async_trait]
impl Reopen for Slow {
    async fn open(&self, opts: OpenOptions) -> oras_content::Result<Opened> {
        let range = opts.range.within(self.bytes.len() as u64);
        let there = self.bytes.slice(range.start as usize..self.there as usize);
        let frames = stream::iter([Ok(there)]).chain(stream::pending());
        Ok(Opened::new(Content::new(frames, None), range))
    }
}

/// Returns a registry to which a program sent the first bytes of a blob before it was interrupted, and the records it
/// left.
async fn left(size: u64, sent: u64) -> (Place, Records, Descriptor, Bytes) {
    let (place, records) = (Place::new().await, Records::default());
    let (blob, bytes) = content(size);
    leave(&place, &records, &blob, bytes.clone(), sent).await;
    (place, records, blob, bytes)
}

async fn leave(place: &Place, records: &Records, blob: &Descriptor, bytes: Bytes, sent: u64) {
    let client = records.client();
    let app = repository(&client, &place.server.registry());
    let slow = Slow { bytes, there: sent };
    let payload = Payload::reopen(Arc::new(slow), Some(blob.size));
    let mut pushing = Box::pin(app.push(blob, payload));
    let arrived = async {
        while place.journal().bytes_received() < sent {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        pushed = &mut pushing => panic!("it cannot end: {pushed:?}"),
        () = arrived => {}
    }
    drop(pushing);
    client.cancel_uploads().await;
}

#[tokio::test]
async fn an_upload_of_an_interrupted_program_goes_on_where_it_was() {
    let (place, records, blob, bytes) = left(20 * MIB, 12 * MIB).await;
    assert_eq!(records.kept().len(), 1);

    assert_eq!(
        push(&place, &records.client(), &blob, &bytes).await.unwrap(),
        Pushed::Stored
    );
    assert_eq!(asked(&place), "+P?cP");
    assert_eq!(place.journal().bytes_received(), blob.size);
    assert!(has(&place, &blob, &bytes).await);
    assert_eq!(records.kept(), []);
}

#[tokio::test]
async fn an_upload_that_was_sent_whole_is_only_ended() {
    let (place, records) = (Place::quirky(Quirk::NoSinglePut).await, Records::default());
    let client = records.client();
    let (small, body) = content(3);
    push(&place, &client, &small, &body).await.unwrap();
    place
        .server
        .inject(Fault::status(503).on_method(Method::PUT).times(4));
    let (blob, bytes) = content(8 * MIB);
    let pushed = push(&place, &client, &blob, &bytes).await;
    assert!(matches!(
        pushed.unwrap_err().kind(),
        ErrorKind::Unavailable { .. }
    ));
    place.journal().clear();

    assert_eq!(
        push(&place, &client, &blob, &bytes).await.unwrap(),
        Pushed::Stored
    );
    assert_eq!((&*asked(&place), place.journal().bytes_received()), ("?P", 0));
    assert!(has(&place, &blob, &bytes).await);
}

#[tokio::test]
async fn an_offer_asks_nothing_where_an_upload_goes_on() {
    let (place, records, blob, _) = left(8 * MIB, 4 * MIB).await;
    let before = place.journal().requests();
    let client = records.client();
    let app = repository(&client, &place.server.registry());
    let offered = app.offer(&blob, &PushOptions::default()).await.unwrap();
    assert!(matches!(offered, Offered::Wanted(None)));
    assert_eq!(place.journal().requests(), before);
}

#[tokio::test]
async fn a_blob_that_somebody_else_brought_is_not_sent() {
    let (place, records, blob, bytes) = left(20 * MIB, 12 * MIB).await;
    place.repository("app").push(&blob, bytes.clone()).await.unwrap();
    let (before, received) = (asked(&place), place.journal().bytes_received());
    assert_eq!(
        push(&place, &records.client(), &blob, &bytes).await.unwrap(),
        Pushed::Present
    );
    assert_eq!(asked(&place), format!("{before}-"));
    assert_eq!(
        (place.journal().bytes_received(), records.kept()),
        (received, Vec::new())
    );
}

#[tokio::test]
async fn an_upload_that_the_registry_gave_up_begins_anew() {
    let (place, records, blob, bytes) = left(8 * MIB, 4 * MIB).await;
    place.server.inject(Fault::lose_session().on_method(Method::GET));
    assert_eq!(
        push(&place, &records.client(), &blob, &bytes).await.unwrap(),
        Pushed::Stored
    );
    assert_eq!(asked(&place), "+P?+P");
    assert!(has(&place, &blob, &bytes).await);
    assert_eq!(records.kept(), []);
}

#[tokio::test]
async fn bytes_of_other_content_are_found_out_and_sent_anew() {
    let (place, records) = (Place::new().await, Records::default());
    let (blob, bytes) = content(9 * MIB);
    leave(
        &place,
        &records,
        &blob,
        Bytes::from(vec![7; 9 * 1024 * 1024]),
        4 * MIB,
    )
    .await;
    assert_eq!(
        push(&place, &records.client(), &blob, &bytes).await.unwrap(),
        Pushed::Stored
    );
    assert_eq!(asked(&place), "+P?cP-+P");
    assert!(has(&place, &blob, &bytes).await);
    assert_eq!(records.kept(), []);
}

#[tokio::test]
async fn a_length_that_cannot_be_begins_anew() {
    for lie in ["0-0", "0-8388608", "0-18446744073709551615", "5-9", ""] {
        let (place, records, blob, bytes) = left(8 * MIB, 4 * MIB).await;
        place
            .server
            .inject(Fault::header("range", lie).on_method(Method::GET));
        assert_eq!(
            push(&place, &records.client(), &blob, &bytes).await.unwrap(),
            Pushed::Stored
        );
        assert_eq!(asked(&place), "+P?-+P", "{lie}");
        assert_eq!(records.kept(), [], "{lie}");
    }
}

#[tokio::test]
async fn a_broken_link_leaves_its_upload_for_later() {
    let (place, records) = (Place::new().await, Records::default());
    let (blob, bytes) = content(8 * MIB);
    let link = Link::to(&place.server.registry(), MIB / 5).await;
    let pushed = repository(&records.client(), &link.registry())
        .push(&blob, bytes)
        .await;
    assert!(matches!(
        pushed.unwrap_err().kind(),
        ErrorKind::Unavailable { .. }
    ));
    assert_eq!(asked(&place), "+P?c?c?c?");
    assert_eq!(records.kept().len(), 1);
}

/// Only a broken link is a reason to leave the upload to a later run.
#[tokio::test]
async fn a_recorded_session_that_leads_nowhere_is_replaced_at_once() {
    let (place, records) = (Place::new().await, Records::default());
    let (blob, bytes) = content(8 * MIB);
    let broken = Fault::close_request(3 * MIB).on_route(Route::Upload);
    place.server.inject(broken.on_method(Method::PUT));
    let nowhere = Fault::header("location", "ftp://nowhere.example/").on_route(Route::Upload);
    place.server.inject(nowhere.on_method(Method::GET));
    let pushed = push(&place, &records.client(), &blob, &bytes).await;
    assert_eq!(pushed.unwrap(), Pushed::Stored);
    assert_eq!(asked(&place), "+P?-+P");
    assert!(has(&place, &blob, &bytes).await && records.kept().is_empty());
}

#[tokio::test]
async fn an_upload_whose_record_cannot_be_kept_is_cancelled() {
    let (place, records) = (Place::new().await, Records::default());
    records.full.store(true, Ordering::Relaxed);
    let (blob, bytes) = content(20 * MIB);
    leave(&place, &records, &blob, bytes, 12 * MIB).await;
    assert!(asked(&place).ends_with('-'), "{}", asked(&place));
}

#[tokio::test]
async fn a_failed_upload_whose_record_cannot_be_kept_is_cancelled() {
    let (place, records) = (Place::new().await, Records::default());
    records.full.store(true, Ordering::Relaxed);
    let (blob, bytes) = content(8 * MIB);
    let link = Link::to(&place.server.registry(), MIB / 5).await;
    let pushed = repository(&records.client(), &link.registry())
        .push(&blob, bytes)
        .await;
    assert!(pushed.unwrap_err().is_transient());
    assert!(asked(&place).ends_with('-'), "{}", asked(&place));
}

#[tokio::test]
async fn content_that_is_not_what_it_should_be_leaves_nothing() {
    let (place, records) = (Place::new().await, Records::default());
    let (blob, _) = content(8 * MIB);
    let wrong = Bytes::from(vec![7; 8 * 1024 * 1024]);
    let pushed = push(&place, &records.client(), &blob, &wrong).await;
    assert_eq!(*pushed.unwrap_err().kind(), ErrorKind::Verify);
    assert!(asked(&place).ends_with('-'));
    assert_eq!(records.kept(), []);
}

#[tokio::test]
async fn a_record_that_is_none_is_replaced() {
    let (blob, bytes) = content(8 * MIB);
    for location in ["", "/no/host", "ftp://registry.example/upload", "http://a b/"] {
        let (place, records) = (Place::new().await, Records::default());
        records.put(
            format!("{}/app@{}", place.server.registry(), blob.digest),
            location,
        );
        assert_eq!(
            push(&place, &records.client(), &blob, &bytes).await.unwrap(),
            Pushed::Stored
        );
        assert_eq!(asked(&place), "+P", "{location}");
        assert_eq!(records.kept(), [], "{location}");
    }
}

#[tokio::test]
async fn what_somebody_else_uploads_is_left_to_them() {
    let (place, records, blob, bytes) = left(8 * MIB, 4 * MIB).await;
    let kept = records.kept();
    records.claimed.lock().unwrap().insert(kept[0].0.clone(), ());
    assert_eq!(
        push(&place, &records.client(), &blob, &bytes).await.unwrap(),
        Pushed::Stored
    );
    assert_eq!((asked(&place), records.kept()), ("+P+P".to_owned(), kept));
}

#[tokio::test]
async fn small_blobs_and_what_is_read_once_leave_no_record() {
    let place = Place::new().await;
    let records = Records::default();
    let client = records.client();
    let app = repository(&client, &place.server.registry());
    let (small, large) = (content(8 * MIB - 1), content(8 * MIB));
    for (blob, payload) in [
        (small.0, small.1.into()),
        (large.0, Payload::once(large.1.into())),
    ] {
        // A push that looked up this record would try the dead location.
        records.put(
            format!("{}@{}", app.full_name(), blob.digest),
            "http://127.0.0.1:1/upload",
        );
        assert_eq!(app.push(&blob, payload).await.unwrap(), Pushed::Stored);
    }
    assert_eq!((&*asked(&place), records.kept().len()), ("+P+P", 2));
}
