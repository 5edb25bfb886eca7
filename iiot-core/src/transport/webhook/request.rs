//! A message as a request.

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};

use super::options::WebhookOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::Message;
use crate::transport::percent::encoded;

/// The request for a message that is called `id` however often it is sent.
pub(super) fn of(options: &WebhookOptions, message: &Message, id: &str) -> Result<Request<Full<Bytes>>> {
    let host = &options.url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut request = Request::builder()
        .method(options.method())
        .uri(target(options, &message.topic))
        .header(HOST, host)
        .body(Full::new(message.payload.clone()))
        .map_err(|cause| Error::new(ErrorKind::InvalidArgument, super::PUBLISH, "the URL is none").because(cause))?;
    let headers = request.headers_mut();
    content(headers, message);
    let event = message.properties.iter().any(|(name, _)| name == "specversion");
    for (name, value) in &message.properties {
        let prefix = if event { "ce-" } else { "x-property-" };
        add(headers, &format!("{prefix}{name}"), value);
    }
    add(headers, "x-topic", &message.topic);
    add(headers, "idempotency-key", id);
    options.fixed_headers()?.into_iter().for_each(|(name, value)| drop(headers.insert(name, value)));
    Ok(request)
}

/// Path and query, with the topic where it belongs.
fn target(options: &WebhookOptions, topic: &str) -> String {
    let target = &options.url[url::Position::BeforePath..url::Position::AfterQuery];
    target.replace("%7Btopic%7D", &topic.split('/').map(encoded).collect::<Vec<_>>().join("/"))
}

fn content(headers: &mut HeaderMap, message: &Message) {
    let Some(content_type) = &message.content_type else { return };
    let plain = content_type.strip_suffix("+gzip");
    add(headers, CONTENT_TYPE.as_str(), plain.unwrap_or(content_type));
    if plain.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
}

/// Adds a header; a name that HTTP does not allow is left out.
fn add(headers: &mut HeaderMap, name: &str, value: &str) {
    let value: String = value
        .chars()
        .map(|letter| if is_plain(letter) { letter.into() } else { encoded(&letter.to_string()) })
        .collect();
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        headers.append(name, value);
    }
}

/// What a header shows as it is (CloudEvents HTTP binding §3.1.3.2).
fn is_plain(letter: char) -> bool {
    matches!(letter, '\x20'..='\x7e') && !matches!(letter, '"' | '%')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn topic_properties_and_content_are_headers_and_path() {
        let options =
            WebhookOptions::from_url("http://h:8/in/{topic}?a=1#method=put&header=Content-Type:text/x").unwrap();
        let message = Message {
            content_type: Some("application/json+gzip".into()),
            properties: vec![("specversion".into(), "1.0".into()), ("subject".into(), "Öl\n".into())],
            ..Message::new("Halle 1/öl", "x")
        };
        let request = of(&options, &message, "key").unwrap();
        assert_eq!(request.uri(), "/in/Halle%201/%C3%B6l?a=1");
        assert_eq!(request.method(), "PUT");
        let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((header("host"), header("idempotency-key")), ("h:8".into(), "key".into()));
        assert_eq!((header("content-encoding"), header("content-type")), ("gzip".into(), "text/x".into()));
        assert_eq!((header("ce-specversion"), header("ce-subject")), ("1.0".into(), "%C3%96l%0A".into()));
        assert_eq!(header("x-topic"), "Halle 1/%C3%B6l");
    }
}
