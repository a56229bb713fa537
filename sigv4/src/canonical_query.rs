//! The third line of the canonical request: every parameter as `name=value`, sorted by encoded name, then by
//! encoded value.
//!
//! The query that is sent may have any order and may write `name` for `name=`; services do the same sorting.

use alloc::{borrow::Cow, string::String, vec::Vec};

use crate::{
    append,
    error::SigningError,
    request::Profile,
    sorted_order,
    uri_encoding::{append_respelled_component, is_strict_component},
};

pub(crate) fn append(out: &mut String, query: &str, profile: Profile) -> Result<(), SigningError> {
    if query.is_empty() {
        return Ok(());
    }
    let mut parameters = Vec::new();
    for parameter in query.split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if name.is_empty() {
            return Err(SigningError::QueryMalformed);
        }
        parameters.push((canonical(name, profile)?, canonical(value, profile)?));
    }
    let mut order = Vec::new();
    // By pair, not by text: in text, `=` would sort after `-` and digits.
    sorted_order::sort(&mut order, parameters.len(), |left, right| {
        parameters[left].cmp(&parameters[right])
    })?;
    for (place, &index) in order.iter().enumerate() {
        let (name, value) = &parameters[index];
        let separator = if place > 0 { "&" } else { "" };
        append::append(out, &[separator, name, "=", value]);
    }
    Ok(())
}

fn canonical(component: &str, profile: Profile) -> Result<Cow<'_, str>, SigningError> {
    if is_strict_component(component) {
        return Ok(Cow::Borrowed(component));
    }
    let unreadable = |byte: u8| byte.is_ascii_control() || byte == b'#' || byte == b'+';
    if component.bytes().any(unreadable) {
        return Err(SigningError::QueryMalformed);
    }
    match profile {
        Profile::S3 => Err(SigningError::QueryNotStrict),
        Profile::Standard { .. } => {
            let mut respelled = String::with_capacity(component.len() * 3);
            append_respelled_component(&mut respelled, component)
                .map_err(|_| SigningError::QueryMalformed)?;
            Ok(Cow::Owned(respelled))
        }
    }
}
