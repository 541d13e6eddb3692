//! Edges, followed backwards.

use oras_content::{Descriptor, Graph, ImageIndex, ImageManifest, Manifest, MediaType};

fn image(layers: &[&Descriptor], subject: Option<&Descriptor>) -> Manifest {
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest.layers = layers.iter().copied().cloned().collect();
    manifest.subject = subject.cloned();
    Manifest::parse(manifest.to_content()).unwrap()
}

fn digests(graph: &Graph, node: &Descriptor) -> Vec<oras_content::Digest> {
    let found = graph.predecessors(&node.digest);
    found.map(|found| found.digest.clone()).collect()
}

#[test]
fn edges_are_followed_backwards() {
    let layer = Descriptor::of(MediaType::OCI_LAYER, b"layer");
    let one = image(&[&layer, &layer], None);
    let two = image(&[&layer], Some(one.descriptor()));
    let mut graph = Graph::new();
    for manifest in [&one, &two, &one] {
        graph.insert(manifest);
    }
    let both = [one.descriptor().digest.clone(), two.descriptor().digest.clone()];
    assert_eq!(digests(&graph, &layer), both);
    assert_eq!(digests(&graph, &Descriptor::empty_json()), both);
    assert_eq!(digests(&graph, one.descriptor()), both[1..]);
    assert!(digests(&graph, two.descriptor()).is_empty());
    assert!(graph.contains(&both[0]) && !graph.contains(&layer.digest));
}

#[test]
fn removed_manifests_are_forgotten() {
    let child = image(&[], None);
    let index = ImageIndex::new(vec![child.descriptor().clone()]).to_content();
    let index = Manifest::parse(index).unwrap();
    let mut graph = Graph::new();
    graph.insert(&index);
    graph.insert(&child);
    graph.remove(&index.descriptor().digest);
    graph.remove(&index.descriptor().digest);
    assert!(digests(&graph, child.descriptor()).is_empty());
    assert_eq!(digests(&graph, &Descriptor::empty_json()).len(), 1);
    graph.insert(&index);
    assert_eq!(digests(&graph, child.descriptor()).len(), 1);
}

#[test]
fn predecessors_have_their_type_and_annotations() {
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest.artifact_type = Some(MediaType::from_static("application/x"));
    manifest.annotations.insert("a".into(), "b".into());
    let manifest = Manifest::parse(manifest.to_content()).unwrap();
    let mut graph = Graph::new();
    graph.insert(&manifest);
    let found = graph
        .predecessors(&Descriptor::empty_json().digest)
        .next()
        .unwrap();
    assert_eq!(found.artifact_type, Some(MediaType::from_static("application/x")));
    assert_eq!(found.annotation("a"), Some("b"));
}

#[test]
fn a_manifest_is_described_once_however_many_children_it_has() {
    let layers = [b"a", b"b"].map(|layer| Descriptor::of(MediaType::OCI_LAYER, layer));
    let mut graph = Graph::new();
    graph.insert(&image(&[&layers[0], &layers[1]], None));
    let [one, two] = [&layers[0], &layers[1]].map(|layer| graph.predecessors(&layer.digest).next().unwrap());
    assert!(std::ptr::eq(one, two));
}
