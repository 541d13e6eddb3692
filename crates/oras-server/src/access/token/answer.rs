//! Responses of the token endpoint: a token, or an error.

use std::time::{Duration, SystemTime};

use hyper::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::options::{TokenField, TokenOptions};
use crate::access::challenge::BASIC;
use crate::access::secret::Secret;
use crate::answer::Answer;
use crate::body::Body;
use crate::error::{Code, Failure};
use crate::time::rfc3339;

/// An issued token.
pub(super) struct Granted {
    pub(super) token: Secret,
    pub(super) refresh_token: Option<Secret>,
    pub(super) lifetime: Duration,
    /// The scopes of the token, if the request is an OAuth2 request.
    pub(super) scope: Option<String>,
}

impl Granted {
    /// Builds the response, with the members that the options enable.
    pub(super) fn into_answer(self, options: &TokenOptions) -> Response<Body> {
        let mut members = Map::new();
        let fields: &[&str] = match options.field {
            TokenField::Both => &["token", "access_token"],
            TokenField::Token => &["token"],
            TokenField::AccessToken => &["access_token"],
        };
        for field in fields {
            members.insert((*field).to_owned(), self.token.expose().into());
        }
        if options.expires_in {
            members.insert("expires_in".to_owned(), self.lifetime.as_secs().into());
        }
        if options.issued_at {
            members.insert("issued_at".to_owned(), rfc3339(SystemTime::now()).into());
        }
        if let Some(token) = &self.refresh_token {
            members.insert("refresh_token".to_owned(), token.expose().into());
        }
        if let Some(scope) = self.scope {
            members.insert("scope".to_owned(), scope.into());
        }
        answer(StatusCode::OK, &Value::Object(members)).finish()
    }
}

/// The error of a token request.
#[derive(Debug)]
pub(super) enum Refusal {
    /// An error of OAuth2; RFC 6749, section 5.2.
    OAuth {
        status: StatusCode,
        error: &'static str,
        message: String,
    },
    /// An error unrelated to tokens: an unreadable body, or an overloaded registry.
    Other(Failure),
}

impl Refusal {
    /// The request is invalid.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::OAuth {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_request",
            message: message.into(),
        }
    }

    /// The grant type is unsupported.
    pub(super) fn grant_type() -> Self {
        Self::OAuth {
            status: StatusCode::BAD_REQUEST,
            error: "unsupported_grant_type",
            message: "grant_type is 'password' or 'refresh_token'".to_owned(),
        }
    }

    /// The request exceeds the limits on scopes.
    pub(super) fn scope() -> Self {
        Self::OAuth {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_scope",
            message: "a token does not cover so many repositories".to_owned(),
        }
    }

    /// The password or refresh token is wrong.
    pub(super) fn grant() -> Self {
        Self::OAuth {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_grant",
            message: "the login is wrong".to_owned(),
        }
    }

    /// Builds the response, in OAuth2 form and registry form at once.
    pub(super) fn into_answer(self) -> Response<Body> {
        let (status, error, message) = match self {
            Self::Other(failure) => return failure.into_answer(),
            Self::OAuth {
                status,
                error,
                message,
            } => (status, error, message),
        };
        let code = match status {
            StatusCode::UNAUTHORIZED => Code::Unauthorized,
            _ => Code::Unsupported,
        };
        let document = json!({
            "error": error,
            "error_description": message,
            "errors": [{ "code": code.text(), "message": message }],
        });
        let answer = answer(status, &document);
        match status {
            StatusCode::UNAUTHORIZED => answer.with(WWW_AUTHENTICATE, BASIC),
            _ => answer,
        }
        .finish()
    }
}

/// Builds a response that must not be cached.
fn answer(status: StatusCode, document: &Value) -> Answer {
    Answer::json(document)
        .with_status(status)
        .with(CACHE_CONTROL, "no-store")
}
