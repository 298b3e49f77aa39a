//! `POST /v1/attach/NAME`: the connection becomes the way to the keyboard and the screen of one instance.

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, UPGRADE};
use hyper::{Method, Request, Response, StatusCode, Uri, upgrade};
use tokio::task::spawn_local;

use super::attach::{self, Wish};
use super::frames::PROTOCOL;
use super::io::Wire;
use super::protocol::{Code, Refusal};
use super::routes::{Said, value};
use super::session::{Asker, AttachQuery, Session};
use crate::sys::pty::WindowSize;

const PATH: &str = "/v1/attach";

/// Returns whether a path is for here.
pub(super) fn is_asked_for(uri: &Uri) -> bool {
    uri.path().strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Lends what is asked for.
///
/// # Errors
/// It is not asked for in the right way, or cannot be lent.
pub(super) async fn answer(
    mut request: Request<Incoming>,
    session: &dyn Session,
    asker: Asker,
) -> Result<Response<Said>, Refusal> {
    let query = query(&request)?;
    let upgraded = upgrade::on(&mut request);
    let attached = session.attach(query, asker).await?;
    spawn_local(async move {
        // Whoever does not go on has gone away; what was lent is given back then.
        let Ok(upgraded) = upgraded.await else { return };
        let Ok(parts) = upgraded.downcast::<Wire>() else { return };
        attach::serve(attached, parts.io.0, &parts.read_buf);
    });
    let mut response = Response::new(Said::nothing());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static(PROTOCOL));
    Ok(response)
}

/// Returns the path that [`query`] reads. No name has a letter that would have to be quoted.
pub(super) fn path(query: &AttachQuery) -> String {
    let name = query.name.as_ref().map(|name| format!("/{name}")).unwrap_or_default();
    let Wish { window, read_only } = query.wish;
    let window = window
        .map(|WindowSize { rows, columns }| format!("&columns={columns}&rows={rows}"))
        .unwrap_or_default();
    format!("{PATH}{name}?read_only={read_only}{window}")
}

fn query(request: &Request<Incoming>) -> Result<AttachQuery, Refusal> {
    if request.method() != Method::POST {
        let message = format!("`{}` is not for this path", request.method());
        return Err(Refusal::new(Code::NoSuchMethod, message));
    }
    let is_ours = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(PROTOCOL.as_bytes());
    if !request.headers().get(UPGRADE).is_some_and(is_ours) {
        let message = format!("this path needs `Connection: upgrade` and `Upgrade: {PROTOCOL}`");
        return Err(Refusal::new(Code::BadRequest, message));
    }
    read_query(request.uri())
}

fn read_query(uri: &Uri) -> Result<AttachQuery, Refusal> {
    let name = uri.path().strip_prefix(PATH).unwrap_or_default().trim_matches('/');
    let read_only = match value(uri, "read_only") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Refusal::new(Code::BadRequest, "`read_only` is `true` or `false`")),
    };
    let side = |key: &str| match value(uri, key) {
        None => Ok(None),
        Some(text) => text.parse::<u16>().ok().filter(|side| *side > 0).map(Some).ok_or_else(|| {
            Refusal::new(Code::BadRequest, format!("`{key}` is a number of characters, from 1 to 65535"))
        }),
    };
    let window = match (side("columns")?, side("rows")?) {
        (Some(columns), Some(rows)) => Some(WindowSize { rows, columns }),
        (None, None) => None,
        _ => return Err(Refusal::new(Code::BadRequest, "a window has `columns` and `rows`")),
    };
    let name = (!name.is_empty()).then(|| name.to_owned());
    Ok(AttachQuery { name, wish: Wish { window, read_only } })
}

#[cfg(test)]
mod tests;
