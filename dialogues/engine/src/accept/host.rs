//! Host names, as people write them, to punycode.

use std::net::IpAddr;

use crate::refusal::Refusal;

/// A domain of one's own. People copy the address of a page: of one with a
/// scheme only the host counts. A leading `www.` and a trailing slash or dot are
/// what browsers show, so they are taken off and not held against anybody.
pub(crate) fn domain(text: &str) -> Result<String, Refusal> {
    let lower = text.to_lowercase();
    let bare = match ["https://", "http://"].into_iter().find_map(|scheme| lower.strip_prefix(scheme)) {
        Some(page) => page.split(['/', '?', '#']).next().unwrap_or_default(),
        None => lower.trim_end_matches('/'),
    };
    let bare = bare.strip_suffix('.').unwrap_or(bare);
    if bare.parse::<IpAddr>().is_ok() || bare.starts_with('[') {
        return Err(Refusal::DomainIsAddress);
    }
    if let Some((host, port)) = bare.rsplit_once(':') {
        let address = host.parse::<IpAddr>().is_ok();
        let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        return Err(if address {
            Refusal::DomainIsAddress
        } else if is_port {
            Refusal::DomainHasPort
        } else {
            Refusal::NotADomain
        });
    }
    if bare.contains('*') {
        return Err(Refusal::DomainIsWildcard);
    }
    // `www.de` is a domain of its own, `www.salon.de` is one of `salon.de`.
    let bare = match bare.strip_prefix("www.") {
        Some(rest) if rest.contains('.') => rest,
        _ => bare,
    };
    host(bare)
}

/// A bare host name of two labels or more, to lower case and punycode.
pub(crate) fn host(name: &str) -> Result<String, Refusal> {
    let ascii = idna::domain_to_ascii_strict(name).map_err(|_| Refusal::NotADomain)?;
    // Full-width figures and odd dots become plain only here.
    if ascii.parse::<IpAddr>().is_ok() {
        return Err(Refusal::DomainIsAddress);
    }
    let Some((_, top)) = ascii.rsplit_once('.') else {
        let word = !ascii.is_empty();
        return Err(if word { Refusal::DomainSingleLabel } else { Refusal::NotADomain });
    };
    if top.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::NotADomain);
    }
    Ok(ascii)
}
