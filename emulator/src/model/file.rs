//! Uploaded files and what can be read from a picture's header.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;

/// A file on the server, addressed by `file_id`, downloaded by `path`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredFile {
    pub(crate) unique_id: String,
    /// `documents/file_7.pdf`: where `/file/bot<token>/` serves it.
    pub(crate) path: String,
    #[serde(serialize_with = "write_bytes", deserialize_with = "read_bytes")]
    pub(crate) content: Bytes,
    pub(crate) mime_type: Option<String>,
    /// As the uploader named it.
    pub(crate) name: Option<String>,
    /// Bots that may use its id.
    pub(crate) bots: BTreeSet<i64>,
}

/// Width and height of a PNG, JPEG, GIF or WebP picture, read from its header.
pub(crate) fn picture_size(content: &[u8]) -> Option<(u32, u32)> {
    let be16 = |at: usize| Some(u32::from(u16::from_be_bytes(content.get(at..at + 2)?.try_into().ok()?)));
    let le16 = |at: usize| Some(u32::from(u16::from_le_bytes(content.get(at..at + 2)?.try_into().ok()?)));
    let be32 = |at: usize| Some(u32::from_be_bytes(content.get(at..at + 4)?.try_into().ok()?));
    let size = if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        (be32(16)?, be32(20)?)
    } else if content.starts_with(b"GIF8") {
        (le16(6)?, le16(8)?)
    } else if content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP") {
        match content.get(12..16)? {
            b"VP8 " => (le16(26)? & 0x3fff, le16(28)? & 0x3fff),
            b"VP8L" => {
                let bits = u32::from_le_bytes(content.get(21..25)?.try_into().ok()?);
                ((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)
            }
            // Extended: 24-bit sizes less one; no picture here is wider than 16 bits tell.
            _ => (le16(24)? + 1, le16(27)? + 1),
        }
    } else if content.starts_with(b"\xff\xd8") {
        let mut at = 2;
        loop {
            let marker = *content.get(at + 1)?;
            if content.get(at) != Some(&0xff) {
                return None;
            }
            // Start-of-frame markers, without the tables that share their range.
            if (0xc0..=0xcf).contains(&marker) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
                break (be16(at + 7)?, be16(at + 5)?);
            }
            at += 2 + usize::try_from(be16(at + 2)?).ok()?;
        }
    } else {
        return None;
    };
    (size.0 > 0 && size.1 > 0).then_some(size)
}

/// A random id of the given strength, in the alphabet of file ids.
pub(crate) fn random_id(bytes: usize) -> String {
    let raw: Vec<u8> = (0..bytes).map(|_| rand::random()).collect();
    URL_SAFE_NO_PAD.encode(raw)
}

fn write_bytes<S: Serializer>(content: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(content))
}

fn read_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = String::deserialize(deserializer)?;
    let content = STANDARD.decode(text).map_err(serde::de::Error::custom)?;
    Ok(Bytes::from(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_tell_the_size() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 1, 0, 0, 0, 0, 9]);
        assert_eq!(picture_size(&png), Some((256, 9)));
        assert_eq!(picture_size(b"GIF89a\x05\x00\x06\x00"), Some((5, 6)));
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x02\x00\x03";
        assert_eq!(picture_size(jpeg), Some((3, 2)));
        assert_eq!(picture_size(b"plain text"), None);
    }
}
