//! Token requests: a query with Basic authentication, or an OAuth2 form.

use std::collections::HashMap;

use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use percent_encoding::percent_decode_str;

use super::answer::Refusal;
use crate::access::basic::Login;
use crate::access::secret::Secret;
use crate::call::Call;

/// Maximum size of a form in bytes.
const MAX_FORM: u64 = 64 * 1024;

/// A token request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) identity: Identity,
    /// The scopes; a text may have several.
    pub(super) scopes: Vec<String>,
    /// Whether a refresh token is requested, too.
    pub(super) offline: bool,
    /// Whether it is an OAuth2 request.
    pub(super) is_form: bool,
}

/// The identity that the client claims.
#[derive(Debug)]
pub(super) enum Identity {
    Nobody,
    User(Login),
    Refresh(Secret),
    /// Invalid credentials.
    Unreadable,
}

impl Request {
    /// `GET /token?service=…&scope=…&account=…&offline_token=true`
    ///
    /// Spec: distribution, "Token Authentication Specification".
    pub(super) fn of_query(call: &Call) -> Result<Self, Refusal> {
        let identity = match call.headers.get(AUTHORIZATION) {
            None => Identity::Nobody,
            Some(header) => header
                .to_str()
                .ok()
                .and_then(Login::parse)
                .map_or(Identity::Unreadable, Identity::User),
        };
        // Many clients write a space as a plus sign.
        let account = call.query.get("account").unwrap_or_default();
        if let Identity::User(login) = &identity
            && !account.is_empty()
            && login.name != account
            && login.name != account.replace('+', " ")
        {
            return Err(Refusal::invalid("the account is not the user's who logs in"));
        }
        Ok(Self {
            identity,
            scopes: call.query.all("scope").map(str::to_owned).collect(),
            offline: call.query.get("offline_token") == Some("true"),
            is_form: false,
        })
    }

    /// `POST /token` with a form.
    ///
    /// Spec: distribution, "OAuth2 Token Authentication"; RFC 6749, sections 4.3.2 and 6.
    pub(super) async fn of_form(call: &mut Call) -> Result<Self, Refusal> {
        let content_type = call.header(CONTENT_TYPE).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refusal::invalid("the body is not said to be a form"));
        }
        let body = call.body.read(MAX_FORM).await.map_err(Refusal::Other)?;
        let mut form = Form::parse(&body)?;
        let identity = match form.required("grant_type")?.expose() {
            "password" => Identity::User(Login {
                name: form.required("username")?.expose().to_owned(),
                password: form.required("password")?,
            }),
            "refresh_token" => Identity::Refresh(form.required("refresh_token")?),
            _ => return Err(Refusal::grant_type()),
        };
        for name in ["service", "client_id"] {
            form.required(name)?;
        }
        let offline = match form.take("access_type").as_ref().map(Secret::expose) {
            None | Some("online") => false,
            Some("offline") => true,
            Some(_) => return Err(Refusal::invalid("access_type is 'online' or 'offline'")),
        };
        let scopes = form.take("scope");
        Ok(Self {
            identity,
            scopes: scopes.iter().map(|scopes| scopes.expose().to_owned()).collect(),
            offline,
            is_form: true,
        })
    }
}

/// The fields of a form, without duplicates.
#[derive(Debug)]
struct Form {
    fields: HashMap<String, Secret>,
}

impl Form {
    fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let unreadable = || Refusal::invalid("the form cannot be read");
        let text = std::str::from_utf8(body).map_err(|_| unreadable())?;
        let mut fields = HashMap::new();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = decode(name).ok_or_else(unreadable)?;
            let value = decode(value).ok_or_else(unreadable)?;
            if fields.insert(name, Secret::new(value)).is_some() {
                return Err(Refusal::invalid("a field of the form is there twice"));
            }
        }
        Ok(Self { fields })
    }

    fn take(&mut self, name: &str) -> Option<Secret> {
        self.fields.remove(name)
    }

    fn required(&mut self, name: &str) -> Result<Secret, Refusal> {
        let value = self.take(name).filter(|value| !value.expose().is_empty());
        value.ok_or_else(|| Refusal::invalid(format!("{name} is missing")))
    }
}

/// Decodes a name or value of a form. A plus sign is a space, unlike in queries here.
fn decode(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    Some(percent_decode_str(&text).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Form, Secret};

    #[test]
    fn fields_are_decoded_and_there_once() {
        let mut form = Form::parse(b"a=1+2%2B3&&b&c=x%3Dy").unwrap();
        let mut take = |name| form.take(name).map(|value| value.expose().to_owned());
        assert_eq!(take("a").as_deref(), Some("1 2+3"));
        assert_eq!(take("b").as_deref(), Some(""));
        assert_eq!(take("c").as_deref(), Some("x=y"));
        assert_eq!(take("a"), None);
        for wrong in [&b"a=1&a=1"[..], b"a&%61=2", b"a=%ff", b"\xff=a"] {
            assert!(Form::parse(wrong).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_form_panics(body: Vec<u8>) {
            if let Ok(mut form) = Form::parse(&body) {
                form.take("a").as_ref().map(Secret::expose);
            }
        }
    }
}
