//! Files that bots upload, send again by id, and download.

use crate::api::call::{Call, Outcome, Reply};
use crate::api::error::ApiError;
use crate::api::params::Upload;
use crate::model::file::{StoredFile, picture_size};
use crate::model::message::{Document, PhotoSize};
use serde_json::json;
use std::collections::BTreeSet;

/// Largest photo in bytes.
const MAX_PHOTO: usize = 10 * 1024 * 1024;
/// Largest document in bytes, but in local mode.
const MAX_DOCUMENT: usize = 50 * 1024 * 1024;
/// Largest file that `getFile` prepares, in bytes, but in local mode.
const MAX_DOWNLOAD: usize = 20 * 1024 * 1024;
/// Width plus height of a photo.
const MAX_SIDES: u32 = 10_000;
/// Longer side over shorter side of a photo.
const MAX_RATIO: u32 = 20;

/// What a file parameter holds.
enum Source<'a> {
    Upload(&'a Upload),
    Known(String, &'a StoredFile),
}

/// Finds the file that `text` means: a part of the request, an id; without it, the part of that name.
fn source<'a>(call: &'a Call<'_>, name: &str, text: Option<&str>) -> Result<Source<'a>, ApiError> {
    let part = text.map_or(Some(name), |t| t.strip_prefix("attach://"));
    if let Some(upload) = part.and_then(|p| call.params.files.get(p)) {
        return Ok(Source::Upload(upload));
    }
    let Some(text) = text else {
        return Err(ApiError::bad_request(format!("there is no {name} in the request")));
    };
    if text.starts_with("http://") || text.starts_with("https://") {
        // The emulator fetches nothing: to its senders the web is down.
        return Err(ApiError::bad_request("failed to get HTTP URL content"));
    }
    call.telegram
        .store
        .files
        .get(text)
        .filter(|f| f.bots.contains(&call.bot))
        .map(|f| Source::Known(text.to_owned(), f))
        .ok_or_else(|| ApiError::bad_request("wrong file identifier/HTTP URL specified"))
}

/// The photo that `text` means, stored.
pub(crate) fn photo(call: &mut Call<'_>, text: Option<&str>) -> Result<Vec<PhotoSize>, ApiError> {
    let content = match source(call, "photo", text)? {
        Source::Upload(upload) => upload.content.clone(),
        Source::Known(file_id, file) if file.path.starts_with("photos/") => {
            let (width, height) = picture_size(&file.content).unwrap_or((1, 1));
            return Ok(vec![PhotoSize {
                file_id,
                file_unique_id: file.unique_id.clone(),
                file_size: file.content.len(),
                width,
                height,
            }]);
        }
        Source::Known(..) => {
            return Err(ApiError::bad_request("can't use file of type Document as Photo"));
        }
    };
    if content.len() > MAX_PHOTO {
        return Err(ApiError::bad_request(format!(
            "file of size {} bytes is too big for a photo; the maximum size is {MAX_PHOTO} bytes",
            content.len()
        )));
    }
    let Some((width, height)) = picture_size(&content) else {
        return Err(ApiError::bad_request("IMAGE_PROCESS_FAILED"));
    };
    if width + height > MAX_SIDES || width.max(height) > MAX_RATIO * width.min(height) {
        return Err(ApiError::bad_request("PHOTO_INVALID_DIMENSIONS"));
    }
    Ok(call.telegram.store_photo(content, &BTreeSet::from([call.bot])))
}

/// The document that `text` means, stored.
pub(crate) fn document(call: &mut Call<'_>, text: Option<&str>) -> Result<Document, ApiError> {
    let upload = match source(call, "document", text)? {
        Source::Upload(upload) => upload.clone(),
        Source::Known(_, file) if file.path.starts_with("photos/") => {
            return Err(ApiError::bad_request("can't use file of type Photo as Document"));
        }
        Source::Known(file_id, file) => {
            return Ok(Document {
                file_id,
                file_unique_id: file.unique_id.clone(),
                file_size: file.content.len(),
                file_name: file.name.clone(),
                mime_type: file.mime_type.clone(),
            });
        }
    };
    if upload.content.is_empty() {
        return Err(ApiError::bad_request("file must be non-empty"));
    }
    if upload.content.len() > MAX_DOCUMENT && !call.options.local {
        return Err(ApiError::too_large());
    }
    Ok(call.telegram.store_document(upload.file_name, upload.mime_type, upload.content, &BTreeSet::from([call.bot])))
}

/// `getFile`: where a file can be downloaded.
pub(crate) fn get_file(call: &mut Call<'_>) -> Reply {
    let id = call.params.text("file_id").ok_or_else(|| ApiError::bad_request("file_id not specified"))?;
    let file = call
        .telegram
        .store
        .files
        .get(id)
        .filter(|f| f.bots.contains(&call.bot))
        .ok_or_else(|| ApiError::bad_request("wrong file_id or the file is temporarily unavailable"))?;
    if file.content.len() > MAX_DOWNLOAD && !call.options.local {
        return Err(ApiError::bad_request("file is too big"));
    }
    Ok(Outcome::of(json!({
        "file_id": id,
        "file_unique_id": file.unique_id,
        "file_size": file.content.len(),
        "file_path": file.path,
    })))
}
