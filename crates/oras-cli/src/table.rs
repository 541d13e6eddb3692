//! A table of referrers, in the format of oras, for scripts.

use oras::Descriptor;

use crate::printable;

const TYPE: &str = "Artifact Type";

/// Formats the referrers of the manifest `root` named `name`, each with its descriptor below.
pub(crate) fn draw(name: &str, root: &Descriptor, referrers: &[&Descriptor]) -> serde_json::Result<String> {
    let artifacts = match referrers.len() {
        1 => "1 artifact".to_owned(),
        count => format!("{count} artifacts"),
    };
    let name = printable::line(name);
    let mut drawn = format!(
        "Discovered {artifacts} referencing {name}\nDigest: {}\n",
        root.digest
    );
    let types: Vec<String> = referrers.iter().map(|referrer| type_of(referrer)).collect();
    let width = types.iter().map(|kind| kind.chars().count()).max();
    let width = width.unwrap_or_default().max(TYPE.len());
    for (index, (referrer, kind)) in referrers.iter().zip(&types).enumerate() {
        if index == 0 {
            drawn.push_str(&format!("\n{TYPE:width$}   Digest\n"));
        }
        drawn.push_str(&format!("{kind:width$}   {}\n", referrer.digest));
        drawn.push_str(&printable::json(referrer)?);
        drawn.push('\n');
    }
    Ok(drawn)
}

fn type_of(referrer: &Descriptor) -> String {
    let kind = referrer.artifact_type.as_ref();
    let kind = kind.map_or("<unknown>", |kind| kind.as_str());
    printable::line(kind).into_owned()
}

#[cfg(test)]
mod tests {
    use oras::{Descriptor, MediaType};

    use super::draw;

    #[test]
    fn the_columns_are_as_wide_as_what_is_in_them() {
        let of = |text: &str, kind: &'static str| {
            Descriptor::of(MediaType::OCI_MANIFEST, text.as_bytes())
                .with_artifact_type(MediaType::from_static(kind))
        };
        let (root, a, b) = (of("root", "x/y"), of("a", "a/b"), of("b", "application/vnd.long"));
        let drawn = draw("reg/app:v1", &root, &[&a, &b]).unwrap();
        let lines: Vec<&str> = drawn
            .lines()
            .filter(|line| !line.starts_with([' ', '{', '}']))
            .collect();
        assert_eq!(lines[0], "Discovered 2 artifacts referencing reg/app:v1");
        assert_eq!(lines[1], format!("Digest: {}", root.digest));
        assert_eq!(lines[3], "Artifact Type          Digest");
        assert_eq!(lines[4], format!("a/b                    {}", a.digest));
        assert_eq!(lines[5], format!("application/vnd.long   {}", b.digest));
        assert_eq!(draw("x", &root, &[]).unwrap().lines().count(), 2);
    }
}
