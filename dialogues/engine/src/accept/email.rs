//! E-mail addresses: what is certainly wrong is refused, the rest a letter proves.

use super::host;
use crate::refusal::Refusal;

pub(crate) fn email(text: &str) -> Result<String, Refusal> {
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let (local, domain) = text.rsplit_once('@').ok_or(Refusal::NotAnEmail)?;
    let odd = |c: char| c.is_whitespace() || "\"(),:;<>@[\\]".contains(c);
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    if local.is_empty() || local.len() > 64 || local.contains(odd) || dots {
        return Err(Refusal::NotAnEmail);
    }
    let domain = host::host(domain).map_err(|_| Refusal::NotAnEmail)?;
    let address = format!("{local}@{domain}");
    // The longest that SMTP carries.
    if address.len() > 254 {
        return Err(Refusal::NotAnEmail);
    }
    Ok(address)
}
