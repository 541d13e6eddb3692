//! The query of a request: parameters by name.

use hyper::Uri;
use percent_encoding::percent_decode_str;

/// The decoded parameters of a request, in order. A plus sign is kept, because media types contain them.
#[derive(Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Parses the parameters of an address.
    pub fn of(uri: &Uri) -> Self {
        let text = uri.query().unwrap_or_default();
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        };
        Self {
            pairs: text
                .split('&')
                .filter(|part| !part.is_empty())
                .map(pair)
                .collect(),
        }
    }

    /// Returns the first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Returns all values of a parameter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn parameters_are_decoded_and_repeated_ones_kept() {
        let query = Query::of(&"/v2/?tag=a&tag=b%2Bc&x&digest=sha256%3Aab&t=a+b".parse().unwrap());
        assert_eq!(query.all("tag").collect::<Vec<_>>(), ["a", "b+c"]);
        assert_eq!(query.get("x"), Some(""));
        assert_eq!(query.get("digest"), Some("sha256:ab"));
        assert_eq!(query.get("t"), Some("a+b"));
        assert_eq!(query.get("none"), None);
    }
}
