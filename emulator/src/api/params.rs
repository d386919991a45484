//! Parameters of a Bot API call, however they came: query, form, JSON or multipart.

use super::error::ApiError;
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use percent_encoding::percent_decode;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::str::FromStr;

/// A file part of a multipart body.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) file_name: Option<String>,
    pub(crate) mime_type: Option<String>,
    pub(crate) content: Bytes,
}

/// All parameters of a call as text, nested ones as JSON text, and its files.
#[derive(Debug, Default)]
pub(crate) struct Params {
    fields: HashMap<String, String>,
    pub(crate) files: HashMap<String, Upload>,
}

impl Params {
    /// Reads query and body; `limit` is the largest body in bytes.
    pub(crate) async fn read(request: Request, limit: usize) -> Result<Self, ApiError> {
        let mut params = Self::default();
        if let Some(query) = request.uri().query() {
            params.add_form(query.as_bytes());
        }
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with("multipart/form-data") {
            params.add_multipart(request, limit).await?;
            return Ok(params);
        }
        let body = axum::body::to_bytes(request.into_body(), limit).await.map_err(|_| ApiError::too_large())?;
        if body.is_empty() {
            return Ok(params);
        }
        if kind.starts_with("application/json") {
            params.add_json(&body)?;
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            params.add_form(&body);
        }
        Ok(params)
    }

    fn add_form(&mut self, body: &[u8]) {
        let pairs = form_pairs(body);
        self.fields.extend(pairs);
    }

    fn add_json(&mut self, body: &[u8]) -> Result<(), ApiError> {
        let object: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| ApiError::bad_request("can't parse request JSON object"))?;
        for (name, value) in object {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text,
                other => other.to_string(),
            };
            self.fields.insert(name, text);
        }
        Ok(())
    }

    async fn add_multipart(&mut self, request: Request<Body>, limit: usize) -> Result<(), ApiError> {
        let malformed = |_| ApiError::bad_request("can't parse request multipart body");
        let mut parts = Multipart::from_request(request, &())
            .await
            .map_err(|_| ApiError::bad_request("can't parse request multipart body"))?;
        let mut total = 0;
        while let Some(part) = parts.next_field().await.map_err(malformed)? {
            let Some(name) = part.name().map(str::to_owned) else {
                continue;
            };
            let file_name = part.file_name().map(str::to_owned);
            let mime_type = part.content_type().map(str::to_owned);
            let content = part.bytes().await.map_err(|_| ApiError::too_large())?;
            total += content.len();
            if total > limit {
                return Err(ApiError::too_large());
            }
            if file_name.is_some() {
                let upload = Upload { file_name, mime_type, content };
                self.files.insert(name, upload);
            } else {
                let text = String::from_utf8(content.into())
                    .map_err(|_| ApiError::bad_request("strings must be encoded in UTF-8"))?;
                self.fields.insert(name, text);
            }
        }
        Ok(())
    }

    /// A parameter as text; empty counts as missing.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// A parameter as text, even when it is empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// A parameter as a number; what is no number counts as missing, as on the server.
    pub(crate) fn number<N: FromStr>(&self, name: &str) -> Option<N> {
        self.text(name)?.trim().parse().ok()
    }

    /// A yes-or-no parameter.
    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.text(name).map(|v| v.trim().to_ascii_lowercase()).as_deref(), Some("true" | "yes" | "1"))
    }

    /// A nested parameter.
    pub(crate) fn json(&self, name: &str) -> Option<Result<Value, serde_json::Error>> {
        self.text(name).map(serde_json::from_str)
    }

    /// The parameters as the transcript shows them; nested JSON unfolded, files by name and size.
    pub(crate) fn for_transcript(&self) -> Value {
        let mut shown = Map::new();
        for (name, text) in &self.fields {
            let unfolded = serde_json::from_str::<Value>(text)
                .ok()
                .filter(|v| name != "text" && (v.is_object() || v.is_array() || v.is_number()));
            shown.insert(name.clone(), unfolded.unwrap_or_else(|| text.clone().into()));
        }
        for (name, file) in &self.files {
            let label = file.file_name.as_deref().unwrap_or("unnamed");
            shown.insert(name.clone(), format!("<{label}, {} bytes>", file.content.len()).into());
        }
        Value::Object(shown)
    }
}

/// Decodes `a=b&c=d` leniently, as servers do.
fn form_pairs(body: &[u8]) -> Vec<(String, String)> {
    body.split(|&b| b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |&b| b == b'=');
            let name = form_decode(halves.next().unwrap_or_default());
            let value = form_decode(halves.next().unwrap_or_default());
            (name, value)
        })
        .collect()
}

fn form_decode(text: &[u8]) -> String {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded() {
        let mut params = Params::default();
        params.add_form(b"text=a%20b+c%C3%A9&chat_id=-5&empty=&odd=%zz");
        assert_eq!(params.text("text"), Some("a b cé"));
        assert_eq!(params.number::<i64>("chat_id"), Some(-5));
        assert_eq!(params.text("empty"), None);
        assert_eq!(params.text("odd"), Some("%zz"));
    }

    #[test]
    fn json_values_become_text() {
        let mut params = Params::default();
        params.add_json(br#"{"chat_id":7,"flag":true,"reply_markup":{"a":[1]},"none":null}"#).unwrap();
        assert_eq!(params.number::<i64>("chat_id"), Some(7));
        assert!(params.flag("flag"));
        assert_eq!(params.text("reply_markup"), Some(r#"{"a":[1]}"#));
        assert_eq!(params.text("none"), None);
    }
}
